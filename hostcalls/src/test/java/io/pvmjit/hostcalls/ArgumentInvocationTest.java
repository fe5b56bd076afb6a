package io.pvmjit.hostcalls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A program that is run with arguments: where it starts, how it ends, and which output it is taken at its word for. */
class ArgumentInvocationTest {
    private static final long GAS = 1_000_000;

    private static byte[] standard(String code) {
        return Assembler.assembleStandard(".heap_pages 1\n.stack 4096\n.code\n" + code);
    }

    private static Engine engine(Backend backend) {
        return Engine.create(EngineConfig.defaults().withBackend(backend));
    }

    private static ArgumentInvocation invocation(String arguments) {
        return new ArgumentInvocation(
                0, GAS, arguments.getBytes(StandardCharsets.US_ASCII), HostCallTable.empty());
    }

    private static InvocationResult run(Backend backend, byte[] program, ArgumentInvocation invocation) {
        try (var engine = engine(backend)) {
            var result = invocation.run(engine, program);
            assertEquals(0, engine.statistics().instancesAlive());
            assertEquals(0, engine.statistics().modulesAlive());
            return result;
        }
    }

    private static long firstBlockCost(Backend backend, byte[] program) {
        try (var engine = engine(backend);
                var module = engine.compile(StandardProgram.parse(program).programBlob())) {
            return module.blockCosts().getFirst().cost();
        }
    }

    private static void assertOutput(String expected, InvocationResult result) {
        var output = assertInstanceOf(InvocationResult.Output.class, result).output();
        assertArrayEquals(expected.getBytes(StandardCharsets.US_ASCII), output);
    }

    /** Registers 7 and 8 point at the arguments from the start: a program that halts at once gives them back. */
    @ParameterizedTest
    @EnumSource
    void givesBackArguments(Backend backend) {
        var program = standard("jump_ind ra\n");
        var result = run(backend, program, invocation("some arguments"));
        assertOutput("some arguments", result);
        assertEquals(firstBlockCost(backend, program), result.gasUsed());
        assertOutput("", run(backend, program, invocation("")));
    }

    @ParameterizedTest
    @EnumSource
    void startsAtTheEntry(Backend backend) {
        var program = standard("jump far\ntrap\nfar: trap\nload_imm a1, 4\njump_ind ra\n");
        try (var engine = engine(backend);
                var module = engine.compile(StandardProgram.parse(program).programBlob())) {
            long entry = module.blockCosts().getLast().pc();
            var arguments = "abcde".getBytes(StandardCharsets.US_ASCII);
            var invocation = new ArgumentInvocation(entry, GAS, arguments, HostCallTable.empty());
            assertOutput("abcd", invocation.run(StandardProgram.parse(program), module));
        }
    }

    /** Where the output would be, and what becomes of it: the heap is one page at 0x20000. */
    @ParameterizedTest
    @CsvSource({
        "0x20000, 0, 0", "0x20000, 4096, 4096", "0x20000, 4097, 0", "0x20fff, 1, 1", "0x20fff, 2, 0", "0x0, 1, 0",
        "0x0, 0, 0", "-1, 0, 0", "-1, 1, 0", "0x20000, -1, 0", "0x120000, 1, 0"
    })
    void takesOutputThatIsReadable(String address, String length, int expected) {
        var program = standard("""
                load_imm_64 a0, %s
                load_imm_64 a1, %s
                jump_ind ra
                """.formatted(address, length));
        for (var backend : Backend.values()) {
            var result = run(backend, program, invocation("x"));
            var output = assertInstanceOf(InvocationResult.Output.class, result).output();
            assertEquals(expected, output.length, backend.label());
        }
    }

    @ParameterizedTest
    @EnumSource
    void doesNotCopyTooMuchOutput(Backend backend) {
        var program = standard("jump_ind ra\n");
        var arguments = new byte[100];
        assertInstanceOf(InvocationResult.Output.class,
                run(backend, program, new ArgumentInvocation(0, GAS, arguments, HostCallTable.empty(), 100)));
        var result = run(backend, program, new ArgumentInvocation(0, GAS, arguments, HostCallTable.empty(), 99));
        assertEquals(new InvocationResult.OutputTooLong(100, firstBlockCost(backend, program)), result);
    }

