package io.pvmjit.bench.workload;

import io.pvmjit.link.GuestCompiler;
import io.pvmjit.link.GuestToolchain;
import io.pvmjit.link.LinkException;
import io.pvmjit.link.LinkOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Builds workloads for their targets, two at a time. What was built stays as long as nothing it depends on changes:
 * sources, headers, the guest's runtime, flags, compilers, our linker.
 */
public final class WorkloadBuilder {
    private static final int PARALLEL = 2;
    private static final String INNER_HEADER = "inner_blob.h";

    private final Path workloads;
    private final Path guest;
    private final Path linkerSources;
    private final Path output;
    private final WasmRuntime wasmRuntime;
    private final NpmPackages packages;
    private final ToolVersions versions = new ToolVersions();
    private final GuestCompiler guestCompiler;
    private final String level;

    /** @param bench the folder with workloads, guest and target */
    public WorkloadBuilder(Path bench) {
        this(bench, GuestCompiler.GCC);
    }

    /**
     * As {@link #WorkloadBuilder(Path)}.
     *
     * @param guestCompiler what compiles for the PVM
     */
    public WorkloadBuilder(Path bench, GuestCompiler guestCompiler) {
        this(bench, guestCompiler, CompilerFlags.LEVEL);
    }

    /**
     * As {@link #WorkloadBuilder(Path, GuestCompiler)}, for answers: what is to be compared is optimized alike.
     *
     * @param level of optimization, as {@code -O2}
     */
    public WorkloadBuilder(Path bench, GuestCompiler guestCompiler, String level) {
        this.guestCompiler = guestCompiler;
        this.level = level;
        this.workloads = bench.resolve("workloads");
        this.guest = bench.resolve("toolchain/guest");
        this.linkerSources = bench.resolve("toolchain/src/main/java/io/pvmjit/link");
        this.output = bench.resolve(
                guestCompiler == GuestCompiler.GCC ? "target/workloads" : "target/workloads-" + guestCompiler);
        this.wasmRuntime = new WasmRuntime(guest, output.resolve("runtime.wasm"));
        this.packages = new NpmPackages(bench.resolve("target/packages"));
    }

    /** What is, or was, built of a workload in this place. */
    public BuiltWorkload built(Workload workload) {
        return new BuiltWorkload(workload, output.resolve(workload.name()));
    }

