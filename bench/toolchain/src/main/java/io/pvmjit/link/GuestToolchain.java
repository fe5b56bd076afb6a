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
 * Compiles C and C++ to JAM blobs: drives a compiler for bare RISC-V and its linker, adds the guest runtime, and hands
 * the result to {@link Linker}. Thread-safe.
 */
public final class GuestToolchain {
    private static final Set<String> C = Set.of("c", "s", "S", "i");
    private static final Set<String> CPLUSPLUS = Set.of("cc", "cpp", "cxx", "c++", "C", "ii");

    private final GuestCompiler compiler;
    private final String version;
    private final Consumer<String> warnings;

    private GuestToolchain(GuestCompiler compiler, String version, Consumer<String> warnings) {
        this.compiler = compiler;
        this.version = version;
        this.warnings = warnings;
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
        return locate(GuestCompiler.GCC, warnings);
    }

    /**
     * Finds the tools of a compiler.
     *
     * @param warnings takes what the compiler says of sources that it compiles, lines of text
     * @throws LinkException when they are not installed, with what to do
     */
    public static GuestToolchain locate(GuestCompiler compiler, Consumer<String> warnings) throws LinkException {
        try {
            var process = new ProcessBuilder(compiler.command(), "--version").redirectErrorStream(true).start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() == 0) {
                return new GuestToolchain(compiler, output.lines().findFirst().orElse(""), warnings);
            }
        } catch (IOException _) {
            // Said below.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        throw new LinkException(compiler.advice());
    }

    /** What the compiler says it is. */
    public String version() {
        return version;
    }

    /**
     * Compiles and links a program with the guest runtime.
     *
     * @param inputs C, C++ and assembly sources, objects, archives
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

    /**
     * Compiles one source, without the runtime.
     *
     * @param objectFile where it goes
     * @throws LinkException with what the compiler had to say
     */
    public void compileOne(Path source, List<String> compilerFlags, Path objectFile) throws LinkException {
        try (var folder = new TemporaryFolder()) {
            boolean embedded = embedded(List.of(source), compilerFlags, folder.path());
            compileSource(compiler, compiler.flags(embedded), source, compilerFlags, GuestRuntime.unpack(folder.path()),
                    objectFile);
        }
    }

    /** A file that is linked, and what the user gave for it. */
    private record Part(Path input, Path object, InputKind kind) {
        Part(Path input, Path object) throws LinkException {
            this(input, object, InputKind.of(object));
        }

        /** Whether an object is for the ABI with 16 registers. */
        boolean isEmbedded() throws LinkException {
            try {
                return ElfObject.read(object).embedded();
            } catch (LinkException e) {
                throw new LinkException(e.getMessage().replace(object.toString(), input.toString()));
            }
        }
    }

    private void compile(List<Path> inputs, List<String> compilerFlags, Path folder, Path objectFile)
            throws LinkException {
        var runtime = GuestRuntime.unpack(folder);
        var parts = new ArrayList<Part>();
        boolean forSources = embedded(inputs, compilerFlags, folder);
        for (var input : inputs) {
            var object = input;
            if (isSource(input)) {
                // Named so that a message of the linker tells the source.
                object = folder.resolve(parts.size() + "-" + input.getFileName() + ".o");
                compileSource(compiler, compiler.flags(forSources), input, compilerFlags, runtime, object);
            }
            var part = new Part(input, object);
            if (!part.kind.isLinkable()) {
                throw new LinkException(input + " is neither an object file, an archive, nor a source that is "
                        + "known by its name (.c, .cc, .cpp, .s, .S)");
            }
            parts.add(part);
        }
        var bitcode = parts.stream().filter(part -> part.kind.llvm() && !part.kind.archive()).toList();
        if (!bitcode.isEmpty()) {
            var object = folder.resolve("bitcode.o");
            compileBitcode(bitcode.stream().map(Part::object).toList(), compilerFlags, object);
            parts.set(parts.indexOf(bitcode.getFirst()), new Part(bitcode.getFirst().input, object));
            parts.removeAll(bitcode);
        }
        boolean embedded = embedded(parts);
        var objects = new ArrayList<>(parts.stream().map(Part::object).toList());
        objects.add(runtimeObject(runtime, embedded, folder));
        merge(linker(parts, embedded, compilerFlags), objects, objectFile);
    }

    /** The command that combines all parts, and compiles what was left to it. */
    private List<String> linker(List<Part> parts, boolean embedded, List<String> flags) throws LinkException {
        boolean llvm = parts.stream().anyMatch(part -> part.kind.llvm());
        for (var part : parts) {
            if (part.kind.gcc() && (llvm || embedded)) {
                throw new LinkException(part.input + " has intermediate code of GCC (-flto), which only GCC can link: not "
                        + (llvm ? "together with an archive of bitcode" : "for the ABI lp64e"));
            }
            if (part.kind.gcc()) {
                return locate(GuestCompiler.GCC, warnings).compiler.linkTimeCompiler(flags);
            }
        }
        return List.of((llvm ? locate(GuestCompiler.CLANG, warnings).compiler : compiler).linker(embedded));
    }

