package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.InvocationResult;
import io.pvmjit.link.RuntimeFunctions.Family;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every function of the runtime by itself comes to what this machine comes to: for operands at the edges, and for random
 * ones, of which there are more with {@code -Dpvmjit.runtime.results=100000000}. By both compilers and for both ABIs, for
 * each of which the runtime is another.
 */
class RuntimeFunctionsTest {
    /** Results that are compared of a family. */
    private static final long RESULTS = Long.getLong("pvmjit.runtime.results", 100_000);
    /** By how many there are fewer where a case takes long; of random operands. */
    private static final int SLOWER = 10;
    private static final int RANDOM_SHARE = 4;
    /** What the guest has room for. */
    private static final int ROOM = 1 << 17;
    private static final long MOST_AT_ONCE = 8192;
    /** For a part of the cases; little enough for a function that does not end. */
    private static final long GAS = 1L << 37;
    private static final int TOLD = 4;

    enum Build {
        GCC,
        CLANG,
        CLANG_FOR_16_REGISTERS;

        GuestToolchain toolchain() {
            return this == GCC ? Guests.toolchain() : Guests.clang();
        }

        /** Whether functions can be called in its ABI: those of two complex long doubles have eight arguments. */
        boolean has(Family family) {
            return this == CLANG_FOR_16_REGISTERS || !family.name().equals("complex_quads");
        }

        List<String> flags() {
            return this == CLANG_FOR_16_REGISTERS ? List.of("-mabi=lp64e") : List.of("-mabi=lp64");
        }
    }

    @TempDir
    private static Path folder;

    private static RuntimeFunctions functions;
    private static Engine engine;

    /** What has tests of its own: entries, and registers that are saved by calls (CProgramsTest). */
    private static final Pattern ELSEWHERE =
            Pattern.compile("refine|registers_kept|__pvm_main|__riscv_(save|restore)_[0-2]");

    @BeforeAll
    static void start() {
        functions = new RuntimeFunctions(folder);
        engine = Guests.engine(Backend.JIT);
    }

    @AfterAll
    static void stop() {
        engine.close();
        functions.close();
    }

    @TestFactory
    Stream<DynamicContainer> functions() {
        return Arrays.stream(Build.values()).map(build -> DynamicContainer.dynamicContainer(build.name(),
                Stream.of(build).flatMap(RuntimeFunctionsTest::tests)));
    }

    private static Stream<DynamicTest> tests(Build build) {
        var object = folder.resolve(build + ".o");
        var flags = new ArrayList<>(RuntimeFunctions.FLAGS);
        flags.addAll(build.flags());
        try {
            build.toolchain().compile(RuntimeFunctions.sources(folder), flags, object);
            var guest = Linker.link(object, LinkOptions.defaults()).jamBlob();
            return Stream.concat(Stream.of(DynamicTest.dynamicTest("all of the runtime", () -> assertTested(object))),
                    functions.families().stream().filter(build::has)
                            .map(family -> DynamicTest.dynamicTest(family.name(), () -> {
                                var wrong = family.panics() ? notPanicking(guest, family) : different(guest, family);
                                assertEquals(List.of(), wrong.stream().limit(TOLD).toList(), wrong.size() + " differ");
                            })));
        } catch (LinkException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertTested(Path object) throws LinkException {
        var untested = ElfObject.read(object).symbols().stream().filter(symbol -> symbol.function() && !symbol.local())
                .map(ElfObject.Symbol::name).filter(name -> !ELSEWHERE.matcher(name).matches())
                .collect(Collectors.toCollection(TreeSet::new));
        functions.families().stream().flatMap(family -> family.functions().stream())
                .flatMap(names -> Arrays.stream(names.split(" "))).forEach(untested::remove);
        assertEquals(Set.of(), untested);
    }

    private static InvocationResult run(byte[] guest, Family family, long function, long first, long count) {
        var order = ByteBuffer.allocate(4 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(family.number())
                .putLong(function).putLong(first).putLong(count).array();
        return new ArgumentInvocation(0, GAS, order, Guests.heap()).run(engine, guest);
    }

    private static List<String> different(byte[] guest, Family family) {
        var wrong = new ArrayList<String>();
        long share = RESULTS / family.functions().size() / (family.slow() ? SLOWER : 1);
        compare(guest, family, 0, Math.min(family.edges(), share), wrong);
        compare(guest, family, family.edges(), family.edges() + share / RANDOM_SHARE, wrong);
        return wrong;
    }

    private static void compare(byte[] guest, Family family, long begin, long end, List<String> wrong) {
        int count = family.functions().size();
        long step = Math.min(MOST_AT_ONCE, ROOM / count - 1);
        for (long first = begin; first < end; first += step) {
            long from = first;
            long cases = Math.min(step, end - first);
            var output =
                    assertInstanceOf(InvocationResult.Output.class, run(guest, family, RuntimeFunctions.ALL, first, cases),
                            () -> family + " from case " + from).output();
            var expected = functions.results(family, RuntimeFunctions.ALL, first, cases);
            assertEquals(cases * count * RuntimeFunctions.VALUE, output.length);
            for (int at = 0; at < output.length; at += RuntimeFunctions.VALUE) {
                int next = at + RuntimeFunctions.VALUE;
                int function = at / RuntimeFunctions.VALUE / (int) cases;
                long number = first + at / RuntimeFunctions.VALUE % cases;
                if (!Arrays.equals(output, at, next, expected, at, next)
                        && !functions.agrees(family, function, number, Arrays.copyOfRange(output, at, next))) {
                    wrong.add("case %d, %s(%s): %s instead of %s".formatted(number, family.functions().get(function),
                            functions.operands(family, number), hex(output, at), hex(expected, at)));
                }
            }
        }
    }

    private static List<String> notPanicking(byte[] guest, Family family) {
        var wrong = new ArrayList<String>();
        int panics = 0;
        for (int function = 0; function < family.functions().size(); function++) {
            for (long number = 0; number < family.edges(); number++) {
                boolean expected = functions.results(family, function, number, 1)[0] != 0;
                if (expected && !(run(guest, family, function, number, 1) instanceof InvocationResult.Panic)) {
                    wrong.add(family.functions().get(function) + "(" + functions.operands(family, number)
                            + "): no panic");
                }
                panics += expected ? 1 : 0;
            }
        }
        assertTrue(panics >= family.functions().size(), "each has something that does not fit");
        return wrong;
    }

    private static String hex(byte[] values, int at) {
        var words = ByteBuffer.wrap(values).order(ByteOrder.LITTLE_ENDIAN);
        return RuntimeFunctions.hex(words.getLong(at), words.getLong(at + Long.BYTES));
    }
}