    /**
     * Builds what is missing or stale.
     *
     * @param progress is told about each build
     * @throws SetupException of one line when one fails
     */
    public List<BuiltWorkload> build(List<Workload> wanted, Consumer<String> progress) {
        try (var executor = Executors.newFixedThreadPool(PARALLEL)) {
            var builds = new ArrayList<Future<?>>();
            for (var workload : wanted) {
                for (var target : Target.values()) {
                    if (workload.targets().contains(target)) {
                        builds.add(executor.submit(() -> build(workload, target, progress)));
                    }
                }
            }
            for (var build : builds) {
                build.get();
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SetupException refused) {
                throw refused;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SetupException("interrupted while workloads were built");
        }
        return wanted.stream().map(this::built).toList();
    }

    private void build(Workload workload, Target target, Consumer<String> progress) {
        var built = built(workload);
        var keyFile = built.folder().resolve(target.fileName() + ".key");
        try {
            var fetched = workload.packages().stream().map(packages::fetch).toList();
            var key = key(workload, target);
            if (Files.exists(built.file(target)) && Files.exists(keyFile) && Files.readString(keyFile).equals(key)) {
                return;
            }
            progress.accept("building " + workload.name() + " (" + target + ")");
            Files.createDirectories(built.folder());
            Files.deleteIfExists(keyFile);
            compile(workload, target, fetched, built);
            Files.writeString(keyFile, key);
        } catch (IOException e) {
            throw new SetupException("cannot build " + workload.name() + " (" + target + "): " + e.getMessage());
        } catch (SetupException | LinkException e) {
            throw new SetupException("cannot build " + workload.name() + " (" + target + "): "
                    + e.getMessage().lines().findFirst().orElse("no reason given"));
        }
    }

    private String key(Workload workload, Target target) throws IOException {
        // Without the targets: which others are built makes no difference, and a set has no order.
        var hash = new Hash().text(workload.withTargets(List.of()).toString())
                .text(CompilerFlags.of(target, level).toString());
        for (var name : CompilerFlags.tools(target)) {
            hash.text(versions.of(name));
        }
        if (target != Target.NATIVE) {
            hash.tree(guest);
        }
        if (target == Target.PVM) {
            hash.tree(linkerSources).text(guestCompiler.toString());
        }
        try (var files = Files.walk(workloads)) {
            for (var file : files.filter(file -> belongs(workload, file)).sorted().toList()) {
                hash.tree(file);
            }
        }
        return hash.hex();
    }

    /** Whether a file of the folder of workloads is one of this workload's: a source, a header, the guest's entry. */
    private boolean belongs(Workload workload, Path file) {
        var relative = workloads.relativize(file).toString();
        return Files.isRegularFile(file) && (workload.sources().contains(relative)
                || workload.inner().contains(relative) || relative.equals(CompilerFlags.GUEST_ENTRY)
                || relative.endsWith(".h") || relative.startsWith(workload.name() + "/"));
    }

    private void compile(Workload workload, Target target, List<Path> fetched, BuiltWorkload built)
            throws IOException, LinkException {
        var sources = new ArrayList<Path>();
        workload.sources().forEach(source -> sources.add(workloads.resolve(source)));
        for (int i = 0; i < fetched.size(); i++) {
            for (var file : workload.packages().get(i).files()) {
                sources.add(fetched.get(i).resolve(file));
            }
        }
        var flags = new ArrayList<>(workload.flags());
        flags.add("-I" + workloads);
        fetched.forEach(folder -> flags.add("-I" + folder));
        switch (target) {
            case NATIVE -> Tool.run(
                    built.folder(), CompilerFlags.nativeCommand(sources, flags, level, built.file(target)));
            case WASM -> Tool.run(built.folder(), CompilerFlags.wasmCommand(sources, flags, level,
                    guest.resolve("include"), wasmRuntime.objects(versions.of("clang")), built.file(target)));
            case PVM -> compileGuest(workload, sources, flags, built);
        }
    }

    private void compileGuest(Workload workload, List<Path> sources, List<String> flags, BuiltWorkload built)
            throws IOException, LinkException {
        var options = LinkOptions.defaults().withStackSize(workload.stack());
        var toolchain = GuestToolchain.locate(guestCompiler, _ -> {});
        if (!workload.inner().isEmpty()) {
            var inner = workload.inner().stream().map(workloads::resolve).toList();
            var blob = toolchain.build(inner, CompilerFlags.of(Target.PVM, level), LinkOptions.defaults()).jamBlob();
            writeInner(built.folder().resolve(INNER_HEADER), blob);
            flags.add("-I" + built.folder());
        }
        sources.add(workloads.resolve(CompilerFlags.GUEST_ENTRY));
        flags.addAll(CompilerFlags.of(Target.PVM, level));
        Files.write(built.file(Target.PVM), toolchain.build(sources, flags, options).jamBlob());
    }

    /** The program blob of an inner program as an array of C: the host call compile takes that, not the JAM blob. */
    private static void writeInner(Path header, byte[] jamBlob) throws IOException {
        var program = io.pvmjit.StandardProgram.parse(jamBlob).programBlob();
        var text = new StringBuilder("/* The program blob of the inner program; made by the build. */\n");
        text.append("static const unsigned char inner_blob[").append(program.byteSize()).append("] = {");
        for (long i = 0; i < program.byteSize(); i++) {
            text.append(i % 16 == 0 ? "\n    " : " ")
                    .append(program.get(java.lang.foreign.ValueLayout.JAVA_BYTE, i) & 0xff).append(',');
        }
        Files.writeString(header, text.append("\n};\n"));
    }
}
