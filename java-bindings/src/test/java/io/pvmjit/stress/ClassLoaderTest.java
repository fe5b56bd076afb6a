package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/**
 * Class loaders that load us and go, as those of application servers do; each has a copy of the library. Faults that
 * are HotSpot's must stay so, and guests of other copies must go on. In JVMs of their own.
 */
class ClassLoaderTest {
    /** An engine whose guest faults: true as long as it does so as it should. Made by reflection, in its own loader. */
    public static final class Plugin implements BooleanSupplier, Runnable {
        private final Engine engine =
                Engine.create(EngineConfig.defaults().withBackend(Backend.JIT).withCodeArenaBytes(1 << 16));

        @Override
        public boolean getAsBoolean() {
            try (var module = engine.compile(Guests.LOAD); var instance = module.instantiate()) {
                var exit = instance.gas(1000).register(7, 0x12_3456).run();
                return exit instanceof Exit.PageFault(long page) && page == 0x12_3000;
            }
        }

        /** Closes it. */
        @Override
        public void run() {
            engine.close();
        }
    }

    /** What stands outside of all the loaders: sees only the JDK's types. */
    static final class Server {
        private static final class Box {
            private int value;
        }

        private Server() {}

        static void main(String[] how) throws Exception {
            for (int i = 0; i < 200_000; i++) {
                read(new Box()); // Compiled, its null check is a fault.
            }
            switch (how[0]) {
                case "closed" -> requireCollected(deployAndDrop(true));
                case "open" -> requireCollected(deployAndDrop(false));
                case "several" -> several();
                default -> throw new IllegalArgumentException(how[0]);
            }
            System.out.println("SURVIVED");
        }

        private static int read(Box box) {
            return box.value;
        }

        private static int overflow(int depth) {
            return overflow(depth + 1) + 1;
        }

        private static void requireHealthy() {
            try {
                read(null);
                throw new AssertionError("no NullPointerException");
            } catch (NullPointerException _) {
                // HotSpot had its signal.
            }
            try {
                overflow(0);
                throw new AssertionError("no StackOverflowError");
            } catch (StackOverflowError _) {
                // And this one, on what was left of the stack.
            }
        }

        private static Object deploy() throws ReflectiveOperationException {
            var urls = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(Server::url).toArray(URL[]::new);
            var loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
            return loader.loadClass(Plugin.class.getName()).getConstructor().newInstance();
        }

        private static URL url(String path) {
            try {
                return Path.of(path).toUri().toURL();
            } catch (MalformedURLException e) {
                throw new AssertionError(e);
            }
        }

        private static void requireWorks(Object plugin) {
            if (!((BooleanSupplier) plugin).getAsBoolean()) {
                throw new AssertionError("its guest does not fault");
            }
        }

        private static WeakReference<ClassLoader> deployAndDrop(boolean close) throws ReflectiveOperationException {
            var plugin = deploy();
            requireWorks(plugin);
            if (close) {
                ((Runnable) plugin).run();
            }
            requireHealthy();
            return new WeakReference<>(plugin.getClass().getClassLoader());
        }

        private static void requireCollected(WeakReference<ClassLoader> loader) throws InterruptedException {
            for (int i = 0; i < 200 && loader.get() != null; i++) {
                System.gc();
                Thread.sleep(10);
            }
            if (loader.get() != null) {
                throw new AssertionError("the loader is still there");
            }
            // What unloads the library runs a little later.
            Thread.sleep(200);
            requireHealthy();
        }

        /** Several at once, closed oldest first while new ones come. */
        private static void several() throws ReflectiveOperationException {
            var plugins = new ArrayList<Object>();
            for (int i = 0; i < 6; i++) {
                plugins.add(deploy());
                if (plugins.size() == 4) {
                    ((Runnable) plugins.removeFirst()).run();
                    System.gc();
                }
                plugins.forEach(Server::requireWorks);
                requireHealthy();
            }
            while (!plugins.isEmpty()) {
                ((Runnable) plugins.removeLast()).run();
                plugins.forEach(Server::requireWorks);
                requireHealthy();
            }
        }
    }

    private static void run(String how) throws Exception {
        var result = ChildJvm.run(Server.class, List.of(ChildJvm.NATIVE_ACCESS, "-Xmx128m"), how).requireSuccess();
        assertEquals(List.of(""), result.linesAfter("SURVIVED"), result::output);
    }

    @Test
    void collectedAfterItsEngineWasClosed() throws Exception {
        run("closed");
    }

    /** What it holds stays, which is its embedder's fault, and harms nobody. */
    @Test
    void collectedWithAnOpenEngine() throws Exception {
        run("open");
    }

    @Test
    void severalAtOnce() throws Exception {
        run("several");
    }
}
