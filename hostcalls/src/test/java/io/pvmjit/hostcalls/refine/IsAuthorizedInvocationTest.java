package io.pvmjit.hostcalls.refine;

import static io.pvmjit.hostcalls.refine.Refinements.assertNothingLeft;
import static io.pvmjit.hostcalls.refine.Refinements.world;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Revision;
import io.pvmjit.hostcalls.HostResults;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Is-authorized: which code is no good, what it is given, which calls it may make. */
class IsAuthorizedInvocationTest {
    private static final long GAS = 50_000_000;
    private static final int LARGEST_CODE = 64_000;
    private static final MemorySegment NOT_AVAILABLE = null;

    private static Authorization run(Backend backend, Revision revision, MemorySegment code, int core) {
        try (var engine = Refinements.engine(backend, revision)) {
            var environment = new InMemoryEnvironment(1, Map.of(),
                    Map.of(new InMemoryEnvironment.Item(8, 0, 0), "configuration".getBytes(StandardCharsets.US_ASCII)),
                    0);
            var authorization = new IsAuthorizedInvocation(engine).run(environment, code, core);
            assertNothingLeft(engine);
            return authorization;
        }
    }

    private static Authorization run(Backend backend, OuterProgram program) {
        return run(backend, Revision.NEXT, program.serviceCode(), 0);
    }

    private static byte[] output(Authorization authorization) {
        return assertInstanceOf(WorkResult.Output.class, authorization.result(), authorization::toString).octets();
    }

    @ParameterizedTest
    @EnumSource
    void isBadOrBig(Backend backend) {
        assertEquals(new Authorization(new WorkResult.Bad(), 0), run(backend, Revision.NEXT, NOT_AVAILABLE, 0));
        var blob = new OuterProgram().call(0).halt().jamBlob();
        // The length of so much metadata has three octets.
        int metadata = LARGEST_CODE - 3 - blob.length;
        var largest = OuterProgram.serviceCode(blob, metadata);
        assertEquals(LARGEST_CODE, largest.byteSize());
        assertEquals(8, output(run(backend, Revision.NEXT, largest, 0)).length);
        assertEquals(new Authorization(new WorkResult.Big(), 0),
                run(backend, Revision.NEXT, OuterProgram.serviceCode(blob, metadata + 1), 0));
    }

    @ParameterizedTest
    @EnumSource
    void panicsForNothingOnWhatIsNoProgram(Backend backend) {
        var good = new OuterProgram().halt().jamBlob();
        for (var code : List.of(MemorySegment.ofArray(new byte[0]), OuterProgram.serviceCode(new byte[15], 0),
                OuterProgram.serviceCode(Arrays.copyOf(good, good.length - 1), 3))) {
            assertEquals(new Authorization(new WorkResult.Panic(), 0), run(backend, Revision.NEXT, code, 0));
        }
    }

    /** The argument is the core, in two octets. */
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "1, 1, 0", "255, -1, 0", "256, 0, 1", "65535, -1, -1"})
    void givesTheCore(int core, byte first, byte second) {
        var program = new OuterProgram().lines("jump_ind ra");
        for (var backend : Backend.values()) {
            assertArrayEquals(new byte[] {first, second}, output(run(backend, Revision.NEXT, program.serviceCode(),
                    core)));
        }
    }

    @ParameterizedTest
    @CsvSource({"-1", "65536", "-2147483648"})
    void refusesWhatIsNoCore(int core) {
        try (var engine = Refinements.engine(Backend.INTERPRETER)) {
            var invocation = new IsAuthorizedInvocation(engine);
            var code = new OuterProgram().halt().serviceCode();
            assertThrows(IllegalArgumentException.class, () -> invocation.run(world(), code, core));
        }
    }

    /** Gas, grow_heap and fetch are served; all the functions of refine are unknown. */
    @ParameterizedTest
    @EnumSource
    void servesThreeCalls(Backend backend) {
        for (var revision : Revision.values()) {
            var program = new OuterProgram().call(0).call(1, 0).call(2, "buffer", 0, 100, 8).call(2, 0, 0, 0, 7);
            for (int number = 3; number < 17; number++) {
                program.call(number);
            }
            var results = OuterProgram.results(output(run(backend, revision, program.call(0).halt().serviceCode(), 0)));
            assertTrue(results[0] < GAS && results[0] > GAS - 5000, () -> "gas at first: " + results[0]);
            // Three pages of data and none of heap.
            assertEquals(32 + 3, results[1]);
            assertEquals("configuration".length(), results[2]);
            assertEquals(HostResults.NONE, results[3]);
            for (int number = 3; number < 17; number++) {
                assertEquals(HostResults.WHAT, results[number + 1], "call " + number);
            }
            // It is all one block, which was paid for at the start.
            assertEquals(275 + 84 + 85 + 14 * 1000 + 48, results[0] - results[18]);
        }
    }

    @ParameterizedTest
    @EnumSource
    void hasSoMuchGas(Backend backend) {
        // Less than a block of the loop is left.
        var authorization = run(backend, new OuterProgram().spin());
        assertInstanceOf(WorkResult.OutOfGas.class, authorization.result());
        assertTrue(authorization.gasUsed() <= GAS && authorization.gasUsed() > GAS - 20);
        authorization = run(backend, new OuterProgram().lines("again: ecalli 50\njump again"));
        assertEquals(new Authorization(new WorkResult.OutOfGas(), GAS), authorization);
        assertInstanceOf(WorkResult.Panic.class, run(backend, new OuterProgram().trap()).result());
    }
}
