package io.pvmjit.conformance;

import io.pvmjit.BlockCost;
import io.pvmjit.Engine;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Step tests (kinds programs, koute, fuzz): a program is run step by step and compared at every stop. */
final class StepVectors {
    private final Guest guest;
    private final Differences differences;
    /** What the steps have mapped: a machine cannot map by itself. */
    private final SortedMap<Integer, PageAccess> mapped = new TreeMap<>();
    /** The pages that were mapped before the first run. */
    private final Set<Long> initial = new HashSet<>();
    private ExitKind lastExit;

    private StepVectors(Guest guest, Differences differences) {
        this.guest = guest;
        this.differences = differences;
    }

    static void check(Engine engine, VectorFile file, Fields vector, Differences differences) {
        var blob = vector.get("program").octets();
        try (var guest = Guest.of(engine, MemorySegment.ofArray(blob), MemoryImage.empty());
                var _ = guest.instance().hold()) {
            if (vector.has("block-gas-costs")) {
                var blocks = guest.valid() ? guest.module().blockCosts() : List.<BlockCost>of();
                BlockCosts.compare(blocks, BlockCosts.expected(vector.get("block-gas-costs")), differences);
            }
            guest.instance().gas(vector.get("initial-gas").unsigned());
            guest.startAt(vector.get("initial-pc").unsigned());
            new StepVectors(guest, differences).run(vector.get("steps").elements());
        }
    }

    private void run(List<Fields> steps) {
        for (int i = 0; i < steps.size(); i++) {
            var step = steps.get(i);
            var names = step.names();
            if (names.size() != 1) {
                throw new MalformedVectorException("malformed: steps[" + i + "] should have one key, has " + names);
            }
            differences.about("step " + i + " (" + names.getFirst() + ")");
            perform(names.getFirst(), step.get(names.getFirst()));
        }
        differences.about("at the end");
        comparePages();
    }

    private void perform(String name, Fields step) {
        switch (name) {
            case "map" -> map(step);
            case "write" -> {
                if (!guest.instance().memory().fill(step.get("address").unsigned(), step.get("contents").octets())) {
                    throw new MalformedVectorException("malformed: write to pages that are not mapped");
                }
            }
            case "set-reg" -> guest.instance()
                    .register(step.get("reg").index(Instance.REGISTER_COUNT - 1), step.get("value").unsigned());
            case "run" -> lastExit = guest.run();
            case "assert" -> compare(step);
            default -> throw new MalformedVectorException("malformed: unknown step '" + name + "'");
        }
    }

    /**
     * Makes pages accessible and zero. Those of the initial RAM, mapped before the first run, keep what they hold when they
     * are mapped again: so the vectors have it that answer a fault on a read-only page.
     */
    private void map(Fields step) {
        long address = step.get("address").unsigned();
        long length = step.get("length").unsigned();
        var access = step.get("is-writable").flag() ? PageAccess.WRITE : PageAccess.READ;
        boolean valid = address % Ram.PAGE_SIZE == 0 && length % Ram.PAGE_SIZE == 0 && length >= 0;
        for (long at = 0; valid && at < length; at += Ram.PAGE_SIZE) {
            long page = address / Ram.PAGE_SIZE + at / Ram.PAGE_SIZE;
            valid = guest.instance().memory().protect(page, 1, access, !initial.contains(page));
            mapped.put((int) page, access);
            if (lastExit == null) {
                initial.add(page);
            }
        }
        if (!valid) {
            throw new MalformedVectorException("malformed: " + Long.toUnsignedString(length) + " octets at "
                    + Long.toUnsignedString(address) + " are no pages that can be mapped");
        }
    }

    private void compare(Fields expected) {
        if (lastExit == null) {
            throw new MalformedVectorException("malformed: an assert without a run before it");
        }
        var instance = guest.instance();
        var status = Status.parse(expected.get("status"));
        differences.expect("status", Status.of(lastExit), Status.of(status));
        if (expected.has("page-fault-address")) {
            long address = expected.get("page-fault-address").unsigned();
            differences.expect("page-fault-address", instance.exitArgument(), address);
        }
        if (expected.has("hostcall")) {
            differences.expect("hostcall", instance.exitArgument(), expected.get("hostcall").word());
        }
        differences.expect("gas", instance.gas(), expected.get("gas").unsigned());
        differences.expect("pc", guest.exitPc(), expected.get("pc").unsigned());
        differences.expectRegisters(instance.registers(), expected.get("regs").registers());
        if (expected.has("memory")) {
            new RamContents(expected.get("memory").elements()).compare(instance.memory(), mapped.keySet(), differences);
        }
    }

    /** Pages must be accessible as the steps have mapped them, and those around them not at all. */
    private void comparePages() {
        var pages = new TreeSet<>(List.of(0, MemoryImage.FIRST_PAGE, MemoryImage.PAGE_COUNT - 1));
        for (int page : mapped.keySet()) {
            pages.addAll(List.of(page - 1, page, page + 1));
        }
        for (int page : pages) {
            differences.expect("the access to page " + page, guest.instance().memory().access(page),
                    mapped.getOrDefault(page, PageAccess.NONE));
        }
    }
}
