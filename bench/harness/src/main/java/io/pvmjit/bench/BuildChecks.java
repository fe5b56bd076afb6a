package io.pvmjit.bench;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.pvmjit.bench.workload.SetupException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.fornwall.jelf.ElfFile;

/** Refuses to compare debug builds: of the C library, of native workloads, of the JVM's own code. */
final class BuildChecks {
    /** Where the library is packed, unless a system property names another. */
    private static final String RESOURCE = "/io/pvmjit/native/linux-x86_64/libpvmjit.so";
    private static final Pattern OPTIMIZATION = Pattern.compile("(?<=^|\\s)-O\\S*");
    private static final List<String> OPTIMIZED = List.of("-O2", "-O3", "-Ofast");
    private static final Pattern INSTRUMENTED =
            Pattern.compile("(^|\\s)(-fsanitize\\S*|--coverage|-fprofile-arcs|-ftest-coverage|-pg|-finstrument\\S*)");
    /** What instrumented or asserting code imports or exports. */
    private static final List<String> DEBUGGING_SYMBOLS = List.of("__asan_", "__ubsan_", "__tsan_", "__msan_",
            "__sanitizer_", "__assert_fail", "__gcov_", "mcount", "__cyg_profile");
    private static final List<String> DEBUGGING_ARGUMENTS = List.of("-agentlib:jdwp", "-Xrunjdwp", "-Xdebug", "-Xint",
            "-Xcheck:jni", "-javaagent:", "-agentpath:");

    private BuildChecks() {}

    /**
     * Requires that the library that this JVM loads is optimised and without sanitizers or assertions, as the compiler
     * and the linker recorded in it.
     *
     * @return how it was built
     * @throws SetupException when it is not, or does not tell
     */
    static String library() {
        var path = System.getProperty("pvmjit.library", "");
        try (var stream = path.isEmpty() ? BuildChecks.class.getResourceAsStream(RESOURCE) : open(Path.of(path))) {
            if (stream == null) {
                throw new SetupException("libpvmjit.so is not packed with this program");
            }
            return sharedLibrary(path.isEmpty() ? "libpvmjit.so" : path, stream.readAllBytes());
        } catch (IOException e) {
            throw new SetupException("cannot read " + path + ": " + e.getMessage());
        }
    }

    private static InputStream open(Path path) throws IOException {
        return Files.newInputStream(path);
    }

    /** As {@link #library()}, for the contents of any shared library of C. */
    static String sharedLibrary(String name, byte[] contents) {
        for (var symbol : strings(name, contents, ".dynstr")) {
            if (DEBUGGING_SYMBOLS.stream().anyMatch(symbol::startsWith)) {
                throw new SetupException(name + " is a debug build (it uses " + symbol + "): not compared");
            }
        }
        var builds = strings(name, contents, ".GCC.command.line");
        if (builds.isEmpty()) {
            throw new SetupException(name + " does not record how it was built (-frecord-gcc-switches): not compared");
        }
        for (var build : builds) {
            var instrumented = INSTRUMENTED.matcher(build);
            if (instrumented.find()) {
                throw new SetupException(name + " is built with " + instrumented.group(2) + ": not compared");
            }
            // The last option of several is the one that counts.
            var level = OPTIMIZATION.matcher(build).results().map(MatchResult::group).reduce("", (_, last) -> last);
            if (!OPTIMIZED.contains(level)) {
                throw new SetupException(name + " is not built with -O2 (but with: " + build + "): not compared");
            }
        }
        return String.join("; ", builds);
    }

    /** The strings of a section of strings; none when there is no such section. */
    private static List<String> strings(String name, byte[] contents, String section) {
        try {
            var found = ElfFile.from(contents).firstSectionByName(section);
            var text = found == null ? "" : new String(found.getData(), StandardCharsets.UTF_8);
            return Stream.of(text.split("\0")).filter(string -> !string.isEmpty()).toList();
        } catch (RuntimeException e) {
            // The library throws whatever reading beyond the end of an array does, beside exceptions of its own.
            throw new SetupException(name + " is not an ELF file, or a damaged one (" + e.getMessage() + ")");
        }
    }

    /**
     * Requires that this JVM compiles as usual and runs without a debugger, agents or assertions.
     *
     * @return its arguments
     * @throws SetupException when it does not
     */
    static List<String> jvm() {
        var arguments = ManagementFactory.getRuntimeMXBean().getInputArguments();
        var reason = jvmReason(arguments, System.getProperty("java.vm.version"), System.getProperty("java.vm.info"))
                .or(BuildChecks::assertions).or(BuildChecks::compilerOptions);
        if (reason.isPresent()) {
            throw new SetupException("this JVM does not run at full speed (" + reason.get() + "): not compared");
        }
        return arguments;
    }

    /** What is wrong with a JVM by its arguments, version and mode. */
    static Optional<String> jvmReason(List<String> arguments, String version, String mode) {
        if (version.contains("debug")) {
            return Optional.of("version " + version);
        }
        if (!mode.startsWith("mixed mode")) {
            return Optional.of(mode);
        }
        return arguments.stream().filter(argument -> DEBUGGING_ARGUMENTS.stream().anyMatch(argument::startsWith)
                || argument.matches("-(ea|enableassertions|esa|enablesystemassertions)(:.*)?")).findFirst();
    }

    private static Optional<String> assertions() {
        return BuildChecks.class.desiredAssertionStatus() ? Optional.of("assertions are enabled") : Optional.empty();
    }

    /** The compilers as the JVM has them in force, wherever the options came from. */
    private static Optional<String> compilerOptions() {
        var options = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        if (options == null) {
            return Optional.of("it is not a HotSpot JVM, and does not tell its options");
        }
        var wrong = Arrays.asList("TieredStopAtLevel=4", "TieredCompilation=true").stream().filter(wanted -> {
            var name = wanted.substring(0, wanted.indexOf('='));
            return !wanted.equals(name + "=" + options.getVMOption(name).getValue());
        });
        return wrong.findFirst().map(wanted -> "it must have " + wanted);
    }
}
