package io.pvmjit.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.PageAccess;
import io.pvmjit.PvmException;
import io.pvmjit.stress.Refusals.Condition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What kernels, sandboxes and limits refuse: programs run all the same, in the best way that is left, and what is lost
 * is said once. In JVMs of their own.
 */
class RefusalsTest {
    private static final int OPERATION_NOT_PERMITTED = 1;
    private static final int NO_MEMORY = 12;
    private static final int NO_SUCH_CALL = 38;
    private static final int NOT_SUPPORTED = 95;

    /** System calls and their arguments. */
    private static final int MMAP = 9;
    private static final int MPROTECT = 10;
    private static final int RT_SIGACTION = 13;
    private static final int MADVISE = 28;
    private static final int FTRUNCATE = 77;
    private static final int FALLOCATE = 285;
    private static final int MEMFD_CREATE = 319;
    private static final int MEMBARRIER = 324;
    private static final Condition EXECUTABLE = new Condition(2, 4);
    private static final Condition SHARED = new Condition(3, 1);
    private static final Condition SEGV = new Condition(0, 11);

    private static final int LIMIT_OF_FILES = 1;
    private static final int LIMIT_OF_DATA = 2;
    private static final int LIMIT_OF_ADDRESSES = 9;

    /** Under a refusal, does what an embedder does, twice, with the backend that is chosen and with the JIT. */
    static final class Refused {
        private Refused() {}

        static void main(String[] what) throws IOException {
            refuse(what[0]);
            for (var config : List.of(EngineConfig.defaults(), EngineConfig.defaults().withBackend(Backend.JIT))) {
                for (int i = 0; i < 2; i++) {
                    System.out.println("RESULT " + attempt(config));
                }
            }
        }

        private static String attempt(EngineConfig config) {
            Engine made;
            try {
                made = Engine.create(config);
            } catch (PvmException e) {
                return "none: " + e.getMessage();
            }
            // Once there is an engine nothing is refused.
            try (var engine = made) {
                work(engine);
                return engine.backend() + (engine.config().singleMapping() ? " in one mapping" : "");
            }
        }

        private static void work(Engine engine) {
            var writable = Region.of(16, 200, PageAccess.WRITE, new byte[] {1});
            try (var module = engine.compile(Guests.WALK)) {
                for (int round = 0; round < 5; round++) {
                    // Contents that change, as arguments do.
                    var image = MemoryImage.of(List.of(writable,
                            Region.of(300, 1, PageAccess.READ, new byte[] {(byte) round})));
                    try (var instance = module.instantiate(image)) {
                        instance.gas(1_000_000).register(7, 16 << 12).register(8, 3).register(9, 200);
                        if (round == 1) {
                            Checks.alternate(instance, 16, 200);
                            instance.memory().protect(16, 200, PageAccess.WRITE, true);
                        }
                        var exit = instance.run();
                        var octet = new byte[1];
                        instance.memory().read(300L << 12, octet);
                        if (!exit.equals(new Exit.Halt()) || instance.register(10) != (round == 1 ? 0 : 1)
                                || octet[0] != round) {
                            throw new AssertionError(exit + " " + instance.register(10) + " " + octet[0]);
                        }
                    }
                }
            }
        }

        private static void refuse(String what) throws IOException {
            switch (what) {
                case "nothing" -> {}
                case "memory files" -> Refusals.refuse(MEMFD_CREATE, OPERATION_NOT_PERMITTED);
                case "memory files, old kernel" -> Refusals.refuse(MEMFD_CREATE, NO_SUCH_CALL);
                case "executable memory files" ->
                    Refusals.refuse(MMAP, OPERATION_NOT_PERMITTED, EXECUTABLE, SHARED);
                case "sizes of files" -> Refusals.refuse(FTRUNCATE, OPERATION_NOT_PERMITTED);
                case "fallocate" -> Refusals.refuse(FALLOCATE, NOT_SUPPORTED);
                case "fallocate, no memory" -> Refusals.refuse(FALLOCATE, NO_MEMORY);
                case "membarrier" -> Refusals.refuse(MEMBARRIER, NO_SUCH_CALL);
                case "madvise" -> Refusals.refuse(MADVISE, OPERATION_NOT_PERMITTED);
                case "new code" -> Refusals.refuse(MPROTECT, OPERATION_NOT_PERMITTED, EXECUTABLE);
                case "new code and memory files" -> {
                    Refusals.refuse(MPROTECT, OPERATION_NOT_PERMITTED, EXECUTABLE);
                    Refusals.refuse(MEMFD_CREATE, OPERATION_NOT_PERMITTED);
                }
                case "handlers" -> Refusals.refuse(RT_SIGACTION, OPERATION_NOT_PERMITTED, SEGV);
                case "7 GiB" -> Refusals.limit(LIMIT_OF_ADDRESSES, Refusals.status("VmSize") + (7L << 30));
                case "6 GiB" -> Refusals.limit(LIMIT_OF_ADDRESSES, Refusals.status("VmSize") + (6L << 30));
                case "3 GiB" -> Refusals.limit(LIMIT_OF_ADDRESSES, Refusals.status("VmSize") + (3L << 30));
                case "1 GiB" -> Refusals.limit(LIMIT_OF_ADDRESSES, Refusals.status("VmSize") + (1L << 30));
                case "3 GiB of data" -> Refusals.limit(LIMIT_OF_DATA, Refusals.status("VmData") + (3L << 30));
                case "files of 1 MiB" -> Refusals.limit(LIMIT_OF_FILES, 1 << 20);
                default -> throw new IllegalArgumentException(what);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "nothing, jit",
        "memory files, jit in one mapping",
        "'memory files, old kernel', jit in one mapping",
        "executable memory files, jit in one mapping",
        "sizes of files, jit in one mapping",
        "fallocate, jit in one mapping",
        "'fallocate, no memory', jit in one mapping",
        "membarrier, jit",
        "new code, jit",
        "7 GiB, jit",
        "6 GiB, jit in one mapping",
        "files of 1 MiB, jit in one mapping",
        "madvise, interpreter",
        "new code and memory files, interpreter",
        "handlers, interpreter",
        "3 GiB, interpreter",
        "1 GiB, interpreter",
        "3 GiB of data, interpreter",
    })
    void programsRunInTheBestWayThatIsLeft(String refused, String way) throws Exception {
        var flags = List.of(ChildJvm.NATIVE_ACCESS, "-Xmx64m", "-XX:+UseSerialGC");
        var result = ChildJvm.run(Refused.class, flags, refused).requireSuccess();
        var results = new ArrayList<>(result.linesAfter("RESULT "));
        assertEquals(4, results.size(), result::output);
        assertEquals(List.of(way, way), results.subList(0, 2), result::output);
        var named = results.subList(2, 4);
        if (way.equals("interpreter")) {
            assertTrue(named.stream().allMatch(each -> each.startsWith("none: ")), result::output);
        } else {
            assertEquals(List.of(way, way), named, result::output);
        }
        var warnings = result.output().lines().filter(line -> line.contains("WARN")).toList();
        assertEquals(way.equals("jit") ? 0 : 1, warnings.size(), result::output);
        if (way.equals("interpreter")) {
            assertTrue(warnings.getFirst().contains("programs run on the interpreter, the JIT cannot be used: "));
        }
    }
}
