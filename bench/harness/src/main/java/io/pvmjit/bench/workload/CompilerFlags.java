package io.pvmjit.bench.workload;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How each target is compiled: always with the same optimisation, -O2. */
final class CompilerFlags {
    /** What makes a guest of a workload: its entry, which calls {@code run}. */
    static final String GUEST_ENTRY = "workload_guest.c";
    /** The level of optimization of all that is compared. */
    static final String LEVEL = "-O2";
    /** Octets of the stack of a WebAssembly module; the default of 64 KiB does not serve every workload. */
    private static final int WASM_STACK = 1 << 20;

    private CompilerFlags() {}

    /** Flags that every source gets on a target. */
    static List<String> of(Target target) {
        return of(target, LEVEL);
    }

    /** The same at another level of optimization. Recorded switches are how a session checks what it compares. */
    static List<String> of(Target target, String level) {
        return switch (target) {
            case PVM -> List.of(level);
            case NATIVE -> List.of(level, "-shared", "-fPIC", "-frecord-gcc-switches", "-w");
            case WASM -> List.of("--target=wasm32", level, "-ffreestanding", "-fbuiltin", "-DHOST_IMPORT", "-w");
        };
    }

    /** What is called to build a target. */
    static List<String> tools(Target target) {
        return switch (target) {
            case PVM -> List.of("riscv64-unknown-elf-gcc");
            case NATIVE -> List.of("gcc");
            case WASM -> List.of("clang", "wasm-ld");
        };
    }

    /** The command that compiles and links native code. */
    static List<String> nativeCommand(List<Path> sources, List<String> flags, String level, Path output) {
        return command(Target.NATIVE, flags, level, sources, output);
    }

    /** The command that compiles a WebAssembly module and links it with objects of the runtime. */
    static List<String> wasmCommand(
            List<Path> sources, List<String> flags, String level, Path include, List<Path> runtime, Path output) {
        var all = new ArrayList<>(flags);
        all.addAll(List.of("-isystem", include.toString(), "-nostdlib", "-Wl,--no-entry", "-Wl,--export=run",
                "-Wl,-z,stack-size=" + WASM_STACK));
        var inputs = new ArrayList<>(sources);
        inputs.addAll(runtime);
        return command(Target.WASM, all, level, inputs, output);
    }

    private static List<String> command(
            Target target, List<String> flags, String level, List<Path> inputs, Path output) {
        var command = new ArrayList<String>();
        command.add(tools(target).getFirst());
        command.addAll(flags);
        // Behind the workload's own, so that its optimisation is the same everywhere.
        command.addAll(of(target, level));
        inputs.forEach(input -> command.add(input.toString()));
        command.add("-o");
        command.add(output.toString());
        return command;
    }
}
