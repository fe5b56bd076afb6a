package io.pvmjit.differential;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.pvmjit.Backend;
import io.pvmjit.EngineConfig;
import io.pvmjit.EngineStatistics;
import io.pvmjit.ExitKind;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.Revision;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.internal.backend.Spending;
import io.pvmjit.internal.selection.Backends;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Random programs whose state moves between the JIT and the interpreter at every stop come to the same stops as ever. */
class WanderingTest {
    private static final int PROGRAMS = 900;

    /**
     * Runs on one of two engines, then on the other.
     *
     * @param onTheWay what becomes of a machine that has just got the state
     */
    private record Wandering(BackendEngine one, BackendEngine other, Consumer<BackendMachine> onTheWay)
            implements BackendEngine {
        @Override
        public BackendModule compile(MemorySegment blob, Gate gate) {
            var first = one.compile(blob, gate);
            var second = other.compile(blob, gate);
            return proxy(BackendModule.class, (_, method, arguments) -> switch (method.getName()) {
                case "instantiate" -> {
                    var image = (MemoryImage) arguments[0];
                    var spending = (Spending) arguments[1];
                    yield proxy(BackendMachine.class, new Wanderer(first.instantiate(image, spending),
                            second.instantiate(MemoryImage.empty(), spending), image, onTheWay));
                }
                case "close" -> {
                    first.close();
                    second.close();
                    yield null;
                }
                default -> method.invoke(first, arguments);
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
            return one.statistics();
        }

        @Override
        public void interruptAll() {
            one.interruptAll();
            other.interruptAll();
        }

        @Override
        public void close() {
            one.close();
        }
    }

    /** Two machines, of which one has the state. */
    private static final class Wanderer implements InvocationHandler {
        private static final int PAGE = MemoryImage.PAGE_SIZE;
        private static final int FIRST_PAGE = 16;
        private static final int REGISTERS = 13;

        /** What the machine that ran says of its last exit. */
        private record Exit(long argument, long pc) {}

        private BackendMachine here;
        private BackendMachine there;
        private Exit exit = new Exit(0, 0);
        private final Consumer<BackendMachine> onTheWay;
        /** That may hold something. */
        private final TreeSet<Integer> pages = new TreeSet<>();

        Wanderer(BackendMachine here, BackendMachine there, MemoryImage image, Consumer<BackendMachine> onTheWay) {
            this.here = here;
            this.there = there;
            this.onTheWay = onTheWay;
            for (var region : image.regions()) {
                addPages(region.firstPage(), region.pageCount());
            }
        }

        private void addPages(int first, int count) {
            for (int page = Math.max(FIRST_PAGE, first); page < first + count; page++) {
                pages.add(page);
            }
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            switch (method.getName()) {
                case "protect" -> addPages((int) arguments[0], (int) arguments[1]);
                case "close" -> there.close();
                default -> {}
            }
            var result = method.invoke(here, arguments);
            if (result instanceof ExitKind) {
                exit = new Exit(here.exitArgument(), here.exitPc());
                move();
            }
            return switch (method.getName()) {
                case "exitArgument" -> exit.argument;
                case "exitPc" -> exit.pc;
                default -> result;
            };
        }

        private void move() {
            for (int i = 0; i < REGISTERS; i++) {
                there.register(i, here.register(i));
            }
            there.gas(here.gas());
            there.pc(here.pc());
            there.gasCharged(here.gasCharged());
            pages.forEach(this::move);
            if (here.takeInterrupt()) {
                there.interrupt();
            }
            onTheWay.accept(there);
            var left = here;
            here = there;
            there = left;
        }

        /** A page that is not accessible may keep what it held. */
        private void move(int page) {
            var access = here.access(page);
            var octets = new byte[PAGE];
            if (access == PageAccess.NONE) {
                here.protect(page, 1, PageAccess.READ, false);
            }
            here.read((long) page * PAGE, octets);
            there.protect(page, 1, PageAccess.READ, true);
            there.fill((long) page * PAGE, MemorySegment.ofArray(octets), 0, PAGE);
            there.protect(page, 1, access, false);
            if (access == PageAccess.NONE) {
                here.protect(page, 1, PageAccess.NONE, false);
            }
        }
    }

    private static BackendEngine engine(Backend backend, Revision revision) {
        var config = EngineConfig.defaults().withBackend(backend).withRevision(revision);
        return Backends.select(config, _ -> {}).engine();
    }

    private static Campaign campaign(Consumer<BackendMachine> onTheWay) {
        var pairs = new ArrayList<Campaign.Pair>();
        for (var revision : Revision.values()) {
            var interpreter = engine(Backend.INTERPRETER, revision);
            pairs.add(new Campaign.Pair("wanderer, " + revision,
                    new Wandering(engine(Backend.JIT, revision), interpreter, onTheWay), interpreter));
        }
        return new Campaign(List.copyOf(pairs));
    }

    @Test
    void aStateThatMovesIsTheSame() throws InterruptedException {
        try (var campaign = campaign(_ -> {})) {
            var failure = campaign.run(Setting.of("seed", 15), Setting.of("first", 0),
                    number -> number < Setting.of("first", 0) + Setting.of("programs", PROGRAMS), new AtomicLong());
            assertNull(failure, () -> failure.text());
        }
    }

    /** The test above sees what it looks for: a block that was paid for and is not any more. */
    @Test
    void whatIsLostOnTheWayIsNoticed() throws InterruptedException {
        try (var campaign = campaign(machine -> machine.gasCharged(false))) {
            assertNotNull(campaign.run(15, 0, number -> number < PROGRAMS, new AtomicLong()));
        }
    }
}
