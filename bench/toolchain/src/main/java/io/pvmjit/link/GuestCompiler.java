package io.pvmjit.link;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The compilers that guests can be built with. */
public enum GuestCompiler {
    /** GCC for bare RISC-V, with GNU binutils. The environment variable PVM_RISCV_PREFIX names another. */
    GCC,
    /** Clang 20 or newer, with lld. The environment variable PVM_CLANG names another. */
    CLANG;

    /** What the names of the GNU tools begin with. */
    static final String PREFIX = System.getenv().getOrDefault("PVM_RISCV_PREFIX", "riscv64-unknown-elf-");

    private static final List<String> CLANGS = List.of("clang-22", "clang-21", "clang-20", "clang");
    private static final String CLANG_NAME = System.getenv().getOrDefault("PVM_CLANG", CLANGS.stream()
            .filter(name -> path(name).isPresent()).findFirst().orElse(CLANGS.getFirst()));

    private static final List<String> COMMON = List.of("-mcmodel=medlow", "-mno-relax", "-msmall-data-limit=0",
            "-ffreestanding", "-fbuiltin", "-fno-pic", "-fno-common", "-ffunction-sections", "-fdata-sections",
            "-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-fno-stack-protector", "-nostdinc", "-D__PVM__=1",
            "-g", "-O2");
    private static final List<String> CPLUSPLUS = List.of("-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics");

    /** Where a tool is that the shell would find. */
    private static Optional<Path> path(String tool) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator))
                .map(folder -> Path.of(folder, tool)).filter(Files::isExecutable).findFirst();
    }

    /** The command's name. */
    String command() {
        return this == GCC ? PREFIX + "gcc" : CLANG_NAME;
    }

    /** What combines objects: for the ABI with 16 registers, which GNU ld refuses, that of LLVM. */
    String linker(boolean embedded) {
        return this == GCC && !embedded ? PREFIX + "ld" : CLANG_NAME.replaceFirst("clang(?=[^/]*$)", "ld.lld");
    }

    /** What to do when it is not installed. */
    String advice() {
        return command() + " is not installed. On Debian and Ubuntu: sudo apt-get install " + switch (this) {
            case GCC -> "gcc-riscv64-unknown-elf (PVM_RISCV_PREFIX names others, for instance riscv64-linux-gnu-)";
            case CLANG -> "clang-22 lld-22 (PVM_CLANG names another; those below 20 use registers that the PVM lacks)";
        };
    }

    /**
     * The flags that come before those of the user.
     *
     * @param embedded for the ABI with 16 registers
     */
    List<String> flags(boolean embedded) {
        var flags = new ArrayList<String>();
        if (this == CLANG) {
            flags.add("--target=riscv64-unknown-elf");
        }
        flags.addAll(embedded
                ? List.of("-march=rv64em_zbb", "-mabi=lp64e")
                : List.of("-march=rv64im_zbb", "-mabi=lp64"));
        // Unaligned accesses are as fast as aligned ones in the PVM: for GCC, a processor stands for that. Scheduling before
        // registers are given out makes values live longer, and there are few registers: without it, there is less gas.
        // Trampolines are code on the stack.
        flags.addAll(this == GCC
                ? List.of("-mtune=thead-c906", "-mno-strict-align", "-fno-schedule-insns", "-Werror=trampolines")
                : List.of("-mno-strict-align", "-Wno-unused-command-line-argument", "-mllvm", "-enable-misched=false"));
        flags.addAll(COMMON);
        for (int register = 0; register < 32; register++) {
            if (!Registers.exists(register)) {
                flags.add("-ffixed-" + (this == GCC ? RiscvInstruction.registerName(register) : "x" + register));
            }
        }
        return List.copyOf(flags);
    }

    /** What compiles and combines objects that GCC has left to the linker (LTO). */
    List<String> linkTimeCompiler(List<String> userFlags) {
        var command = new ArrayList<>(List.of(command()));
        command.addAll(flags(false));
        userFlags.stream().filter(flag -> flag.matches("-[Ofmg].*")).forEach(command::add);
        // Of what is made here, addr2line finds the names of files in this version only.
        command.addAll(List.of("-gdwarf-4", "-nostdlib", "-flto=1", "-flto-partition=one", "-flinker-output=nolto-rel"));
        return command;
    }

    /** The level of optimization, of which the linker knows only numbers. */
    static char linkTimeLevel(List<String> userFlags) {
        var last = userFlags.stream().filter(flag -> flag.startsWith("-O")).reduce("-O2", (_, flag) -> flag);
        return last.equals("-O") ? '1' : last.matches("-O[0-3]") ? last.charAt(2) : '2';
    }

    /** The user's flags for a source in C++, or one in C: a standard of the other language is not for it. */
    static List<String> flagsFor(boolean cplusplus, List<String> flags) {
        var result = new ArrayList<>(cplusplus ? CPLUSPLUS : List.<String>of());
        for (var flag : flags) {
            if (!flag.startsWith("-std=") || flag.contains("++") == cplusplus) {
                result.add(flag);
            }
        }
        return result;
    }
}
