package io.pvmjit.bench.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.pvmjit.Backend;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.PvmSubject;
import io.pvmjit.bench.peer.Subject;
import io.pvmjit.link.GuestCompiler;
import io.pvmjit.testing.Toolchains;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Every workload computes the same natively and on each of our backends, with the same gas, and again on a second run. */
class WorkloadAnswersTest {
    private static final Path BENCH = Path.of("..").toAbsolutePath().normalize();
    private static final Set<String> EXPECTED = Set.of("fib", "sieve", "quicksort", "matrix", "sha256", "blake2b",
            "keccak256", "ed25519", "lz", "bytecode", "hashtable", "memsweep", "nqueens", "large", "hostcall", "nested");
    /** Octets of PVM code that the large program must exceed. */
    private static final int LARGE = 1_000_000;

    /** Whether it takes two minutes to build as it is measured: here it is not optimized, and it comes first. */
    private static boolean isLarge(Workload workload) {
        return workload.name().equals("large");
    }

    private static List<Workload> workloads() {
        return WorkloadTable.read(BENCH.resolve("workloads")).all();
    }

    @Test
    void thereAreThoseThatAreNamed() {
        var names = workloads().stream().map(Workload::name).collect(Collectors.toSet());
        assertTrue(names.containsAll(EXPECTED), () -> EXPECTED + " in " + names);
        long foreign = workloads().stream().filter(workload -> !workload.packages().isEmpty()).count();
        assertTrue(foreign >= 2, () -> foreign + " workloads of code that others wrote");
    }

    @TestFactory
    @Execution(ExecutionMode.CONCURRENT)
    Stream<DynamicTest> answersAreTheSame() {
        Toolchains.require("riscv64-unknown-elf-gcc", "gcc", "npm");
        var all = workloads().stream().sorted(Comparator.comparing(workload -> !isLarge(workload)));
        return all.map(workload -> dynamicTest(workload.name(), () -> {
            var level = isLarge(workload) ? "-O0" : "-O2";
            build(workload, Target.NATIVE, GuestCompiler.GCC, level);
            var built = build(workload, Target.PVM, GuestCompiler.GCC, level);
            long expected = expected(built);
            check(built, expected);
            answerOfTheOtherCompilerIsTheSame(workload, expected);
        }));
    }

    /** The same of guests that Clang has compiled. The large program says nothing new, and takes a minute. */
    private static void answerOfTheOtherCompilerIsTheSame(Workload workload, long expected) throws Exception {
        Toolchains.require("clang-22", "ld.lld-22");
        if (!isLarge(workload)) {
            check(build(workload, Target.PVM, GuestCompiler.CLANG, "-O2"), expected);
        }
    }

    private static BuiltWorkload build(Workload workload, Target target, GuestCompiler compiler, String level) {
        var builder = new WorkloadBuilder(BENCH, compiler, level);
        return builder.build(List.of(workload.withTargets(Set.of(target))), _ -> {}).getFirst();
    }

    private static long expected(BuiltWorkload built) throws Exception {
        try (var subject = Subject.open(Peer.NATIVE, built)) {
            long expected = subject.run(built.workload().smallParameter());
            assertNotEquals(0, expected, "0 says that a known answer came out wrong");
            return expected;
        }
    }

    private static void check(BuiltWorkload built, long expected) throws Exception {
        var workload = built.workload();
        long gas = 0;
        long gasAgain = 0;
        for (var backend : Backend.values()) {
            try (var subject = new PvmSubject(built, backend)) {
                assertEquals(expected, subject.run(workload.smallParameter()), backend.label());
                gas = gas == 0 ? subject.gasUsed() : gas;
                assertEquals(gas, subject.gasUsed(), () -> "gas on " + backend.label());
                // In the same instance, whose memory is as the first run left it.
                assertEquals(expected, subject.run(workload.smallParameter()), backend.label());
                gasAgain = gasAgain == 0 ? subject.gasUsed() : gasAgain;
                assertEquals(gasAgain, subject.gasUsed(), () -> "gas of the second run on " + backend.label());
                if (isLarge(workload)) {
                    assertTrue(subject.module().statistics().codeLength() > LARGE, "it is large");
                }
            }
        }
    }
}
