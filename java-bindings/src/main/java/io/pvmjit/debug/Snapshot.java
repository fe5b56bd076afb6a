package io.pvmjit.debug;

import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The state of a machine between two runs: registers, gas, pc, whether its block is paid for, and RAM. Immutable. Any
 * instance of the same program may be given it, on any backend, and goes on as the first one would have.
 *
 * <p>Inaccessible pages have no contents here, though a host may have made pages inaccessible that keep theirs.
 */
public final class Snapshot {
    /** Neighbouring pages of equal access. */
    private record Pages(int first, int count, PageAccess access) {}

    private static final byte[] ZERO_PAGE = new byte[MemoryImage.PAGE_SIZE];

    private final long[] registers;
    private final long gas;
    private final long pc;
    private final boolean gasCharged;
    private final List<Pages> pages = new ArrayList<>();
    /** Of the pages that hold something, by number. */
    private final Map<Integer, byte[]> contents = new TreeMap<>();

    private Snapshot(Instance instance) {
        registers = instance.registers();
        gas = instance.gas();
        pc = instance.pc();
        gasCharged = instance.gasCharged();
        takePages(instance);
        for (var run : pages) {
            for (int page = run.first; page < run.first + run.count; page++) {
                var octets = new byte[MemoryImage.PAGE_SIZE];
                instance.memory().read((long) page * MemoryImage.PAGE_SIZE, octets);
                if (!Arrays.equals(octets, ZERO_PAGE)) {
                    contents.put(page, octets);
                }
            }
        }
    }

    private void takePages(Instance instance) {
        int first = 0;
        var access = PageAccess.NONE;
        for (int page = 0; page <= MemoryImage.PAGE_COUNT; page++) {
            // The page behind the last one answers NONE.
            var next = instance.memory().access(page);
            if (next != access) {
                if (access != PageAccess.NONE) {
                    pages.add(new Pages(first, page - first, access));
                }
                first = page;
                access = next;
            }
        }
    }

    /** The state of an instance, which rests. */
    public static Snapshot of(Instance instance) {
        try (var _ = instance.hold()) {
            return new Snapshot(instance);
        }
    }

    /**
     * Gives an instance this state, whatever it had. What its last exit was stays.
     *
     * @param instance of the same program
     * @throws io.pvmjit.ResourceLimitException when it may not have so much RAM; it is to be closed then
     */
    public void restore(Instance instance) {
        try (var _ = instance.hold()) {
            var memory = instance.memory();
            int behind = 0;
            for (var run : pages) {
                memory.protect(behind, run.first - behind, PageAccess.NONE, true);
                // The contents become zero, and then what they shall be.
                memory.protect(run.first, run.count, run.access, true);
                behind = run.first + run.count;
            }
            memory.protect(behind, MemoryImage.PAGE_COUNT - behind, PageAccess.NONE, true);
            contents.forEach((page, octets) -> memory.fill((long) page * MemoryImage.PAGE_SIZE, octets));
            instance.registers(registers).gas(gas).pc(pc).gasCharged(gasCharged);
        }
    }

    /** The 13 registers. */
    public long[] registers() {
        return registers.clone();
    }

    /** Gas left, unsigned. */
    public long gas() {
        return gas;
    }

    /** Where the next run starts. */
    public long pc() {
        return pc;
    }

    /** Whether the basic block that contains {@link #pc()} has been paid for. */
    public boolean gasCharged() {
        return gasCharged;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Snapshot that && gas == that.gas && pc == that.pc && gasCharged == that.gasCharged
                && Arrays.equals(registers, that.registers) && pages.equals(that.pages)
                && contents.keySet().equals(that.contents.keySet())
                && contents.entrySet().stream().allMatch(
                        page -> Arrays.equals(page.getValue(), that.contents.get(page.getKey())));
    }

    @Override
    public int hashCode() {
        return Objects.hash(gas, pc, Arrays.hashCode(registers));
    }

    @Override
    public String toString() {
        var text = new StringBuilder("pc " + pc + ", gas " + Long.toUnsignedString(gas) + (gasCharged ? ", paid" : ""));
        for (int i = 0; i < registers.length; i++) {
            text.append(" r").append(i).append("=0x").append(Long.toHexString(registers[i]));
        }
        return text.append(", pages ").append(pages).append(", contents of ").append(contents.keySet()).toString();
    }
}
