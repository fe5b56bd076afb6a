package io.pvmjit.link;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Compiles C to JAM blobs: drives GCC and the linker of GNU binutils for bare RISC-V, adds the guest runtime, and hands
 * the result to {@link Linker}. Thread-safe.
 */
public final class GuestToolchain {
    /** What the names of the tools begin with; the environment variable PVM_RISCV_PREFIX says otherwise. */
    static final String PREFIX = System.getenv().getOrDefault("PVM_RISCV_PREFIX", "riscv64-unknown-elf-");

    private static final List<String> FLAGS = flags();
    private static final Set<String> SOURCES = Set.of("c", "s", "S", "i");

    private final String version;
    private final Consumer<String> warnings;

    private GuestToolchain(String version, Consumer<String> warnings) {
        this.version = version;
        this.warnings = warnings;
    }

    private static List<String> flags() {
        // The processor stands for one whose unaligned accesses are as fast as aligned ones: the PVM's are.
        var flags = new ArrayList<>(List.of("-march=rv64im_zbb", "-mabi=lp64", "-mtune=thead-c906", "-mno-strict-align",
                "-mcmodel=medlow", "-mno-relax", "-msmall-data-limit=0", "-ffreestanding", "-fbuiltin", "-fno-pic",
                "-fno-common", "-ffunction-sections", "-fdata-sections", "-fno-asynchronous-unwind-tables",
                "-fno-unwind-tables", "-fno-stack-protector", "-nostdinc", "-D__PVM__=1", "-g", "-O2"));
        for (int register = 0; register < 32; register++) {
            if (!Registers.exists(register)) {
                flags.add("-ffixed-" + RiscvInstruction.registerName(register));
            }
        }
        return List.copyOf(flags);
    }

    /**
     * Finds the tools.
     *
     * @throws LinkException when they are not installed, with what to do
     */
    public static GuestToolchain locate() throws LinkException {
        return locate(_ -> {});
    }

