package io.pvmjit.hostcalls.refine;

import static io.pvmjit.hostcalls.refine.Refinements.CALL;
import static io.pvmjit.hostcalls.refine.Refinements.HALT;
import static io.pvmjit.hostcalls.refine.Refinements.assertNothingLeft;
import static io.pvmjit.hostcalls.refine.Refinements.world;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pvmjit.Backend;
import io.pvmjit.Instance;
import io.pvmjit.internal.lifetime.Closing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nothing is lost when something cannot be closed, or finds no room in its table. */
class ClosingTest {
    /** Does something while another thread is inside a machine, so that this one cannot close it. */
    private static void whileInUse(Instance machine, Runnable action) throws Exception {
        try (var other = Executors.newSingleThreadExecutor()) {
            var hold = other.submit(machine::hold).get();
            action.run();
            other.submit(hold::close).get();
        }
    }

    @ParameterizedTest
    @EnumSource
    void closesTheOthers(Backend backend) throws Exception {
        try (var engine = Refinements.engine(backend); var context = new RefineContext(engine, world())) {
            for (int i = 0; i < 2; i++) {
                int handle = context.modules().add(engine.compile(i == 0 ? HALT : CALL));
                for (int k = 0; k < 2; k++) {
                    context.machines().add(context.modules().get(handle).instantiate(), handle);
                }
            }
            context.modules().expunge(1);
            whileInUse(context.machines().get(1), () -> {
                assertThrows(IllegalStateException.class, context::close);
                assertEquals(1, engine.statistics().instancesAlive());
                assertEquals(1, engine.statistics().modulesAlive());
            });
            assertDoesNotThrow(context::close);
            assertNothingLeft(engine);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatCannotBeClosedStays(Backend backend) throws Exception {
        try (var engine = Refinements.engine(backend); var context = new RefineContext(engine, world())) {
            int handle = context.modules().add(engine.compile(HALT));
            int number = context.machines().add(context.modules().get(handle).instantiate(), handle);
            context.modules().expunge(handle);
            whileInUse(context.machines().get(number), () -> {
                assertThrows(IllegalStateException.class, () -> context.machines().remove(number));
                assertNotNull(context.machines().get(number));
                assertEquals(1, context.modulesAlive());
            });
            context.machines().remove(number);
            assertEquals(0, context.modulesAlive());
            assertNothingLeft(engine);
        }
    }

    @ParameterizedTest
    @EnumSource
    void closesWhatFindsNoRoom(Backend backend) {
        try (var engine = Refinements.engine(backend); var context = new RefineContext(engine, world())) {
            Supplier<Integer> compile = () -> context.modules().add(engine.compile(HALT));
            for (int i = 0; i < Limits.MODULES; i++) {
                assertEquals(i, compile.get());
            }
            assertThrows(IndexOutOfBoundsException.class, compile::get);
            assertEquals(Limits.MODULES, engine.statistics().modulesAlive());
            Supplier<Integer> make = () -> context.machines().add(context.modules().get(0).instantiate(), 0);
            for (int i = 0; i < Limits.MACHINES; i++) {
                assertEquals(i, make.get());
            }
            assertThrows(IndexOutOfBoundsException.class, make::get);
            assertEquals(Limits.MACHINES, engine.statistics().instancesAlive());
            assertDoesNotThrow(context::close);
            assertNothingLeft(engine);
        }
    }

    /** Whatever it is, and also when it is thrown again and again. */
    @Test
    void throwsWhatWasThrownFirst() {
        for (var first : List.of(new IOException("checked"), new OutOfMemoryError("the one of the JVM"))) {
            var closed = new ArrayList<Integer>();
            var things = new AutoCloseable[] {
                () -> closed.add(0), fails(first), null, () -> closed.add(1), fails(first), fails(new Error("later")),
                () -> closed.add(2)
            };
            assertSame(first, assertThrows(Throwable.class, () -> Closing.all(things)));
            assertEquals(List.of(0, 1, 2), closed);
            assertEquals(0, first.getSuppressed().length);
        }
    }

    private static AutoCloseable fails(Throwable failure) {
        return () -> {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (Exception) failure;
        };
    }
}