    @ParameterizedTest
    @CsvSource({"trap", "'load_u8 a0, [0x50000]\ntrap'", "'load_u8 a0, [0]\ntrap'", "jump_ind t0"})
    void panics(String code) {
        var program = standard(code + "\n");
        for (var backend : Backend.values()) {
            assertEquals(new InvocationResult.Panic(firstBlockCost(backend, program)),
                    run(backend, program, invocation("")));
        }
    }

    @ParameterizedTest
    @EnumSource
    void panicsForNothingWhenThereIsNoProgram(Backend backend) {
        var panic = new InvocationResult.Panic(0);
        assertEquals(panic, run(backend, new byte[0], invocation("")));
        assertEquals(panic, run(backend, new byte[] {1, 2, 3}, invocation("")));
        // A container without a program in it, and one with an invalid program.
        assertEquals(panic, run(backend, new byte[15], invocation("")));
        var program = standard("trap\n");
        program[program.length - 1] = 0;
        assertEquals(panic, run(backend, program, invocation("")));
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "4", "5", "0xffffffff", "0x100000000", "0x7fffffffffffffff", "-1"})
    void panicsForNothingWhereNoInstructionIs(String entry) {
        var program = standard("add_imm_64 a0, a0, 4\ntrap\n");
        var invocation = new ArgumentInvocation(Long.decode(entry), GAS, new byte[0], HostCallTable.empty());
        for (var backend : Backend.values()) {
            assertEquals(new InvocationResult.Panic(0), run(backend, program, invocation), backend.label());
        }
    }

    @ParameterizedTest
    @EnumSource
    void runsOutOfGas(Backend backend) {
        var program = standard("again: jump again\n");
        long cost = firstBlockCost(backend, program);
        var invocation = new ArgumentInvocation(0, 10 * cost + cost - 1, new byte[0], HostCallTable.empty());
        // A block that cannot be paid takes nothing.
        assertEquals(new InvocationResult.OutOfGas(10 * cost), run(backend, program, invocation));
    }

    /** A call that cannot be paid takes all. */
    @ParameterizedTest
    @EnumSource
    void countsAllGasWhenACallCannotBePaid(Backend backend) {
        var program = standard("ecalli 3\njump_ind ra\n");
        long gas = firstBlockCost(backend, program) + UnknownCall.COST - 1;
        assertEquals(new InvocationResult.OutOfGas(gas),
                run(backend, program, new ArgumentInvocation(0, gas, new byte[0], HostCallTable.empty())));
    }

    @ParameterizedTest
    @EnumSource
    void takesGasAsUnsigned(Backend backend) {
        var program = standard("jump_ind ra\n");
        var result = run(backend, program, new ArgumentInvocation(0, -1, new byte[0], HostCallTable.empty()));
        assertEquals(firstBlockCost(backend, program), result.gasUsed());
    }

    @ParameterizedTest
    @EnumSource
    void takesTheWordOfAHandler(Backend backend) {
        var program = standard("ecalli 1\ntrap\n");
        var calls = HostCallTable.builder().add(1, context -> {
            context.gas(GAS - 123);
            return HostCall.Outcome.HALT;
        }).build();
        var result = run(backend, program, new ArgumentInvocation(0, GAS, new byte[] {'x'}, calls));
        assertOutput("x", result);
        assertEquals(123, result.gasUsed());
    }

    @ParameterizedTest
    @EnumSource
    void releasesEverythingWhenAHandlerThrows(Backend backend) {
        var calls = HostCallTable.builder().unknown(_ -> {
            throw new IllegalStateException("a fault of the embedder");
        }).build();
        try (var engine = engine(backend)) {
            var invocation = new ArgumentInvocation(0, GAS, new byte[0], calls);
            assertThrows(IllegalStateException.class, () -> invocation.run(engine, standard("ecalli 1\ntrap\n")));
            assertEquals(0, engine.statistics().instancesAlive());
            assertEquals(0, engine.statistics().modulesAlive());
        }
    }

    @Test
    void refusesWhatIsNoInvocation() {
        var tooMany = new byte[StandardProgram.MAXIMUM_ARGUMENT_LENGTH + 1];
        assertThrows(IllegalArgumentException.class,
                () -> new ArgumentInvocation(0, 0, tooMany, HostCallTable.empty()));
        assertThrows(IllegalArgumentException.class,
                () -> new ArgumentInvocation(0, 0, new byte[0], HostCallTable.empty(), -1));
        assertThrows(NullPointerException.class, () -> new ArgumentInvocation(0, 0, new byte[0], null));
    }
}
