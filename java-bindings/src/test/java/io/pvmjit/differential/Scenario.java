package io.pvmjit.differential;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.Revision;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import io.pvmjit.rules.OpcodeOctets;
import io.pvmjit.rules.Rules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * A program, the state it starts in, and what happens to it at every stop. Immutable, arrays included.
 *
 * @param items the instructions
 * @param entries the jump table
 * @param entrySize octets of a jump table entry
 * @param flips changes to the finished blob, which may make it invalid
 * @param start where it starts
 * @param gasCharged whether the block it starts in counts as paid for
 * @param gas unsigned
 * @param registers all 13
 * @param pages accessible at the start, no page twice, rising
 * @param responses what is done at each stop; there is one run more than there are responses
 * @param twice whether all is done a second time, with another machine of the same module
 */
record Scenario(
        List<Item> items,
        List<Place> entries,
        int entrySize,
        List<Flip> flips,
        Place start,
        boolean gasCharged,
        long gas,
        long[] registers,
        List<Page> pages,
        List<Response> responses,
        boolean twice) {
    private static final long LITTLE_GAS = 100_000;

    /**
     * An instruction: its octets as they are, except for the offset of a jump that leads to another.
     *
     * @param octets opcode and operands, 1 to 25
     * @param target index of the instruction its offset leads to; NO_TARGET when the octets stay as they are
     * @param offsetAt where the offset stands in the octets
     * @param offsetWidth octets of the offset
     */
    record Item(byte[] octets, int target, int offsetAt, int offsetWidth) {
        static final int NO_TARGET = -1;

        static Item of(byte... octets) {
            return new Item(octets, NO_TARGET, 0, 0);
        }

        Opcode opcode() {
            return Opcode.of(OpcodeOctets.standard(), octets[0] & 0xff);
        }

        Item withTarget(int newTarget) {
            return new Item(octets, newTarget, offsetAt, offsetWidth);
        }
    }

    /** An address in the code: that of an instruction, or any number when {@code item} is negative. */
    record Place(int item, long address) {
        static Place ofItem(int item) {
            return new Place(item, 0);
        }

        static Place ofAddress(long address) {
            return new Place(-1, address);
        }
    }

    /** Bits of an octet of the blob to be inverted; the octet is counted modulo the length. */
    record Flip(int octet, int bits) {}

    /**
     * A page of RAM.
     *
     * @param octets at the start of the page
     * @param lastOctets at the end of the page; both together at most a page
     */
    record Page(int number, PageAccess access, byte[] octets, byte[] lastOctets) {
        Page(int number, PageAccess access) {
            this(number, access, new byte[0], new byte[0]);
        }

        byte[] contents() {
            var contents = Arrays.copyOf(octets, MemoryImage.PAGE_SIZE);
            System.arraycopy(lastOctets, 0, contents, contents.length - lastOctets.length, lastOctets.length);
            return contents;
        }
    }

    /** A change of the access of one page. */
    record Access(int page, PageAccess access, boolean zero) {}

    /** A change of one register. */
    record Register(int index, long value) {}

    /** Octets put into RAM, if the pages are accessible. */
    record Write(long address, byte[] octets) {}

    /**
     * What is done at a stop before the program goes on.
     *
     * @param goOnAfterEnd whether it goes on at all after a halt or panic
     * @param gasAdded after out-of-gas
     * @param faultAccess given to the page after a page fault; null for no change
     * @param faultZero whether that page becomes zero
     * @param access change of some page; null for none
     * @param register change of a register; null for none
     * @param write change of RAM; null for none
     * @param gas new gas; null for no change
     * @param gasCharged new state; null for no change
     * @param pc new program counter; null for no change
     * @param interrupt whether an interrupt waits for the next run
     */
    record Response(boolean goOnAfterEnd, long gasAdded, PageAccess faultAccess, boolean faultZero, Access access,
            Register register, Write write, Long gas, Boolean gasCharged, Place pc, boolean interrupt) {
        /** Goes on after everything but the end. */
        static final Response PLAIN =
                new Response(false, 1000, PageAccess.WRITE, false, null, null, null, null, null, null, false);
    }

    /** A scenario of which only the code matters. */
    static Scenario ofCode(List<Item> items) {
        return new Scenario(items, List.of(), 0, List.of(), Place.ofItem(0), false, 0, new long[13], List.of(),
                List.of(), false);
    }

    /** Addresses of the instructions, and behind them the length of the code. */
    int[] addresses() {
        var addresses = new int[items.size() + 1];
        for (int i = 0; i < items.size(); i++) {
            addresses[i + 1] = addresses[i] + items.get(i).octets.length;
        }
        return addresses;
    }

    private static long address(Place place, int[] addresses) {
        return place.item < 0 ? place.address : addresses[place.item];
    }

    /** The address that a place stands for. */
    long address(Place place) {
        return address(place, addresses());
    }

    /** The program blob. */
    byte[] blob() {
        var addresses = addresses();
        var code = new byte[addresses[items.size()]];
        var starts = new BitSet(code.length);
        for (int i = 0; i < items.size(); i++) {
            var item = items.get(i);
            starts.set(addresses[i]);
            System.arraycopy(item.octets, 0, code, addresses[i], item.octets.length);
            if (item.target != Item.NO_TARGET) {
                int offset = addresses[item.target] - addresses[i];
                for (int j = 0; j < item.offsetWidth; j++) {
                    code[addresses[i] + item.offsetAt + j] = (byte) (offset >> 8 * j);
                }
            }
        }
        var table = entries.stream().mapToLong(entry -> address(entry, addresses)).toArray();
        var blob = Program.encode(code, starts, table, entrySize);
        for (var flip : flips) {
            blob[flip.octet % blob.length] ^= (byte) flip.bits;
        }
        return blob;
    }

    /** Whether every run ends before long: there is little gas, or no jump that could lead back. */
    boolean endsSoon() {
        return Long.compareUnsigned(gas, LITTLE_GAS) <= 0 || !canLoop();
    }

    private boolean canLoop() {
        Program program;
        try {
            program = Program.parse(blob(), Rules.of(Revision.V0_8_0));
        } catch (InvalidProgramException e) {
            return false;
        }
        for (int pc = 0; pc < program.codeLength(); pc = program.decode(pc).next()) {
            var instruction = program.decode(pc);
            boolean back = switch (instruction.opcode().form()) {
                case OFF, REG_IMM_OFF, REG_REG_OFF -> instruction.target() <= pc;
                default -> false;
            };
            var opcode = instruction.opcode();
            boolean dynamic = opcode == Opcode.JUMP_IND || opcode == Opcode.LOAD_IMM_JUMP_IND;
            if (back || dynamic && program.jumpTableLength() > 0) {
                return true;
            }
        }
        return false;
    }

    /** The RAM at the start: neighbouring pages of equal access are one region. */
    MemoryImage image() {
        var regions = new ArrayList<MemoryImage.Region>();
        for (int first = 0; first < pages.size();) {
            int end = first + 1;
            while (end < pages.size() && pages.get(end).access == pages.get(first).access
                    && pages.get(end).number == pages.get(end - 1).number + 1) {
                end++;
            }
            var contents = new byte[(end - first) * MemoryImage.PAGE_SIZE];
            for (int i = first; i < end; i++) {
                System.arraycopy(pages.get(i).contents(), 0, contents, (i - first) * MemoryImage.PAGE_SIZE,
                        MemoryImage.PAGE_SIZE);
            }
            regions.add(MemoryImage.Region.of(pages.get(first).number, end - first, pages.get(first).access,
                    withoutZerosAtTheEnd(contents)));
            first = end;
        }
        return MemoryImage.of(regions);
    }

    private static byte[] withoutZerosAtTheEnd(byte[] octets) {
        int length = octets.length;
        while (length > 0 && octets[length - 1] == 0) {
            length--;
        }
        return Arrays.copyOf(octets, length);
    }

    Scenario withItems(List<Item> value, List<Place> newEntries, Place newStart, List<Response> newResponses) {
        return new Scenario(value, newEntries, entrySize, flips, newStart, gasCharged, gas, registers, pages,
                newResponses,
                twice);
    }

    Scenario withItems(List<Item> value) {
        return withItems(value, entries, start, responses);
    }

    Scenario withEntries(List<Place> value, int newEntrySize) {
        return new Scenario(items, value, newEntrySize, flips, start, gasCharged, gas, registers, pages,
                responses, twice);
    }

    Scenario withFlips(List<Flip> value) {
        return new Scenario(items, entries, entrySize, value, start, gasCharged, gas, registers, pages,
                responses, twice);
    }

    Scenario withStart(Place value, boolean newGasCharged) {
        return new Scenario(items, entries, entrySize, flips, value, newGasCharged, gas, registers, pages,
                responses, twice);
    }

    Scenario withGas(long value) {
        return new Scenario(items, entries, entrySize, flips, start, gasCharged, value, registers, pages,
                responses, twice);
    }

    Scenario withRegister(int index, long value) {
        var changed = registers.clone();
        changed[index] = value;
        return new Scenario(items, entries, entrySize, flips, start, gasCharged, gas, changed, pages, responses, twice);
    }

    Scenario withPages(List<Page> value) {
        return new Scenario(items, entries, entrySize, flips, start, gasCharged, gas, registers, value,
                responses, twice);
    }

    Scenario withResponses(List<Response> value) {
        return new Scenario(items, entries, entrySize, flips, start, gasCharged, gas, registers, pages, value, twice);
    }

    Scenario once() {
        return new Scenario(items, entries, entrySize, flips, start, gasCharged, gas, registers, pages,
                responses, false);
    }
}
