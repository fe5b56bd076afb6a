package io.pvmjit.rules;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.EngineRules;
import io.pvmjit.Revision;
import io.pvmjit.ffi.PvmJit;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.SourceFiles;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The rows of the revisions: Java's are C's, and they say what the specification says. */
class RulesTest {
    @Test
    void agreeWithTheLibrary() {
        assertEquals(SourceFiles.rows("revisions.def", "REVISION"),
                Arrays.stream(Revision.values()).map(RulesTest::libraryRow).collect(Collectors.joining("\n")));
    }

    private static String libraryRow(Revision revision) {
        var rules = Rules.of(revision);
        assertEquals(OpcodeOctets.standard(), rules.opcodes());
        return "REVISION(%s,\"%s\",standard_opcodes,0x%02X,%d,%d,%d,%d)".formatted(
                revision.name().replaceFirst("^V", ""), rules.label(), rules.thirdRegisterMask(),
                rules.maximumCodeLength(), rules.maximumJumpTableLength(), rules.limitsEmptyJumpTableEntries() ? 1 : 0,
                rules.cmovReadsDestination() ? 1 : 0);
    }

    /** The number by which the library is told a revision is its place. */
    @Test
    void numbersAreThoseOfTheLibrary() {
        assertEquals(PvmJit.PVM_REVISION_0_8_0(), Revision.V0_8_0.ordinal());
        assertEquals(PvmJit.PVM_REVISION_0_8_0_VECTORS(), Revision.V0_8_0_VECTORS.ordinal());
        assertEquals(PvmJit.PVM_REVISION_NEXT(), Revision.NEXT.ordinal());
    }

    @ParameterizedTest
    @EnumSource
    void aRevisionHasItsRow(Revision revision) {
        var rules = Rules.of(revision);
        assertEquals(revision.label(), rules.label());
        assertSame(revision, rules.revision().orElseThrow());
        assertSame(rules, Rules.of(EngineConfig.defaults().withRevision(revision).rules()));
        assertSame(revision, EngineConfig.defaults().withRules(rules).rules());
        assertSame(Rules.defaults() == rules, revision == Revision.NEXT);
    }

    /** By the table of the specification, not by the rows. */
    @Test
    void hostCallsHaveTheirNumbers() {
        assertEquals("{0=gas, 1=grow_heap, 2=fetch, 7=historical_lookup, 8=export, 9=compile, 10=machine, 11=peek, 12=poke, "
                + "13=pages, 14=invoke, 15=expunge}", Rules.of(Revision.NEXT).hostCalls().names().toString());
        for (var old : new Revision[] {Revision.V0_8_0, Revision.V0_8_0_VECTORS}) {
            assertEquals("{0=gas, 1=grow_heap, 2=fetch, 7=historical_lookup, 8=export, 9=machine, 10=peek, 11=poke, "
                    + "12=pages, 13=invoke, 14=expunge}", Rules.of(old).hostCalls().names().toString());
            assertTrue(Rules.of(old).hostCalls().has(HostFunction.MACHINE_FROM_CODE));
            assertFalse(Rules.of(old).hostCalls().has(HostFunction.MACHINE));
        }
    }

    @Test
    void aChangeLeavesTheRestAsItIs() {
        var next = Rules.of(Revision.NEXT);
        var same = next.change("mine").rules();
        assertTrue(same.revision().isEmpty());
        assertEquals("mine", same.toString());
        assertEquals(next.change("mine").rules(), same);
        var changed = next.change("mine")
                .opcodes(next.opcodes().with(Opcode.ADD_64, 3))
                .thirdRegisterMask(1)
                .maximumCodeLength(2)
                .maximumJumpTableLength(3)
                .limitsEmptyJumpTableEntries(false)
                .cmovReadsDestination(false)
                .heapStackUnit(4)
                .growHeapEmptiesGas(false)
                .hostCalls(next.hostCalls().without(HostFunction.GAS))
                .gasSchedule(next.gasSchedule().with(GasSchedule.Fixed.GAS, 5))
                .rules();
        assertEquals(new Rules("mine", Optional.empty(), next.opcodes().with(Opcode.ADD_64, 3), 1, 2, 3, false,
                false, 4, false, next.hostCalls().without(HostFunction.GAS),
                next.gasSchedule().with(GasSchedule.Fixed.GAS, 5)), changed);
    }

