package io.pvmjit.internal.front;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Account;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.Memory;
import io.pvmjit.stress.Guests;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Objects of the API that somebody else implements are refused, and nothing is done. */
class OwnTest {
    /** An implementation that fails when it is asked for anything. */
    private static <T> T foreign(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(OwnTest.class.getClassLoader(), new Class<?>[] {type},
                (_, method, _) -> {
                    throw new AssertionError(method + " was called");
                }));
    }

    @Test
    void whatAnotherImplementsIsRefused() {
        var memory = foreign(Memory.class);
        var account = foreign(Account.class);
        var machine = foreign(Instance.class);
        try (var engine = Engine.create(EngineConfig.defaults());
                var own = engine.open("an invocation");
                var module = engine.compile(MemorySegment.ofArray(Guests.ADD), own);
                var instance = module.instantiate()) {
            for (var use : List.<Executable>of(
                    () -> engine.compile(memory, 0, 0),
                    () -> engine.compile(memory, 0, 0, own),
                    () -> engine.compile(MemorySegment.ofArray(Guests.ADD), account),
                    () -> engine.compile(instance.memory(), 0, 0, account),
                    () -> instance.memory().copyTo(0, memory, 0, 0),
                    () -> instance.resumeInner(machine),
                    () -> own.turn().serve(machine))) {
                var message = assertThrows(IllegalArgumentException.class, use).getMessage();
                assertTrue(message.startsWith("only what an engine made can be used here, not a "), message);
            }
            assertThrows(NullPointerException.class, () -> instance.resumeInner(null));
            assertEquals(1, engine.statistics().modulesAlive());
            instance.gas(1000).register(7, 40).register(8, 2);
            assertEquals(new Exit.Halt(), instance.run());
        }
    }
}
