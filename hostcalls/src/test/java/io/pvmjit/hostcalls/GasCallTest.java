package io.pvmjit.hostcalls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.asm.Assembler;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code gas}, answered by the machine itself or by the handler: nobody can tell which. */
class GasCallTest {
    private static final long COST = 48;
    private static final long OTHER = 9;

    /** Calls gas and an unknown one in turns, and folds what they answer into s1. */
    private static String program(long number) {
        return """
                load_imm s0, 3
                load_imm s1, 0
                fallthrough
                again:
                ecalli %1$d
                add_64 s1, s1, a0
                ecalli %1$d
                mul_64 s1, s1, a0
                ecalli %2$d
                xor s1, s1, a0
                add_imm_64 s0, s0, -1
                branch_ne_imm s0, 0, again
                ecalli %1$d
                trap
                """.formatted(number, OTHER);
    }

    private static HostCallTable table(long number, long cost) {
        return HostCallTable.builder().add(number, new GasCall(cost)).build();
    }

    /** The table behind something that the machine cannot know. */
    private static HostCallTable watched(HostCallTable table) {
        return table.wrap(handler -> context -> handler.handle(context));
    }

    private static List<Object> run(Instance instance, HostCallTable table, long gas) {
        instance.registers(new long[Instance.REGISTER_COUNT]).gas(gas).pc(0).gasCharged(false);
        var exit = new Dispatcher(table).run(instance);
        return List.of(exit, instance.gas(), instance.pc(), instance.exitPc(), instance.gasCharged(),
                Arrays.toString(instance.registers()));
    }

    private static void requireSame(Backend backend, long number, long cost, LongStream gas) {
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(backend));
                var module = engine.compile(Assembler.assemble(program(number)));
                var instance = module.instantiate(MemoryImage.empty())) {
            var own = table(number, cost);
            assertEquals(cost, own.gasCall().cost());
            assertEquals(number, own.gasNumber());
            gas.forEach(start -> assertEquals(
                    run(instance, watched(own), start), run(instance, own, start), () -> "with gas " + start));
        }
    }

    @ParameterizedTest
    @EnumSource
    void answersTheSameWhereverGasEnds(Backend backend) {
        requireSame(backend, 0, COST, LongStream.range(0, 4200));
    }

    @ParameterizedTest
    @EnumSource
    void answersTheSameWithGasBeyondSignedNumbers(Backend backend) {
        requireSame(backend, 0, COST, LongStream.of(-1, -2, Long.MIN_VALUE, Long.MIN_VALUE + 1, Long.MIN_VALUE + 100,
                Long.MAX_VALUE, Long.MAX_VALUE - 100, 1L << 32, (1L << 62) + 5));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE, -1})
    void takesAnyCost(long cost) {
        requireSame(Backend.JIT, 0, cost, LongStream.of(0, 1, 5000, 1L << 41, Long.MAX_VALUE, Long.MIN_VALUE, -2, -1));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 127, 255, 256, 70_000, -1, -103, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void hasAnyNumber(long number) {
        requireSame(Backend.JIT, number, COST, LongStream.of(0, 100, 1000, 10_000));
    }

    @Test
    void isTheHandlersBusinessWhereSomethingIsAroundIt() {
        var table = table(5, COST);
        assertSame(table.get(5), table.gasCall());
        assertNull(watched(table).gasCall());
        assertNull(HostCallTable.empty().gasCall());
        assertNull(HostCallTable.builder().add(5, context -> HostCall.Outcome.HALT).build().gasCall());
    }

    @Test
    void isAnExitForWhoRunsTheInstanceWithoutADispatcher() {
        try (var engine = Engine.create(EngineConfig.defaults());
                var module = engine.compile(Assembler.assemble(program(0)));
                var instance = module.instantiate(MemoryImage.empty())) {
            run(instance, table(0, COST), 100_000);
            instance.pc(0).gasCharged(false).gas(100_000);
            assertEquals(new Exit.HostCall(0), instance.run());
        }
    }

    @ParameterizedTest
    @EnumSource
    void isInterruptedThoughItNeverComesOut(Backend backend) throws Exception {
        try (var engine = Engine.create(EngineConfig.defaults().withBackend(backend));
                var module = engine.compile(Assembler.assemble("again: ecalli 0\njump again"));
                var instance = module.instantiate(MemoryImage.empty())) {
            instance.gas(Long.MAX_VALUE);
            var run = CompletableFuture.supplyAsync(() -> new Dispatcher(table(0, 1)).run(instance));
            Thread.sleep(3);
            instance.interrupt();
            assertEquals(new Exit.Interrupted(), run.get());
        }
    }

    @Test
    void leavesTheOtherRegisters() {
        try (var engine = Engine.create(EngineConfig.defaults());
                var module = engine.compile(Assembler.assemble("ecalli 0\ntrap"));
                var instance = module.instantiate(MemoryImage.empty())) {
            var registers = LongStream.range(100, 100 + Instance.REGISTER_COUNT).toArray();
            new Dispatcher(table(0, COST)).run(instance.registers(registers).gas(1000));
            long left = 1000 - COST - module.blockCosts().getFirst().cost();
            registers[7] = left;
            assertArrayEquals(registers, instance.registers());
        }
    }
}
