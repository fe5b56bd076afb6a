package io.pvmjit.internal.jit;

import io.pvmjit.LoadedLibrary;
import io.pvmjit.NativeLoadException;
import io.pvmjit.ffi.PvmJit;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntSupplier;

/**
 * Loads the C library, once for the process. {@link PvmJit} finds its symbols through the class loader, so
 * {@link #load()} comes before any call of it.
 *
 * <p>The library is taken from the class path and copied into a folder that only this user may enter, where its SHA-256
 * is compared with the one packaged beside it. The copy is deleted as soon as it is loaded: Linux keeps what is mapped.
 *
 * <p>System properties: {@code pvmjit.library}, the path of a library to load as it is instead; {@code pvmjit.tmpdir},
 * the folder to copy into ({@code java.io.tmpdir} otherwise).
 */
public final class NativeLibrary {
    static final String RESOURCE = "io/pvmjit/native/linux-x86_64/libpvmjit.so";
    static final String RESOURCE_SHA256 = RESOURCE + ".sha256";

    private static volatile LoadedLibrary loaded;
    private static NativeLoadException failure;

    private final Surroundings surroundings;
    private boolean linked;
    private LoadedLibrary found;

    NativeLibrary(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    /** What loading depends on, so that tests can have it fail. {@code library} may be null, a resource too. */
    record Surroundings(
            String os,
            String architecture,
            String library,
            String temporaryFolder,
            Function<String, InputStream> resources,
            Consumer<Path> linker,
            IntSupplier abiVersion) {

        static Surroundings ofThisProcess() {
            var classLoader = NativeLibrary.class.getClassLoader();
            return new Surroundings(
                    System.getProperty("os.name"),
                    System.getProperty("os.arch"),
                    System.getProperty("pvmjit.library"),
                    System.getProperty("pvmjit.tmpdir", System.getProperty("java.io.tmpdir")),
                    classLoader::getResourceAsStream,
                    path -> System.load(path.toString()),
                    PvmJit::pvm_abi_version);
        }
    }

    /**
     * Makes the library's symbols available and initialises all that {@link PvmJit} holds of them; does nothing when
     * that is done. A failure is final: each later call fails as the first did.
     *
     * @return what was loaded
     * @throws NativeLoadException when the library cannot be used here
     */
    public static LoadedLibrary load() {
        if (loaded == null) {
            loadOnce();
        }
        return loaded;
    }

    private static synchronized void loadOnce() {
        if (loaded != null) {
            return;
        }
        if (failure != null) {
            throw new NativeLoadException(failure.getMessage(), failure);
        }
        var library = new NativeLibrary(Surroundings.ofThisProcess());
        try {
            library.find();
            initialise(PvmJit.class);
        } catch (NativeLoadException e) {
            failure = e;
            throw e;
        } catch (LinkageError e) {
            failure = library.failed(
                    RESOURCE, "it and these classes are not of one version (" + e + ", " + e.getCause() + ")", e);
            throw failure;
        } catch (Error e) {
            if (library.linked) {
                // Not to be tried again: there must not be two copies of it, and half of its classes may be unusable.
                failure = library.failed(RESOURCE, "an error cut short its initialisation (" + e + ")", e);
            }
            throw e;
        }
        loaded = library.found;
    }

    /**
     * Initialises the class that jextract made and those in it, one for each function. Later an OutOfMemoryError or a
     * StackOverflowError in the middle of that would make the function unusable for good.
     */
    private static void initialise(Class<?> bindings) {
        try {
            for (var each : bindings.getDeclaredClasses()) {
                Class.forName(each.getName(), true, bindings.getClassLoader());
            }
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    /** Finds, checks and links the library, whichever it is. */
    void find() {
        if (surroundings.library() != null && !surroundings.library().isEmpty()) {
            link(Path.of(surroundings.library()).toAbsolutePath());
            return;
        }
        var os = surroundings.os();
        var architecture = surroundings.architecture();
        if (!os.equals("Linux") || !(architecture.equals("amd64") || architecture.equals("x86_64"))) {
            throw failed(
                    RESOURCE, "it is built for Linux on x86-64 only; -Dpvmjit.backend=interpreter runs anywhere", null);
        }
        linkCopy();
    }

    private void linkCopy() {
        Path folder = null;
        Path file = null;
        try {
            folder = Files.createTempDirectory(Path.of(surroundings.temporaryFolder()).toAbsolutePath(), "pvmjit-");
            file = folder.resolve("libpvmjit.so");
            copy(file);
            link(file);
        } catch (IOException e) {
            throw failed(
                    String.valueOf(file == null ? surroundings.temporaryFolder() : file),
                    "it cannot be copied there (" + e + "); -Dpvmjit.tmpdir=FOLDER names another place",
                    e);
        } finally {
            delete(file);
            delete(folder);
        }
    }

    private void copy(Path file) throws IOException {
        var expected = packagedSha256();
        try (var library = open(RESOURCE)) {
            Files.copy(library, file);
        }
        var actual = sha256(file);
        if (!actual.equals(expected)) {
            throw failed(
                    file.toString(),
                    "its SHA-256 is " + actual + ", not " + expected + " as packaged: the jar or the copy is damaged",
                    null);
        }
    }

    /** The first word of the packaged file, as sha256sum writes it. */
    private String packagedSha256() throws IOException {
        try (var resource = open(RESOURCE_SHA256)) {
            return new String(resource.readAllBytes(), StandardCharsets.US_ASCII).strip().split("\\s", 2)[0];
        }
    }

    private InputStream open(String resource) {
        var stream = surroundings.resources().apply(resource);
        if (stream == null) {
            throw failed(resource, "it is not on the class path: add the artifact io.pvmjit:pvm-jit-native", null);
        }
        return stream;
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private static void delete(Path path) {
        try {
            if (path != null) {
                Files.deleteIfExists(path);
            }
        } catch (IOException _) {
            // It stays in a folder that only this user can enter, and does no harm there.
        }
    }

    private void link(Path path) {
        try {
            surroundings.linker().accept(path);
            linked = true;
        } catch (IllegalCallerException e) {
            throw failed(path.toString(), "this JVM forbids native access; start java with " + nativeAccessFlag(), e);
        } catch (UnsatisfiedLinkError e) {
            throw failed(path.toString(), explain(e), e);
        }
        int version;
        try {
            version = surroundings.abiVersion().getAsInt();
        } catch (IllegalCallerException e) {
            throw failed(path.toString(), "this JVM forbids native access; start java with " + nativeAccessFlag(), e);
        } catch (LinkageError | RuntimeException e) {
            throw failed(path.toString(), "it has no function pvm_abi_version, so it is not libpvmjit (" + e + ")", e);
        }
        if (version != PvmJit.PVM_ABI_VERSION()) {
            throw failed(
                    path.toString(),
                    "its ABI version is " + version + ", but these classes need " + PvmJit.PVM_ABI_VERSION()
                            + ": use pvm-jit-native and pvm-jit-bindings of one version",
                    null);
        }
        found = new LoadedLibrary(path.toString(), version);
    }

    private static String explain(UnsatisfiedLinkError error) {
        var message = String.valueOf(error.getMessage());
        // What glibc's loader says when mmap with PROT_EXEC is refused.
        if (message.contains("failed to map segment")) {
            return "its folder is mounted noexec, or a security policy forbids executing from it (" + message
                    + "); -Dpvmjit.tmpdir=FOLDER names another place";
        }
        return message;
    }

    private static String nativeAccessFlag() {
        var module = NativeLibrary.class.getModule();
        return "--enable-native-access=" + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
    }

    private NativeLoadException failed(String path, String why, Throwable cause) {
        return new NativeLoadException(
                "cannot load libpvmjit.so on " + surroundings.os() + " " + surroundings.architecture() + " from " + path
                        + ": " + why,
                cause);
    }
}
