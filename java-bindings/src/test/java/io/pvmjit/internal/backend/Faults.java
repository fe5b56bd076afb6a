package io.pvmjit.internal.backend;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/**
 * Errors at chosen calls of a backend, as the end of a stack brings them about: once each, before the call does anything.
 * A call is named by its interface and method, such as {@code BackendMachine.run}.
 */
public final class Faults {
    private final List<String> planned = new ArrayList<>();

    /** The next call of each of these ends in an error; named twice, the next two. */
    public void plan(String... calls) {
        planned.addAll(List.of(calls));
    }

    /** What was planned and has not been called. */
    public List<String> planned() {
        return planned;
    }

    public BackendEngine in(BackendEngine engine) {
        return in(BackendEngine.class, engine);
    }

    private <T> T in(Class<T> type, T object) {
        InvocationHandler handler = (_, method, arguments) -> {
            if (planned.remove(type.getSimpleName() + "." + method.getName())) {
                throw new StackOverflowError("planned");
            }
            try {
                return switch (method.invoke(object, arguments)) {
                    case BackendModule module -> in(BackendModule.class, module);
                    case BackendMachine machine -> in(BackendMachine.class, machine);
                    case null -> null;
                    case Object answer -> answer;
                };
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
