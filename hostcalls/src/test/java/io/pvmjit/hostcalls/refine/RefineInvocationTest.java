package io.pvmjit.hostcalls.refine;

import static io.pvmjit.hostcalls.refine.Refinements.CALL;
import static io.pvmjit.hostcalls.refine.Refinements.GAS;
import static io.pvmjit.hostcalls.refine.Refinements.HALT;
import static io.pvmjit.hostcalls.refine.Refinements.NO_ARGUMENTS;
import static io.pvmjit.hostcalls.refine.Refinements.SERVICE;
import static io.pvmjit.hostcalls.refine.Refinements.TRAP;
import static io.pvmjit.hostcalls.refine.Refinements.hash;
import static io.pvmjit.hostcalls.refine.Refinements.output;
import static io.pvmjit.hostcalls.refine.Refinements.refine;
import static io.pvmjit.hostcalls.refine.Refinements.results;
import static io.pvmjit.hostcalls.refine.Refinements.world;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Revision;
import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostResults;
import io.pvmjit.rules.GasSchedule.Fixed;
import io.pvmjit.rules.HostFunction;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Refine invocations as a whole: results, exports and gas used. */
class RefineInvocationTest {
    private static final MemorySegment NOT_AVAILABLE = null;
    private static final int LARGEST_CODE = 4_000_000;

    private static void assertNothing(WorkResult expected, Refinement refinement) {
        assertEquals(new Refinement(expected, List.of(), 0), refinement);
    }

    private static long firstBlockCost(Backend backend, OuterProgram program) {
        try (var engine = Refinements.engine(backend);
                var module = engine.compile(StandardProgram.parse(program.jamBlob()).programBlob())) {
            return module.blockCosts().getFirst().cost();
        }
    }

    @ParameterizedTest
    @EnumSource
    void isBadWithoutCode(Backend backend) {
        assertNothing(new WorkResult.Bad(), refine(backend, Revision.NEXT, world(), NOT_AVAILABLE, GAS));
        try (var engine = Refinements.engine(backend)) {
            var environment = world(0, Map.of(1, new OuterProgram().halt().serviceCode().toArray(
                    ValueLayout.JAVA_BYTE)));
            var invocation = new RefineInvocation(engine);
            assertNothing(new WorkResult.Bad(), invocation.run(environment, hash(2), NO_ARGUMENTS, GAS));
            assertEquals(0, output(invocation.run(environment, hash(1), NO_ARGUMENTS, GAS)).length);
        }
    }

    @ParameterizedTest
    @EnumSource
    void isBigBeyondTheLimit(Backend backend) {
        var blob = new OuterProgram().call(0).halt().jamBlob();
        // The length of so much metadata has four octets.
        int metadata = LARGEST_CODE - 4 - blob.length;
        var largest = OuterProgram.serviceCode(blob, metadata);
        assertEquals(LARGEST_CODE, largest.byteSize());
        assertEquals(1, results(refine(backend, Revision.NEXT, world(), largest, GAS)).length);
        assertNothing(new WorkResult.Big(),
                refine(backend, Revision.NEXT, world(), OuterProgram.serviceCode(blob, metadata + 1), GAS));
        assertNothing(new WorkResult.Big(),
                refine(backend, Revision.NEXT, world(), MemorySegment.ofArray(new byte[LARGEST_CODE + 1]), GAS));
    }

