package io.pvmjit.interpreter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.ExitKind;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.TestProgram;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Loads and stores, and what becomes of accesses that pages do not grant. */
class MemoryAccessTest {
    private static final int A = 1;
    private static final int B = 2;
    private static final int PAGE = TestMachine.PAGE;
    private static final int LAST_PAGE = MemoryImage.PAGE_COUNT - 1;
    private static final long VALUE = 0x1122334455667788L;

    private static BackendMachine machine(TestProgram instruction, long a, long b) {
        var machine = TestMachine.of(instruction.none(Opcode.TRAP), TestMachine.memory());
        machine.register(A, a);
        machine.register(B, b);
        return machine;
    }

    private static void expectDone(BackendMachine machine) {
        assertEquals(ExitKind.PANIC, machine.run());
        assertEquals(0, machine.pc());
        assertTrue(machine.exitPc() > 0, "the trap behind the instruction");
    }

    /** Octet i of the read-only page is i + 1: at 0x7e there are 7f 80 81 and so on. */
    @ParameterizedTest
    @CsvSource({
        "LOAD_U8, 7e, 7f", "LOAD_U8, 7f, 80", "LOAD_I8, 7e, 7f", "LOAD_I8, 7f, ffffffffffffff80",
        "LOAD_U16, 7e, 807f", "LOAD_U16, 0, 201", "LOAD_I16, 7e, ffffffffffff807f", "LOAD_I16, 0, 201",
        "LOAD_U32, 7c, 807f7e7d", "LOAD_I32, 7c, ffffffff807f7e7d", "LOAD_I32, 0, 4030201",
        "LOAD_U64, 7d, 8584838281807f7e", "LOAD_U64, 1, 908070605040302",
    })
    void loads(Opcode direct, String offset, String value) {
        long address = TestMachine.READ_ONLY + Long.parseLong(offset, 16);
        long expected = Long.parseUnsignedLong(value, 16);
        var machine = machine(new TestProgram().immediate(direct, A, address), 0x5555, 0);
        expectDone(machine);
        assertEquals(expected, machine.register(A));

        var indirect = Opcode.valueOf(direct.name().replace("LOAD_", "LOAD_IND_"));
        machine = machine(new TestProgram().immediate(indirect, A, B, -8), 0x5555, address + 8);
        expectDone(machine);
        assertEquals(expected, machine.register(A));

        // The base may be the destination, and the sum counts modulo 2^32.
        machine = machine(new TestProgram().immediate(indirect, B, B, 8), 0x5555, address - 8 + (5L << 32));
        expectDone(machine);
        assertEquals(expected, machine.register(B));
    }

    /** Widths, and what eight octets of ones become when 0x1122334455667788 is stored over their middle. */
    private enum Width {
        U8("ffff88ffffffffffffffffff"),
        U16("ffff8877ffffffffffffffff"),
        U32("ffff88776655ffffffffffff"),
        U64("ffff8877665544332211ffff");

        final byte[] expected;

        Width(String expected) {
            this.expected = HexFormat.of().parseHex(expected);
        }

        Opcode opcode(String prefix) {
            return Opcode.valueOf(prefix + name());
        }
    }

    @ParameterizedTest
    @EnumSource
    void stores(Width width) {
        int at = TestMachine.WRITABLE + 0x102;
        expectStored(width, new TestProgram().immediate(width.opcode("STORE_"), A, at), VALUE, 0);
        expectStored(width, new TestProgram().immediate(width.opcode("STORE_IND_"), A, B, -8), VALUE, at + 8);
        expectStored(width, new TestProgram().immediate(width.opcode("STORE_IND_"), A, B, 8), VALUE,
                at - 8 - (3L << 32));
    }

    private static void expectStored(Width width, TestProgram store, long a, long b) {
        var machine = machine(store, a, b);
        var ones = HexFormat.of().parseHex("ff".repeat(width.expected.length));
        machine.write(TestMachine.WRITABLE + 0x100, MemorySegment.ofArray(ones), 0, ones.length);
        expectDone(machine);
        assertArrayEquals(width.expected, TestMachine.octets(machine, TestMachine.WRITABLE + 0x100, ones.length));
        assertEquals(a, machine.register(A));
        assertEquals(b, machine.register(B));
    }

