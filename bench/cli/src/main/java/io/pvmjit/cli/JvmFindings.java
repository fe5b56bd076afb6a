package io.pvmjit.cli;

import static io.pvmjit.cli.Finding.fine;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What {@code pvm doctor} finds out about the JVM, and about the C library in it. */
final class JvmFindings {
    private static final String LIBRARY = "/io/pvmjit/native/linux-x86_64/libpvmjit.so";

    private JvmFindings() {}

    static List<Finding> all() {
        return List.of(jdk(), flags(), nativeAccess(), library(), folder());
    }

    private static Finding jdk() {
        return fine("JDK", System.getProperty("java.vendor.version", System.getProperty("java.vendor")) + " "
                + Runtime.version() + " in " + System.getProperty("java.home"), "25 or newer is needed");
    }

    private static Finding flags() {
        var collectors = ManagementFactory.getGarbageCollectorMXBeans().stream().map(bean -> bean.getName())
                .collect(Collectors.joining(", "));
        return fine("JVM", "heap up to " + (Runtime.getRuntime().maxMemory() >> 20) + " MiB; " + collectors + "; "
                + String.join(" ", ManagementFactory.getRuntimeMXBean().getInputArguments()),
                "guests' RAM and machine code are outside the heap; the module cache takes a quarter of it at most");
    }

    private static Finding nativeAccess() {
        boolean enabled = JvmFindings.class.getModule().isNativeAccessEnabled();
        return Finding.of(enabled, "native access", enabled ? "allowed" : "not allowed",
                "the C library is called through the Foreign Function & Memory API",
                "java --enable-native-access=ALL-UNNAMED, on the module path --enable-native-access=io.pvmjit");
    }

    private static Finding library() {
        var own = System.getProperty("pvmjit.library", "");
        try (var stream = own.isEmpty() ? JvmFindings.class.getResourceAsStream(LIBRARY)
                : Files.newInputStream(Path.of(own))) {
            var octets = stream.readAllBytes();
            return fine("library", (own.isEmpty() ? "packaged, " : own + ", ") + octets.length + " octets, SHA-256 "
                    + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets)),
                    "its copy must have this hash, and its ABI version that of the classes, else it is not used");
        } catch (IOException e) {
            return Finding.amiss("library", own + " cannot be read: " + e, "-Dpvmjit.library names it",
                    "leave the property away: the library is in the jar");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private static Finding folder() {
        var folder = Path.of(System.getProperty("pvmjit.tmpdir", System.getProperty("java.io.tmpdir"))).toAbsolutePath();
        boolean runs = !mountOptions(folder).matches("(.*,)?noexec(,.*)?");
        return Finding.of(runs && Files.isWritable(folder), "temporary folder",
                folder + (runs ? "" : ", mounted noexec") + (Files.isWritable(folder) ? "" : ", which cannot be written"),
                "the library is copied there, loaded and deleted", "-Dpvmjit.tmpdir=FOLDER names another");
    }

    /** The options of the mount that a folder is in: that with the longest name. */
    private static String mountOptions(Path folder) {
        return SystemFindings.content("/proc/mounts").lines().map(line -> line.split(" "))
                .filter(fields -> fields.length > 3 && folder.startsWith(fields[1]))
                .reduce((one, other) -> other[1].length() >= one[1].length() ? other : one)
                .map(fields -> fields[3]).orElse("");
    }

    /** The signals that this process handles. */
    static List<Integer> handledSignals() {
        var mask = SystemFindings.status("SigCgt");
        if (mask.equals("unknown")) {
            return List.of();
        }
        long signals = Long.parseUnsignedLong(mask, 16);
        return IntStream.rangeClosed(1, Long.SIZE).filter(signal -> (signals >>> signal - 1 & 1) != 0).boxed().toList();
    }

    /** @param before the signals that were handled before the engine was made */
    static Finding signals(List<Integer> before) {
        var more = handledSignals().stream().filter(signal -> !before.contains(signal)).map(String::valueOf)
                .collect(Collectors.joining(", "));
        var preloaded = System.getenv("LD_PRELOAD");
        return fine("signals", "SIGSEGV and SIGBUS: ours before the JVM's"
                + (more.isEmpty() ? "" : "; " + more + ": interrupts of runs")
                + (preloaded == null ? "" : "; LD_PRELOAD=" + preloaded),
                "what is no fault of a guest goes to who was there before; who comes later must do the same with ours");
    }
}
