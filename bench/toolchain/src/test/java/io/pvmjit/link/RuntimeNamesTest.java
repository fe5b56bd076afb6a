package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The runtime has everything that compilers call by themselves. */
class RuntimeNamesTest {
    /** Of libgcc: unwinding, threads, profiles, code that is made at run time, and what is only its own. */
    private static final Pattern NEEDLESS = Pattern.compile("_Unwind_.*|__register_frame.*|__deregister_frame.*"
            + "|__frame_state_for|__gcc_personality_v0|__emutls_.*|__enable_execute_stack|__clear_cache|__CTOR_LIST__"
            + "|__DTOR_LIST__|__clz_tab|__popcount_tab|__udiv_w_sdiv|__hidden_.*|__gcc_bcmp"
            // They save registers that the PVM does not have.
            + "|__riscv_(save|restore)_([3-9]|1[0-2])");

    /** What LLVM calls for RISC-V without floating point and atomics, besides what GCC does (RuntimeLibcalls). */
    private static final List<String> LLVM = List.of("__mulosi4", "__mulodi4", "__muloti4", "__extendhfsf2",
            "__truncsfhf2", "__truncdfhf2", "__trunctfhf2", "__extendhftf2", "__truncsfbf2", "__truncdfbf2",
            "__trunctfbf2", "__divmodsi4", "__divmoddi4", "__divmodti4", "__udivmodsi4", "__udivmoddi4",
            "__udivmodti4", "__ashlti3", "__lshrti3", "__ashrti3", "__ashldi3", "__lshrdi3", "__ashrdi3", "memcpy",
            "memmove", "memset", "memcmp", "bcmp", "strlen", "fmod", "fmodf", "__powisf2", "__powidf2", "__powitf2",
            "__atomic_load", "__atomic_store", "__atomic_exchange", "__atomic_compare_exchange", "__cxa_atexit",
            "__cxa_guard_acquire", "__cxa_guard_release", "__cxa_guard_abort", "__cxa_pure_virtual", "_Znwm", "_Znam",
            "_ZdlPv", "_ZdlPvm", "_ZdaPv", "_ZdaPvm", "ffs", "ffsl", "ffsll", "setjmp", "longjmp", "abort",
            "__stack_chk_fail", "__stack_chk_guard");

    @TempDir
    private Path folder;

    private Set<String> defined(GuestToolchain toolchain) throws Exception {
        var source = Files.writeString(folder.resolve("main.c"), "int main(void) { return 0; }\n");
        var object = folder.resolve("whole.o");
        toolchain.compile(List.of(source), List.of(), object);
        return ElfObject.read(object).symbols().stream().filter(symbol -> symbol.defined() && !symbol.local())
                .map(ElfObject.Symbol::name).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> missing(Set<String> wanted, Set<String> there) {
        var missing = new TreeSet<>(wanted);
        missing.removeAll(there);
        return missing;
    }

    @Test
    void everythingOfLibgcc() throws Exception {
        var there = defined(Guests.toolchain());
        var library = Guests.run(List.of(GuestCompiler.PREFIX + "gcc", "-march=rv64im", "-mabi=lp64",
                "-print-libgcc-file-name")).strip();
        var wanted = Guests.run(List.of(GuestCompiler.PREFIX + "nm", "--extern-only", "--defined-only", library)).lines()
                .map(line -> line.split(" ")).filter(words -> words.length == 3).map(words -> words[2])
                .filter(name -> !NEEDLESS.matcher(name).matches()).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(Set.of(), missing(wanted, there));
    }

    @Test
    void everythingOfCompilerRt() throws Exception {
        var wanted = new TreeSet<>(LLVM);
        for (int size = 1; size <= 16; size *= 2) {
            for (var operation : List.of("load", "store", "exchange", "compare_exchange")) {
                wanted.add("__atomic_%s_%d".formatted(operation, size));
            }
            for (var operation : List.of("add", "sub", "and", "or", "xor", "nand")) {
                wanted.add("__atomic_fetch_%s_%d".formatted(operation, size));
                wanted.add("__sync_fetch_and_%s_%d".formatted(operation, size));
            }
            for (var operation : List.of("max", "min", "umax", "umin")) {
                wanted.add("__sync_fetch_and_%s_%d".formatted(operation, size));
            }
            for (var operation : List.of("lock_test_and_set", "val_compare_and_swap")) {
                wanted.add("__sync_%s_%d".formatted(operation, size));
            }
        }
        // Operations on floats of 32, 64 and 128 bits, and their conversions from and to integers.
        for (var type : List.of("sf", "df", "tf")) {
            Arrays.stream("add sub mul div".split(" ")).forEach(name -> wanted.add("__" + name + type + "3"));
            Arrays.stream("eq ne lt le gt ge unord neg".split(" ")).forEach(name -> wanted.add("__" + name + type + "2"));
            for (var integer : List.of("si", "di", "ti")) {
                wanted.addAll(List.of("__fix" + type + integer, "__fixuns" + type + integer,
                        "__float" + integer + type, "__floatun" + integer + type));
            }
        }
        wanted.addAll(List.of("__extendsfdf2", "__extendsftf2", "__extenddftf2", "__truncdfsf2", "__trunctfsf2",
                "__trunctfdf2"));
        assertEquals(Set.of(), missing(wanted, defined(Guests.clang())));
    }
}
