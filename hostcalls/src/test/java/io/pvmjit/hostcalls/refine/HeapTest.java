package io.pvmjit.hostcalls.refine;

import static io.pvmjit.hostcalls.refine.Refinements.GAS;
import static io.pvmjit.hostcalls.refine.Refinements.NO_ARGUMENTS;
import static io.pvmjit.hostcalls.refine.Refinements.world;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.pvmjit.Backend;
import io.pvmjit.MemoryImage;
import io.pvmjit.Revision;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import io.pvmjit.rules.Rules;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Where the heap of a standard program begins, ends, and may end: by its read-only data, data, zero pages and stack.
 */
class HeapTest {
    private static final long MUCH_GAS = 1_000_000_000;

    private static String text(int readOnly, int data, int heapPages, int stack, String code) {
        return ".heap_pages " + heapPages + "\n.stack " + stack + "\n.rodata\n.zero " + readOnly + "\n.data\n.zero "
                + data
                + "\n.code\n" + code;
    }

    private static Refinement run(Backend backend, Revision revision, String text, long gas) {
        return Refinements.refine(
                backend, revision, world(), OuterProgram.serviceCode(Assembler.assembleStandard(text), 0), gas);
    }

    /** Read-only data, data, zero pages, stack; then the end of the heap, and its limit by 0.8.0 and after it. */
    static Stream<Arguments> layouts() {
        int all = (int) ((1L << 32) - 3 * 65536 - (1 << 24) >> 12);
        return Stream.of(
                Arguments.of(0, 0, 0, 0, 32, all, all),
                Arguments.of(0, 1, 0, 1, 33, all - 1, all - 16),
                Arguments.of(1, 0, 1, 4096, 16 + 33, all - 1, all - 16),
                Arguments.of(65536, 4096, 2, 4097, 16 + 35, all - 2, all - 16),
                Arguments.of(65537, 4097, 3, 65536, 32 + 37, all - 16, all - 16),
                Arguments.of(0, 0, 7, 65537, 39, all - 17, all - 32),
                Arguments.of(0, 10000, 5, 0xffffff, 32 + 3 + 5, all - 4096, all - 4096));
    }

    /** What the call answers, as an observer sees it. */
    private static long answer(Backend backend, Revision revision, int readOnly, int data, int heapPages, int stack,
            long wished) {
        var code = "load_imm_64 a0, " + wished + "\necalli 1\ntrap\n";
        try (var engine = Refinements.engine(backend, revision)) {
            var observed = new long[1];
            new RefineInvocation(engine, HostCalls.of(revision), table -> table.wrap(call -> context -> {
                var outcome = call.handle(context);
                observed[0] = context.register(7);
                return outcome;
            })).run(world(), OuterProgram.serviceCode(Assembler.assembleStandard(
                    text(readOnly, data, heapPages, stack, code)), 0), NO_ARGUMENTS, MUCH_GAS);
            return observed[0];
        }
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void isWhereTheLayoutSays(int readOnly, int data, int heapPages, int stack, long end, long oldLimit,
            long newLimit) {
        for (var backend : new Backend[] {Backend.JIT, Backend.INTERPRETER}) {
            for (var revision : Revision.values()) {
                long limit = revision == Revision.V0_8_0 ? oldLimit : newLimit;
                for (long wished : new long[] {0, end - 1, end, limit + 1, 1 << 20, -1, (1L << 32) + end + 1}) {
                    assertEquals(end, answer(backend, revision, readOnly, data, heapPages, stack, wished));
                }
                assertEquals(end + 1, answer(backend, revision, readOnly, data, heapPages, stack, end + 1));
                assertEquals(limit, answer(backend, revision, readOnly, data, heapPages, stack, limit));
            }
            var program = StandardProgram.parse(Assembler.assembleStandard(text(readOnly, data, heapPages, stack,
                    "trap")));
            assertEquals(new Heap(end, oldLimit), Heap.of(Rules.of(Revision.V0_8_0), program));
            assertEquals(new Heap(end, newLimit), Heap.of(Rules.of(Revision.NEXT), program));
        }
    }

    /** The heap grows under the program: what it could not touch before it can touch, and it is zero. */
    @ParameterizedTest
    @EnumSource
    void growsUnderTheProgram(Backend backend) {
        long first = 33L * MemoryImage.PAGE_SIZE;
        var code = "load_imm_64 a0, 35\necalli 1\nload_imm_64 t0, " + first + "\nload_ind_u64 t1, [t0 + 8184]\n"
                + "branch_ne_imm t1, 0, bad\nstore_ind_u64 [t0 + 8184], a0\nload_ind_u8 t1, [t0 + 8184]\n"
                + "branch_ne_imm t1, 35, bad\nstore_ind_u8 [t0 + 8192], a0\nfallthrough\nbad: trap\n";
        var refinement = run(backend, Revision.NEXT, text(0, 100, 0, 4096, code), GAS);
        // The last store is one octet beyond: a fault, which is a panic.
        assertInstanceOf(WorkResult.Panic.class, refinement.result());
        var shorter = code.replace("[t0 + 8192]", "[t0 + 8191]")
                .replace("fallthrough\nbad", "load_imm_64 a0, " + first + "\nload_imm a1, 8192\njump_ind ra\nbad");
        assertEquals(8192, Refinements.output(run(backend, Revision.NEXT, text(0, 100, 0, 4096, shorter), GAS)).length);
    }

    /** By 0.8.0 a growth that cannot be paid leaves the gas; after it (#533) it takes all. */
    @ParameterizedTest
    @EnumSource
    void takesAllGasOrNone(Backend backend) {
        var text = text(0, 0, 0, 0, "load_imm_64 a0, 40\necalli 1\ntrap\n");
        long block;
        try (var engine = Refinements.engine(backend);
                var module = engine.compile(StandardProgram.parse(Assembler.assembleStandard(text)).programBlob())) {
            block = module.blockCosts().getFirst().cost();
        }
        long growth = 275 + 121 * 8;
        for (long gas : new long[] {block + 275, block + 276, block + growth - 1}) {
            for (var revision : new Revision[] {Revision.V0_8_0_VECTORS, Revision.NEXT}) {
                assertEquals(new Refinement(new WorkResult.OutOfGas(), List.of(), gas), run(backend, revision, text, gas));
            }
            assertEquals(new Refinement(new WorkResult.OutOfGas(), List.of(), block), run(backend, Revision.V0_8_0,
                    text, gas));
        }
        for (var revision : Revision.values()) {
            var paid = run(backend, revision, text, block + growth);
            assertEquals(new Refinement(new WorkResult.Panic(), List.of(), block + growth), paid);
        }
    }
}
