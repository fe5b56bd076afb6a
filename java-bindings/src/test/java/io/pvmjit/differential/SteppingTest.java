package io.pvmjit.differential;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.pvmjit.EngineConfig;
import io.pvmjit.EngineStatistics;
import io.pvmjit.ExitKind;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.interpreter.InterpreterEngine;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Instruction by instruction random programs come to the same stops as in runs. */
class SteppingTest {
    private static final int PROGRAMS = 1500;

    /** Runs single steps where others run. */
    private record Stepping(BackendEngine engine, Function<BackendMachine, ExitKind> run) implements BackendEngine {
        @Override
        public BackendModule compile(MemorySegment blob, Gate gate) {
            var module = engine.compile(blob, gate);
            return proxy(BackendModule.class, module,
                    result -> result instanceof BackendMachine machine ? stepping(machine) : result);
        }

        private BackendMachine stepping(BackendMachine machine) {
            return BackendMachine.class.cast(Proxy.newProxyInstance(BackendMachine.class.getClassLoader(),
                    new Class<?>[] {BackendMachine.class}, (_, method, arguments) -> {
                        try {
                            return method.getName().equals("run") ? run.apply(machine) : method.invoke(machine, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    }));
        }

        private static <T> T proxy(Class<T> type, T target, Function<Object, Object> change) {
            return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (_, method, arguments) -> {
                try {
                    return change.apply(method.invoke(target, arguments));
                } catch (InvocationTargetException e) {
                    throw e.getCause();
                }
            }));
        }

        @Override
        public EngineStatistics statistics() {
            return engine.statistics();
        }

        @Override
        public void interruptAll() {
            engine.interruptAll();
        }

        @Override
        public void close() {
            engine.close();
        }
    }

    private static ExitKind steps(BackendMachine machine) {
        while (true) {
            var kind = machine.step();
            if (kind != null) {
                return kind;
            }
        }
    }

    private static BackendEngine interpreter() {
        return new InterpreterEngine(EngineConfig.defaults());
    }

    @Test
    void stepsComeToTheSameStopsAsRuns() throws InterruptedException {
        var pair = new Campaign.Pair("steps", new Stepping(interpreter(), SteppingTest::steps), interpreter());
        try (var campaign = new Campaign(List.of(pair))) {
            var failure = campaign.run(14, 0, number -> number < PROGRAMS, new AtomicLong());
            assertNull(failure, () -> failure.text());
        }
    }

    /** The test above sees what it looks for: steps that lose sight of the paid block. */
    @Test
    void stepsThatForgetAreNoticed() throws InterruptedException {
        var forgetful = new Stepping(interpreter(), machine -> {
            ExitKind kind;
            do {
                machine.gasCharged(false);
                kind = machine.step();
            } while (kind == null);
            return kind;
        });
        try (var campaign = new Campaign(List.of(new Campaign.Pair("forgetful", forgetful, interpreter())))) {
            assertNotNull(campaign.run(14, 0, number -> number < PROGRAMS, new AtomicLong()));
        }
    }
}
