package io.pvmjit.bench.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The guest's runtime, compiled for WebAssembly: there is no C library for a bare module either. Apart from the
 * workloads, because in it the compiler must not take a loop for the memcpy that the loop implements.
 */
final class WasmRuntime {
    /** What only a guest can use: the start of programs with a main, and what compilers call for RISC-V. */
    private static final Set<String> GUEST_ONLY = Set.of("start.c", "atomic.c", "checked.c", "complex.c", "cplusplus.c",
            "half.c", "quad.c");

    private final Path guest;
    private final Path folder;

    WasmRuntime(Path guest, Path folder) {
        this.guest = guest;
        this.folder = folder;
    }

    /** Its objects, compiled when they are missing or stale. */
    synchronized List<Path> objects(String compilerVersion) throws IOException {
        var key = new Hash().text(compilerVersion).text(CompilerFlags.of(Target.WASM).toString()).tree(guest).hex();
        var keyFile = folder.resolve("key");
        boolean current = Files.exists(keyFile) && Files.readString(keyFile).equals(key);
        Files.createDirectories(folder);
        var objects = new ArrayList<Path>();
        try (var sources = Files.list(guest.resolve("runtime"))) {
            for (var source : sources.filter(WasmRuntime::serves).sorted().toList()) {
                var object = folder.resolve(source.getFileName() + ".o");
                objects.add(object);
                if (!current) {
                    var command = new ArrayList<>(List.of("clang", "-c"));
                    command.addAll(CompilerFlags.of(Target.WASM));
                    command.addAll(List.of("-fno-builtin", "-isystem", guest.resolve("include").toString(),
                            source.toString(), "-o", object.toString()));
                    Tool.run(folder, command);
                }
            }
        }
        Files.writeString(keyFile, key);
        return objects;
    }

    private static boolean serves(Path file) {
        var name = file.getFileName().toString();
        return name.endsWith(".c") && !GUEST_ONLY.contains(name);
    }
}