    /**
     * As {@link #locate()}.
     *
     * @param warnings takes what the compiler says of sources that it compiles, lines of text
     */
    public static GuestToolchain locate(Consumer<String> warnings) throws LinkException {
        try {
            var process = new ProcessBuilder(PREFIX + "gcc", "--version").redirectErrorStream(true).start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() == 0) {
                return new GuestToolchain(output.lines().findFirst().orElse(""), warnings);
            }
        } catch (IOException _) {
            // Said below.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        throw new LinkException(PREFIX + "gcc is not installed. On Debian and Ubuntu: sudo apt-get install "
                + "gcc-riscv64-unknown-elf (PVM_RISCV_PREFIX names others, for instance riscv64-linux-gnu-)");
    }

    /** What the compiler says it is. */
    public String version() {
        return version;
    }

    /**
     * Compiles and links a program with the guest runtime.
     *
     * @param inputs C and assembly sources, objects, archives
     * @param compilerFlags for the sources, behind our own: {@code -O3}, {@code -DNAME}, {@code -Ifolder} ...
     * @throws LinkException with what the compiler or the linker had to say
     */
    public LinkedProgram build(List<Path> inputs, List<String> compilerFlags, LinkOptions options)
            throws LinkException {
        try (var folder = new TemporaryFolder()) {
            var object = folder.path().resolve("program.o");
            compile(inputs, compilerFlags, folder.path(), object);
            return Linker.link(object, options);
        } catch (LinkException e) {
            // Of our own files nobody wants to read.
            throw new LinkException(e.getMessage().replaceAll("[^\\s:]*/pvm-link-[0-9]+/program\\.o", "the program"));
        }
    }

    /**
     * Compiles a program with the guest runtime to one object file, which {@link Linker#link} takes.
     *
     * @param objectFile where it goes
     * @throws LinkException with what the compiler or the linker had to say
     */
    public void compile(List<Path> inputs, List<String> compilerFlags, Path objectFile) throws LinkException {
        try (var folder = new TemporaryFolder()) {
            compile(inputs, compilerFlags, folder.path(), objectFile);
        }
    }

    private void compile(List<Path> inputs, List<String> compilerFlags, Path folder, Path objectFile)
            throws LinkException {
        var runtime = GuestRuntime.unpack(folder);
        var parts = new ArrayList<String>();
        for (var input : inputs) {
            if (!Files.isReadable(input)) {
                throw new LinkException(input + ": no such file");
            }
            if (SOURCES.contains(extension(input))) {
                // Named so that a message of the linker tells the source.
                var object = folder.resolve(parts.size() + "-" + input.getFileName() + ".o");
                compileSource(input, compilerFlags, runtime, object);
                parts.add(object.toString());
            } else {
                if (extension(input).equals("o")) {
                    // Here rather than in the merged file, so that what is wrong with it is said of this one.
                    ElfObject.read(input);
                }
                parts.add(input.toString());
            }
        }
        parts.add(runtimeObject(runtime, folder).toString());
        merge(parts, objectFile);
    }

    private static String extension(Path path) {
        var name = path.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1);
    }

    private void compileSource(Path source, List<String> flags, GuestRuntime runtime, Path object)
            throws LinkException {
        var command = new ArrayList<String>();
        command.add(PREFIX + "gcc");
        command.addAll(FLAGS);
        command.addAll(flags);
        // Without code in the object there is nothing to link.
        command.add("-fno-lto");
        command.addAll(List.of("-isystem", runtime.include().toString(), "-isystem", compilerInclude(), "-c",
                source.toString(), "-o", object.toString()));
        warnings.accept(run(command));
    }

    /** Where the compiler has the headers that are its own: stddef.h, stdint.h and their like. */
    private String compilerInclude() throws LinkException {
        return run(List.of(PREFIX + "gcc", "-print-file-name=include")).strip();
    }

    /** The runtime compiled: from the cache when it is there. */
    private Path runtimeObject(GuestRuntime runtime, Path folder) throws LinkException {
        var cached = runtime.cached(version + FLAGS, GuestRuntime.cache());
        if (cached.isPresent()) {
            return cached.get();
        }
        var parts = new ArrayList<String>();
        for (var source : runtime.sources()) {
            var object = folder.resolve("runtime-" + source.getFileName() + ".o");
            compileSource(source, List.of(), runtime, object);
            parts.add(object.toString());
        }
        var object = folder.resolve("runtime.o");
        merge(parts, object);
        runtime.store(object, version + FLAGS, GuestRuntime.cache());
        return object;
    }

    private static void merge(List<String> objects, Path output) throws LinkException {
        var command = new ArrayList<>(List.of(PREFIX + "ld", "-r", "-o", output.toString()));
        command.addAll(objects);
        try {
            run(command);
        } catch (LinkException e) {
            throw new LinkException(e.getMessage().replaceAll("(?m)^\\S*" + Pattern.quote(PREFIX) + "ld: ", "")
                    .replaceAll("[^\\s:]*/pvm-link-[0-9]+/[0-9]+-([^\\s:]*)\\.o:", "$1:"));
        }
    }

    private static String run(List<String> command) throws LinkException {
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new LinkException(output.strip());
            }
            return output;
        } catch (IOException e) {
            throw new LinkException(command.getFirst() + " cannot be run: " + e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new LinkException("interrupted");
        }
    }

    /** A folder that is deleted when it is closed. */
    private record TemporaryFolder(Path path) implements AutoCloseable {
        TemporaryFolder() throws LinkException {
            this(create());
        }

        private static Path create() throws LinkException {
            try {
                return Files.createTempDirectory("pvm-link-");
            } catch (IOException e) {
                throw new LinkException("no temporary folder: " + e.getMessage());
            }
        }

        @Override
        public void close() {
            try (Stream<Path> files = Files.walk(path)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
