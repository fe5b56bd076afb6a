package io.pvmjit.hostcalls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.HostCall.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The loop that runs a machine and serves its host calls, and what handlers see and do. */
class DispatcherTest {
    private static final long GAS = 1_000_000;
    private static final int RAM_PAGE = 32;
    private static final long RAM = (long) RAM_PAGE * MemoryImage.PAGE_SIZE;

    /** Calls 5 and halts. */
    private static final String ONE_CALL = """
            ecalli 5
            load_imm_64 ra, 0xffff0000
            jump_ind ra
            """;

    private static Engine engine(Backend backend) {
        return Engine.create(EngineConfig.defaults().withBackend(backend));
    }

    /** Makes a machine of the program, with a page of RAM, for a test to use. */
    private static void withInstance(Backend backend, String program, Consumer<Instance> test) {
        var image = MemoryImage.of(List.of(MemoryImage.Region.of(RAM_PAGE, 1, PageAccess.WRITE, new byte[0])));
        try (var engine = engine(backend);
                var module = engine.compile(Assembler.assemble(program));
                var instance = module.instantiate(image)) {
            test.accept(instance.gas(GAS));
        }
    }

    private static Dispatcher serving(long number, HostCall call) {
        return new Dispatcher(HostCallTable.builder().add(number, call).build());
    }