    /** Immediates that are stored are sign-extended first. */
    @ParameterizedTest
    @CsvSource({"U8, f0", "U16, f0f1", "U32, f0f1f2f3", "U64, f0f1f2f3ffffffff"})
    void storesOfImmediates(String width, String octets) {
        int at = TestMachine.WRITABLE;
        int y = 0xF3F2F1F0;
        var expected = HexFormat.of().parseHex((octets + "00".repeat(8)).substring(0, 16));
        var machine = machine(new TestProgram().twoImmediates(Opcode.valueOf("STORE_IMM_" + width), at, y), 0, 0);
        expectDone(machine);
        assertArrayEquals(expected, TestMachine.octets(machine, at, 8));
        var indirect = Opcode.valueOf("STORE_IMM_IND_" + width);
        machine = machine(new TestProgram().twoImmediates(indirect, A, -4, y), at + 4, 0);
        expectDone(machine);
        assertArrayEquals(expected, TestMachine.octets(machine, at, 8));
    }

    @Test
    void acrossPages() {
        var image = MemoryImage.of(List.of(MemoryImage.Region.of(16, 3, PageAccess.WRITE, new byte[0])));
        for (int at = 17 * PAGE - 8; at <= 17 * PAGE; at++) {
            var program = new TestProgram().immediate(Opcode.STORE_IND_U64, A, B, 0)
                    .immediate(Opcode.LOAD_IND_U64, A + 2, B, 0).immediate(Opcode.LOAD_IND_U16, A + 3, B, 3)
                    .none(Opcode.TRAP);
            var machine = TestMachine.of(program, image);
            machine.register(A, VALUE);
            machine.register(B, at);
            expectDone(machine);
            assertEquals(VALUE, machine.register(A + 2));
            assertEquals(0x4455, machine.register(A + 3));
            assertArrayEquals(HexFormat.of().parseHex("0088776655443322110000"),
                    TestMachine.octets(machine, at - 1, 11));
        }
    }

    /** Runs an access and expects it to fail without any effect: fault is the page's address, or -1 for a panic. */
    private static void expectFailure(BackendMachine machine, long fault) {
        var registers = TestMachine.registers(machine);
        long gas = machine.gas();
        var kind = machine.run();
        assertEquals(fault < 0 ? ExitKind.PANIC : ExitKind.PAGE_FAULT, kind);
        assertEquals(Math.max(fault, 0), machine.exitArgument());
        assertEquals(0, machine.exitPc());
        assertEquals(0, machine.pc());
        assertArrayEquals(registers, TestMachine.registers(machine));
        assertTrue(Long.compareUnsigned(machine.gas(), gas) < 0, "the block has been paid for");
        assertTrue(machine.gasCharged());
    }

    private static void expectLoadFailure(MemoryImage image, long address, long fault) {
        var program = new TestProgram().immediate(Opcode.LOAD_IND_U64, A, B, 0).none(Opcode.TRAP);
        var machine = TestMachine.of(program, image);
        machine.register(A, VALUE);
        machine.register(B, address);
        expectFailure(machine, fault);
    }

    private static void expectStoreFailure(MemoryImage image, long address, long fault) {
        var program = new TestProgram().immediate(Opcode.STORE_IND_U64, A, B, 0).none(Opcode.TRAP);
        var machine = TestMachine.of(program, image);
        machine.register(A, VALUE);
        machine.register(B, address);
        expectFailure(machine, fault);
        for (int page = 16; page < 24; page++) {
            if (machine.access(page) != PageAccess.NONE) {
                assertArrayEquals(new byte[PAGE], TestMachine.octets(machine, (long) page * PAGE, PAGE));
            }
        }
        if (machine.access(LAST_PAGE) != PageAccess.NONE) {
            assertArrayEquals(new byte[PAGE], TestMachine.octets(machine, (long) LAST_PAGE * PAGE, PAGE));
        }
    }

    private static MemoryImage image(PageAccess access, int... pages) {
        return MemoryImage.of(Arrays.stream(pages)
                .mapToObj(page -> MemoryImage.Region.of(page, 1, access, new byte[0])).toList());
    }