    /** An engine that is told a revision has its row, whatever came with it. */
    @Test
    void whatClaimsARevisionIsItsRow() {
        for (var revision : Revision.values()) {
            var row = Rules.of(revision);
            assertEquals(row, like(row, row.heapStackUnit()));
            var message =
                    assertThrows(IllegalArgumentException.class, () -> like(row, row.heapStackUnit() + 1)).getMessage();
            assertTrue(message.contains(revision.label()), message);
        }
    }

    private static Rules like(Rules row, int heapStackUnit) {
        return new Rules(row.label(), row.revision(), row.opcodes(), row.thirdRegisterMask(), row.maximumCodeLength(),
                row.maximumJumpTableLength(), row.limitsEmptyJumpTableEntries(), row.cmovReadsDestination(), heapStackUnit,
                row.growHeapEmptiesGas(), row.hostCalls(), row.gasSchedule());
    }

    @Test
    void rulesInFullAreTheirOwn() {
        var own = Rules.defaults().change("mine").rules();
        assertSame(own, Rules.of(own));
        assertSame(own, EngineConfig.defaults().withRules(own).rules());
        var message = assertThrows(IllegalArgumentException.class, () -> Rules.of(new EngineRules() {
            @Override
            public String label() {
                return "somebody's";
            }

            @Override
            public Optional<Revision> revision() {
                return Optional.empty();
            }
        })).getMessage();
        assertTrue(message.contains("somebody's"), message);
    }

    @Test
    void octetsOfOpcodes() {
        var octets = OpcodeOctets.standard().with(Opcode.ADD_64, 3);
        assertSame(Opcode.ADD_64, Opcode.of(octets, 3));
        assertEquals(3, octets.octet(Opcode.ADD_64));
        assertEquals(null, Opcode.of(octets, Opcode.ADD_64.code()));
        assertFalse(octets.without(Opcode.ADD_64).has(Opcode.ADD_64));
        assertThrows(IllegalArgumentException.class, () -> octets.without(Opcode.ADD_64).octet(Opcode.ADD_64));
        assertThrows(IllegalArgumentException.class, () -> octets.with(Opcode.TRAP, Opcode.SUB_64.code()));
        assertEquals(OpcodeOctets.standard(), octets.with(Opcode.ADD_64, Opcode.ADD_64.code()));
        assertNull(Opcode.of(octets.without(Opcode.ADD_64), 3));
        var swapped = octets.with(Opcode.SUB_64, Opcode.ADD_64.code());
        assertSame(Opcode.SUB_64, Opcode.of(swapped, Opcode.ADD_64.code()));
        assertNull(Opcode.of(swapped, Opcode.SUB_64.code()));
        var message = assertThrows(IllegalArgumentException.class, () -> swapped.with(Opcode.TRAP, 3)).getMessage();
        assertTrue(message.endsWith("the octet 3 stands for add_64"), message);
        assertFalse(OpcodeOctets.standard().without(Opcode.TRAP.code()).has(Opcode.TRAP));
    }

    @Test
    void numbersOfHostCalls() {
        var numbers = Rules.defaults().hostCalls();
        assertEquals(77, numbers.with(HostFunction.GAS, 77).of(HostFunction.GAS).orElseThrow());
        assertTrue(numbers.without(HostFunction.GAS).of(HostFunction.GAS).isEmpty());
        assertThrows(IllegalArgumentException.class, () -> numbers.with(HostFunction.GAS, 15));
        assertEquals(numbers, numbers.with(HostFunction.GAS, 77).with(HostFunction.GAS, 0));
        assertEquals(Map.of(-1L, "gas"), HostCallNumbers.none().with(HostFunction.GAS, -1).names());
    }

    /** Only the interpreter takes rules of an embedder's own; asked for by name, the JIT says so. */
    @Test
    void ownRulesRunOnTheInterpreter() {
        var own = EngineConfig.defaults().withRules(Rules.defaults().change("mine").rules());
        assertThrows(IllegalStateException.class, own::revision);
        try (var engine = Engine.create(own)) {
            assertEquals(io.pvmjit.Backend.INTERPRETER, engine.backend());
        }
        var message = assertThrows(io.pvmjit.NativeLoadException.class,
                () -> Engine.create(own.withBackend(io.pvmjit.Backend.JIT))).getMessage();
        assertTrue(message.contains("mine"), message);
    }
}