    /** Whether a program is for the ABI with 16 registers, which all its parts must agree on. */
    private static boolean embedded(List<Part> parts) throws LinkException {
        Path first = null;
        boolean embedded = false;
        for (var part : parts) {
            if (part.kind.archive()) {
                continue;
            }
            // Here rather than in the merged file, so that what is wrong with it is said of this one.
            boolean other = !part.kind.gcc() && part.isEmbedded();
            if (first != null && other != embedded) {
                throw new LinkException((other ? part.input : first) + " is for the ABI lp64e and "
                        + (other ? first : part.input) + " for lp64: a program has one ABI");
            }
            first = first == null ? part.input : first;
            embedded = other;
        }
        return embedded;
    }

    /** Makes an object file of what Clang has left to the linker to compile (LTO). */
    private void compileBitcode(List<Path> bitcode, List<String> flags, Path object) throws LinkException {
        var clang = locate(GuestCompiler.CLANG, warnings).compiler;
        merge(List.of(clang.linker(true), "--lto-O" + GuestCompiler.linkTimeLevel(flags)), bitcode, object);
    }

    private static boolean isSource(Path input) {
        return C.contains(extension(input)) || CPLUSPLUS.contains(extension(input));
    }

    /**
     * Whether sources are compiled for the ABI with 16 registers, in which functions take any number of arguments: with
     * Clang, unless the flags say otherwise, or something is there that may be for the other one.
     */
    private boolean embedded(List<Path> inputs, List<String> flags, Path folder) throws LinkException {
        boolean embedded = compiler == GuestCompiler.CLANG;
        for (var input : inputs) {
            if (!Files.isReadable(input) || Files.isDirectory(input)) {
                throw new LinkException(input + ": no such file");
            }
            embedded &= isSource(input) || isEmbedded(input, folder);
        }
        for (var flag : flags) {
            embedded = flag.startsWith("-mabi=") ? flag.equals("-mabi=lp64e") : embedded;
        }
        if (embedded && compiler == GuestCompiler.GCC) {
            throw new LinkException("GCC does not know the ABI lp64e for 64 bits: Clang does (--compiler clang)");
        }
        return embedded;
    }

    /** Whether an object is for the ABI with 16 registers: what bitcode is for, only its compiler can say. */
    private boolean isEmbedded(Path input, Path folder) throws LinkException {
        var kind = InputKind.of(input);
        if (!kind.llvm() || kind.archive()) {
            return kind.elf() && !kind.gcc() && ElfObject.read(input).embedded();
        }
        var object = folder.resolve("abi.o");
        compileBitcode(List.of(input), List.of(), object);
        return ElfObject.read(object).embedded();
    }

    private static String extension(Path path) {
        var name = path.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot < 0 ? "" : name.substring(dot + 1);
    }

    private void compileSource(GuestCompiler with, List<String> own, Path source, List<String> flags,
            GuestRuntime runtime, Path object) throws LinkException {
        var command = new ArrayList<String>();
        command.add(with.command());
        command.addAll(own);
        if (with == GuestCompiler.CLANG) {
            command.addAll(List.of("-include", runtime.include().resolve("clang_arguments.h").toString()));
        }
        boolean cplusplus = CPLUSPLUS.contains(extension(source));
        if (cplusplus) {
            command.addAll(List.of("-include", runtime.include().resolve("cplusplus_main.h").toString()));
        }
        command.addAll(GuestCompiler.flagsFor(cplusplus, flags));
        command.addAll(List.of("-isystem", runtime.include().toString(), "-isystem", compilerInclude(with), "-c",
                source.toString(), "-o", object.toString()));
        warnings.accept(run(command));
    }

    /** Where the compiler has the headers that are its own: stddef.h, stdint.h and their like. */
    private static String compilerInclude(GuestCompiler compiler) throws LinkException {
        return run(List.of(compiler.command(), "-print-file-name=include")).strip();
    }

    /** The runtime compiled for an ABI: from the cache when it is there. */
    private Path runtimeObject(GuestRuntime runtime, boolean embedded, Path folder) throws LinkException {
        // GCC does not know the ABI with 16 registers for 64 bits.
        var with = embedded && compiler != GuestCompiler.CLANG
                ? locate(GuestCompiler.CLANG, warnings) : this;
        var flags = with.compiler.flags(embedded);
        var key = with.version + flags + "-fno-builtin";
        var cached = runtime.cached(key, GuestRuntime.cache());
        if (cached.isPresent()) {
            return cached.get();
        }
        var parts = new ArrayList<Path>();
        for (var source : runtime.sources()) {
            var object = folder.resolve("runtime-" + source.getFileName() + ".o");
            // Nobody may take a loop for the memcpy that the loop implements.
            compileSource(with.compiler, flags, source, List.of("-fno-builtin"), runtime, object);
            parts.add(object);
        }
        var object = folder.resolve("runtime.o");
        merge(List.of(compiler.linker(embedded)), parts, object);
        runtime.store(object, key, GuestRuntime.cache());
        return object;
    }

    /** @param linker the command, with what it needs beside the objects */
    private static void merge(List<String> linker, List<Path> objects, Path output) throws LinkException {
        var command = new ArrayList<>(linker);
        command.addAll(List.of("-r", "-o", output.toString()));
        objects.forEach(object -> command.add(object.toString()));
        try {
            run(command);
        } catch (LinkException e) {
            throw new LinkException(e.getMessage().replaceAll("(?m)^collect2: .*$", "")
                    .replaceAll("(?m)^(\\S*/ld|\\S*" + Pattern.quote(linker.getFirst()) + "): ", "")
                    .replaceAll("[^\\s:]*/pvm-link-[0-9]+/[0-9]+-([^\\s:]*)\\.o\\b", "$1").strip());
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