    @Test
    void inaccessiblePages() {
        var writable = image(PageAccess.WRITE, 17);
        for (long address : new long[] {0x10000, 0x10FF8, 0x12000, 0x7FFFFFF8, 0x80000000L, 0xFFFFFFF8L}) {
            expectLoadFailure(writable, address, address & -PAGE);
            expectStoreFailure(writable, address, address & -PAGE);
        }
    }

    /** Whichever of the two pages is not accessible; the first when neither is. */
    @Test
    void straddling() {
        var writable = image(PageAccess.WRITE, 17);
        for (int before = 1; before < 8; before++) {
            expectLoadFailure(writable, 18 * PAGE - before, 18 * PAGE);
            expectStoreFailure(writable, 18 * PAGE - before, 18 * PAGE);
            expectLoadFailure(writable, 17 * PAGE - before, 16 * PAGE);
            expectStoreFailure(writable, 17 * PAGE - before, 16 * PAGE);
            expectLoadFailure(writable, 20 * PAGE - before, 19 * PAGE);
            expectStoreFailure(writable, 20 * PAGE - before, 19 * PAGE);
        }
    }

    @Test
    void readOnlyPages() {
        var readable = image(PageAccess.READ, 17, 18);
        expectStoreFailure(readable, 17 * PAGE, 17 * PAGE);
        expectStoreFailure(readable, 18 * PAGE - 1, 17 * PAGE);
        var mixed = MemoryImage.of(List.of(
                MemoryImage.Region.of(17, 1, PageAccess.WRITE, new byte[0]),
                MemoryImage.Region.of(18, 1, PageAccess.READ, new byte[0])));
        expectStoreFailure(mixed, 18 * PAGE - 1, 18 * PAGE);
        expectStoreFailure(mixed, 17 * PAGE - 1, 16 * PAGE);
        expectStoreFailure(mixed, 19 * PAGE - 1, 18 * PAGE);
    }

    /** The first 64 KiB panic, unless a page before them in the order of the access faults. */
    @Test
    void first64KiB() {
        var image = image(PageAccess.WRITE, 16, LAST_PAGE);
        for (long address : new long[] {0, 1, PAGE, 0xFFF8, 0xFFF9, 0xFFFF}) {
            expectLoadFailure(image, address, -1);
            expectStoreFailure(image, address, -1);
            expectLoadFailure(image, address | 1L << 32, -1);
        }
    }

    @Test
    void wrapAtTheEnd() {
        var last = image(PageAccess.WRITE, LAST_PAGE);
        for (int before = 1; before < 8; before++) {
            // The last page is accessible: the lowest octet that is not is 0.
            expectLoadFailure(last, (1L << 32) - before, -1);
            expectStoreFailure(last, (1L << 32) - before, -1);
            expectLoadFailure(last, -before, -1);
            // It is not: it comes first.
            expectLoadFailure(MemoryImage.empty(), (1L << 32) - before, 0xFFFFF000L);
            expectStoreFailure(MemoryImage.empty(), (1L << 32) - before, 0xFFFFF000L);
            expectStoreFailure(MemoryImage.empty(), -before, 0xFFFFF000L);
        }
        var machine = TestMachine.of(new TestProgram().immediate(Opcode.STORE_U64, A, -8).none(Opcode.TRAP), last);
        machine.register(A, VALUE);
        expectDone(machine);
        assertArrayEquals(HexFormat.of().parseHex("8877665544332211"), TestMachine.octets(machine, 0xFFFFFFF8L, 8));
    }

    /** Every loading and storing instruction faults where its address says. */
    @Test
    void everyAccessingInstructionFaults() {
        for (var opcode : Opcode.values()) {
            var units = opcode.units();
            if (units != Opcode.Units.LOAD && units != Opcode.Units.STORE) {
                continue;
            }
            var program = new TestProgram();
            int at = 0x54321;
            switch (opcode.form()) {
                case REG_IMM -> program.immediate(opcode, A, at);
                case IMM_IMM -> program.twoImmediates(opcode, at, 1);
                case REG_REG_IMM -> program.immediate(opcode, A, B, 1);
                case REG_IMM_IMM -> program.twoImmediates(opcode, B, 1, 1);
                default -> throw new AssertionError(opcode);
            }
            var machine = TestMachine.of(program.none(Opcode.TRAP), TestMachine.memory());
            machine.register(A, VALUE);
            machine.register(B, at - 1);
            expectFailure(machine, 0x54000);
        }
    }
}