    @ParameterizedTest
    @EnumSource
    void panicsForNothingOnWhatIsNoProgram(Backend backend) {
        var panic = new WorkResult.Panic();
        var good = new OuterProgram().halt().jamBlob();
        // A single trap, where by the mask no instruction starts.
        var invalid = new OuterProgram().trap().jamBlob();
        invalid[invalid.length - 1] = 0;
        for (var code : List.of(
                MemorySegment.ofArray(new byte[0]),
                MemorySegment.ofArray(new byte[] {5}),
                OuterProgram.serviceCode(new byte[0], 3),
                OuterProgram.serviceCode(Arrays.copyOf(good, good.length - 1), 3),
                OuterProgram.serviceCode(Arrays.copyOf(good, good.length + 1), 3),
                OuterProgram.serviceCode(invalid, 3),
                OuterProgram.serviceCode(new byte[15], 0))) {
            assertNothing(panic, refine(backend, Revision.NEXT, world(), code, GAS));
            assertNothing(panic, refine(backend, Revision.NEXT, world(), code, 0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void givesBackOutputAndGasUsed(Backend backend) {
        var program = new OuterProgram().lines("jump_ind ra");
        try (var engine = Refinements.engine(backend)) {
            var arguments = "arguments".getBytes(StandardCharsets.US_ASCII);
            var refinement = new RefineInvocation(engine).run(world(), program.serviceCode(), arguments, GAS);
            assertArrayEquals(arguments, output(refinement));
            assertEquals(firstBlockCost(backend, program), refinement.gasUsed());
            assertEquals(List.of(), refinement.exports());
            // Gas is unsigned.
            assertEquals(refinement.gasUsed(),
                    new RefineInvocation(engine).run(world(), program.serviceCode(), arguments, -1).gasUsed());
        }
    }

    @ParameterizedTest
    @EnumSource
    void runsOutOfGas(Backend backend) {
        var program = new OuterProgram().call(0).halt();
        long cost = firstBlockCost(backend, program);
        var outOfGas = new WorkResult.OutOfGas();
        assertNothing(outOfGas, refine(backend, Revision.NEXT, world(), program.serviceCode(), 0));
        // A block that cannot be paid takes nothing, a call takes all.
        assertNothing(outOfGas, refine(backend, Revision.NEXT, world(), program.serviceCode(), cost - 1));
        for (long gas : new long[] {cost, cost + 47}) {
            assertEquals(new Refinement(outOfGas, List.of(), gas),
                    refine(backend, Revision.NEXT, world(), program.serviceCode(), gas));
        }
        var paid = refine(backend, Revision.NEXT, world(), program.serviceCode(), cost + 48);
        assertArrayEquals(new long[] {0}, results(paid));
        assertEquals(cost + 48, paid.gasUsed());
    }

    private static OuterProgram exporting() {
        return new OuterProgram().data("text", "some text".getBytes(StandardCharsets.US_ASCII)).call(8, "text", 4)
                .call(8, "text + 5", 4).call(8, 0, 0);
    }

    @ParameterizedTest
    @EnumSource
    void exportsWhenItHalts(Backend backend) {
        var refinement = refine(backend, world(), exporting().halt());
        assertArrayEquals(new long[] {0, 1, 2}, results(refinement));
        var expected = List.of("some", "text", "");
        assertEquals(expected.size(), refinement.exports().size());
        for (int i = 0; i < expected.size(); i++) {
            var segment = Arrays.copyOf(expected.get(i).getBytes(StandardCharsets.US_ASCII), 4104);
            assertArrayEquals(segment, refinement.exports().get(i));
        }
    }

    @ParameterizedTest
    @EnumSource
    void exportsNothingOtherwise(Backend backend) {
        for (var panicking : List.of(exporting().trap(), exporting().lines("load_u8 a0, [0x50000]\ntrap"),
                exporting().call(8, 0, 1).halt())) {
            var refinement = refine(backend, world(), panicking);
            assertEquals(new Refinement(new WorkResult.Panic(), List.of(), refinement.gasUsed()), refinement);
            assertTrue(refinement.gasUsed() > 3 * 3521 && refinement.gasUsed() < GAS);
        }
        var refinement = refine(backend, world(), exporting().spin());
        assertEquals(new Refinement(new WorkResult.OutOfGas(), List.of(), refinement.gasUsed()), refinement);
        assertTrue(refinement.gasUsed() > GAS - 100);
    }

    @ParameterizedTest
    @EnumSource
    void exportsUpToTheLimit(Backend backend) {
        var refinement = refine(backend, world(3070, Map.of()), exporting().halt());
        assertArrayEquals(new long[] {3070, 3071, HostResults.FULL}, results(refinement));
        assertEquals(2, refinement.exports().size());
        refinement = refine(backend, world(3072, Map.of()), exporting().halt());
        assertArrayEquals(new long[] {HostResults.FULL, HostResults.FULL, HostResults.FULL}, results(refinement));
        assertEquals(0, refinement.exports().size());
    }

    /** As much output as arguments may have is taken; more is told by its length, with the exports. */
    @ParameterizedTest
    @EnumSource(names = {"JIT", "INTERPRETER"})
    void tellsTheLengthOfTooMuchOutput(Backend backend) {
        int most = StandardProgram.MAXIMUM_ARGUMENT_LENGTH;
        for (int length : new int[] {most, most + 1}) {
            var program = exporting().heapPages(5000).lines("load_imm_64 a0, results\nload_imm a1, " + length
                    + "\njump_ind ra");
            var refinement = refine(backend, world(), program);
            if (length == most) {
                assertEquals(length, output(refinement).length);
            } else {
                assertEquals(new WorkResult.OutputTooLong(length), refinement.result());
            }
            assertEquals(3, refinement.exports().size());
        }
    }

    private static final UnaryOperator<HostCallTable> NOT_WATCHED = UnaryOperator.identity();

    /** Compile, machine, pages, poke, invoke, peek, expunge, of each revision, by the numbers of the revision. */
    @ParameterizedTest
    @EnumSource
    void drivesInnerMachines(Backend backend) {
        var next = new OuterProgram().data("blob", CALL).data("hash", hash(3)).call(9, 0, "blob", CALL.length)
                .call(9, 1, "hash", 100, 2, -1).call(10, 0, 0).call(10, 1, 0).call(15, 1, 0).call(15, 1, 0)
                .call(13, 0, 32, 1, 2).call(12, 0, "blob", 0x20000, 4).call(11, 0, "buffer", 0x20001, 2).frame(1000)
                .call(14, 0, "frame").call(14, 0, "frame").call(14, 1, "frame").call(15, 0, 0).call(15, 0, 0)
                .call(9, 0, "blob", 0).halt();
        var environment = world(0, Map.of(3, new byte[] {9, 9, 0, 0, 2, 50, 0, 1}));
        var expected = new long[] {
            0, 1, 0, 1, 0, HostResults.WHO, 0, 0, 0, 3, 1, 0, 0, HostResults.WHO, HostResults.HUH};
        assertArrayEquals(expected, results(refine(backend, environment, next)));

        var old = new OuterProgram().data("blob", CALL).data("halt", HALT).call(9, "blob", CALL.length, 0)
                .call(9, "halt", HALT.length, 0).call(9, "halt", HALT.length, 1).call(12, 0, 32, 1, 2)
                .call(11, 0, "blob", 0x20000, 4).call(10, 0, "buffer", 0x20001, 2).frame(1000).call(13, 0, "frame")
                .call(14, 0).call(13, 1, "frame").call(14, 0).call(15, 1).halt();
        assertArrayEquals(new long[] {0, 1, HostResults.HUH, 0, 0, 0, 3, 2, 0, HostResults.WHO, HostResults.WHAT},
                results(refine(backend, Revision.V0_8_0, environment, old.serviceCode(), GAS)));
    }

    /** An embedder may count otherwise, and watch. */
    @ParameterizedTest
    @EnumSource
    void takesOtherNumbersAndCosts(Backend backend) {
        var rules = Rules.defaults();
        var own = rules.change("own")
                .hostCalls(rules.hostCalls().with(HostFunction.GAS, 100))
                .gasSchedule(rules.gasSchedule().with(Fixed.UNKNOWN, 11).with(Fixed.GAS, 3))
                .rules();
        var program = new OuterProgram().call(100).call(0).call(100).halt();
        var seen = new ArrayList<Long>();
        try (var engine = Refinements.engine(backend)) {
            var calls = new HostCalls(own);
            var watched = new RefineInvocation(engine, calls, table -> table.wrap(call -> context -> {
                seen.add(context.number());
                return call.handle(context);
            })).run(world(), program.serviceCode(), NO_ARGUMENTS, GAS);
            assertEquals(watched.gasUsed(), new RefineInvocation(engine, calls, NOT_WATCHED)
                    .run(world(), program.serviceCode(), NO_ARGUMENTS, GAS).gasUsed());
            var results = results(watched);
            assertEquals(HostResults.WHAT, results[1]);
            assertEquals(14, results[0] - results[2]);
            assertEquals(List.of(100L, 0L, 100L), seen);
        }
    }

    @ParameterizedTest
    @EnumSource
    void looksUpForTheOwnService(Backend backend) {
        var program = new OuterProgram().data("hash", hash(3)).call(7, -1, "hash", "results + 512", 0, 100)
                .call(7, SERVICE, "hash", "results + 600", 1, 100).call(7, SERVICE + 1, "hash", "results", 0, 100)
                .lines("load_imm_64 a0, results + 512\nload_imm a1, 90\njump_ind ra");
        var output = output(refine(backend, world(0, Map.of(3, TRAP)), program));
        assertArrayEquals(TRAP, Arrays.copyOf(output, TRAP.length));
        assertArrayEquals(new byte[] {0, 1}, Arrays.copyOfRange(output, 88, 90));
        assertInstanceOf(WorkResult.Panic.class, refine(backend, world(0, Map.of(3, TRAP)),
                new OuterProgram().data("hash", hash(3)).call(7, -1, "hash", "hash", 0, 100).halt()).result());
    }
}
