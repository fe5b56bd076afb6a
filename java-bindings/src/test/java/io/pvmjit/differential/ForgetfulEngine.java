package io.pvmjit.differential;

import io.pvmjit.EngineStatistics;
import io.pvmjit.ExitKind;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.Gate;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** An engine with a mistake: after one kind of exit it forgets that the block has been paid for. */
record ForgetfulEngine(BackendEngine engine, ExitKind kind) implements BackendEngine {
    @Override
    public BackendModule compile(MemorySegment blob, Gate gate) {
        var module = engine.compile(blob, gate);
        return proxy(BackendModule.class, (proxy, method, arguments) -> {
            var result = method.invoke(module, arguments);
            return result instanceof BackendMachine machine ? forgetful(machine) : result;
        });
    }

    private BackendMachine forgetful(BackendMachine machine) {
        return proxy(BackendMachine.class, (proxy, method, arguments) -> {
            var result = method.invoke(machine, arguments);
            if (result == kind) {
                machine.gasCharged(false);
            }
            return result;
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        InvocationHandler unwrapping = (proxy, method, arguments) -> {
            try {
                return handler.invoke(proxy, method, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, unwrapping));
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