    @ParameterizedTest
    @EnumSource
    void answersUnknownCalls(Backend backend) {
        withInstance(backend, ONE_CALL, instance -> {
            long cost = instance.module().blockCosts().getFirst().cost();
            var registers = new long[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
            assertEquals(new Exit.Halt(), new Dispatcher(HostCallTable.empty()).run(instance.registers(registers)));
            registers[0] = 0xffff0000L;
            registers[7] = HostResults.WHAT;
            assertArrayEquals(registers, instance.registers());
            assertEquals(GAS - cost - UnknownCall.COST, instance.gas());
        });
    }

    /** The gas that is there when the call comes, and what is left of it. */
    @ParameterizedTest
    @CsvSource({"JIT, 999", "JIT, 1000", "JIT, 0", "INTERPRETER, 999", "INTERPRETER, 1000", "INTERPRETER, 0"})
    void takesTheCostOfACallOrEverything(Backend backend, long gasAtCall) {
        withInstance(backend, ONE_CALL, instance -> {
            long cost = instance.module().blockCosts().getFirst().cost();
            var exit = new Dispatcher(HostCallTable.empty()).run(instance.gas(cost + gasAtCall).register(7, 77));
            boolean paid = gasAtCall >= UnknownCall.COST;
            assertEquals(paid ? new Exit.Halt() : new Exit.OutOfGas(), exit);
            assertEquals(0, instance.gas());
            assertEquals(paid ? HostResults.WHAT : 77, instance.register(7));
            if (!paid) {
                assertEquals(0, instance.exitPc());
            }
        });
    }

    @ParameterizedTest
    @EnumSource
    void chargesUnsigned(Backend backend) {
        withInstance(backend, ONE_CALL, instance -> {
            var context = new HostContext(instance);
            assertTrue(context.charge(0));
            assertEquals(GAS, context.gas());
            assertTrue(context.charge(GAS));
            assertEquals(0, context.gas());
            context.gas(-1);
            assertTrue(context.charge(Long.MIN_VALUE));
            assertEquals(Long.MAX_VALUE, context.gas());
            assertFalse(context.charge(-1));
            assertEquals(0, context.gas());
        });
    }

    @ParameterizedTest
    @EnumSource
    void servesEveryCallOfALoop(Backend backend) {
        var program = """
                    load_imm t0, 1000
                    fallthrough
                loop:
                    add_imm_64 t0, t0, -1
                    ecalli 5
                    branch_ne_imm t0, 0, loop
                    trap
                """;
        withInstance(backend, program, instance -> {
            var served = new ArrayList<Long>();
            var exit = serving(5, context -> {
                served.add(context.register(2));
                assertEquals(5, context.number());
                context.register(12, context.register(12) + 3);
                return Outcome.CONTINUE;
            }).run(instance);
            assertEquals(new Exit.Panic(), exit);
            assertEquals(1000, served.size());
            assertEquals(999, served.getFirst());
            assertEquals(0, served.getLast());
            assertEquals(3000, instance.register(12));
        });
    }

    @ParameterizedTest
    @EnumSource
    void readsAndWritesRam(Backend backend) {
        var program = """
                store_imm_u32 [0x20000], 0x01020304
                ecalli 5
                load_u16 a0, [0x20008]
                trap
                """;
        withInstance(backend, program, instance -> {
            var exit = serving(5, context -> {
                var octets = new byte[4];
                assertTrue(context.memory().read(RAM, octets));
                assertArrayEquals(new byte[] {4, 3, 2, 1}, octets);
                assertFalse(context.memory().write(RAM + MemoryImage.PAGE_SIZE - 1, octets));
                assertTrue(context.memory().write(RAM + 8, new byte[] {0x34, 0x12}));
                return Outcome.CONTINUE;
            }).run(instance);
            assertEquals(new Exit.Panic(), exit);
            assertEquals(0x1234, instance.register(7));
        });
    }

    @ParameterizedTest
    @CsvSource({
        "JIT, PANIC", "JIT, HALT", "JIT, OUT_OF_GAS",
        "INTERPRETER, PANIC", "INTERPRETER, HALT", "INTERPRETER, OUT_OF_GAS"
    })
    void stopsAtTheWordOfAHandler(Backend backend, Outcome outcome) {
        withInstance(backend, "fallthrough\n" + ONE_CALL, instance -> {
            var exit = serving(5, context -> {
                context.gas(4321);
                context.register(8, 88);
                return outcome;
            }).run(instance);
            assertEquals(switch (outcome) {
                case PANIC -> new Exit.Panic();
                case HALT -> new Exit.Halt();
                case OUT_OF_GAS, CONTINUE, INTERRUPTED -> new Exit.OutOfGas();
            }, exit);
            assertEquals(4321, instance.gas(), "the gas that the handler left");
            assertEquals(88, instance.register(8));
            assertEquals(1, instance.exitPc(), "the address of the call");
        });
    }

    @ParameterizedTest
    @EnumSource
    void stopsAtAFault(Backend backend) {
        withInstance(backend, "ecalli 9\nload_u8 a0, [0x54321]\ntrap\n", instance -> {
            assertEquals(new Exit.PageFault(0x54000), new Dispatcher(HostCallTable.empty()).run(instance));
            assertEquals(2, instance.exitPc());
        });
    }

    @ParameterizedTest
    @EnumSource
    void knowsNegativeNumbers(Backend backend) {
        withInstance(backend, "ecalli -103\ntrap\n", instance -> {
            assertEquals(new Exit.Halt(), serving(-103, _ -> Outcome.HALT).run(instance));
            assertEquals(-103, new HostContext(instance).number());
        });
    }

    @ParameterizedTest
    @EnumSource
    void letsExceptionsThrough(Backend backend) {
        var failure = new IllegalArgumentException("a fault of the embedder");
        withInstance(backend, ONE_CALL, instance -> {
            var thrown = assertThrows(IllegalArgumentException.class, () -> serving(5, _ -> {
                throw failure;
            }).run(instance));
            assertSame(failure, thrown);
            // Nobody holds the instance any more, and it stands behind the call.
            CompletableFuture.runAsync(() -> {
                assertEquals(2, instance.pc());
                assertEquals(new Exit.Halt(), instance.run());
            }).join();
        });
    }

    @ParameterizedTest
    @EnumSource
    void keepsOtherThreadsOut(Backend backend) {
        withInstance(backend, ONE_CALL, instance -> serving(5, _ -> {
            CompletableFuture.runAsync(() -> assertThrows(IllegalStateException.class, instance::gas)).join();
            return Outcome.CONTINUE;
        }).run(instance));
    }

    @ParameterizedTest
    @EnumSource
    void survivesAHandlerThatClosesTheInstance(Backend backend) {
        withInstance(backend, ONE_CALL, instance -> {
            var dispatcher = serving(5, context -> {
                context.instance().close();
                return Outcome.CONTINUE;
            });
            assertThrows(IllegalStateException.class, () -> dispatcher.run(instance));
        });
    }

    @ParameterizedTest
    @EnumSource
    void runsMachinesWithinHandlers(Backend backend) {
        withInstance(backend, ONE_CALL, outer -> {
            var inner = serving(5, context -> {
                context.register(12, 1);
                return Outcome.PANIC;
            });
            var exit = serving(5, context -> {
                try (var machine = context.instance().module().instantiate()) {
                    assertEquals(new Exit.Panic(), inner.run(machine.gas(GAS)));
                    context.register(12, 10 + machine.register(12));
                }
                return Outcome.CONTINUE;
            }).run(outer);
            assertEquals(new Exit.Halt(), exit);
            assertEquals(11, outer.register(12));
        });
    }
}
