package io.pvmjit.cli;

import io.pvmjit.input.AssemblyFile;
import io.pvmjit.input.FileKind;
import io.pvmjit.input.Inputs;
import io.pvmjit.link.GuestCompiler;
import io.pvmjit.link.GuestToolchain;
import io.pvmjit.link.LinkException;
import io.pvmjit.link.Linker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** {@code pvm cc}: compiles C and C++ to a JAM blob. */
@Command(
        name = "cc",
        description = "Compiles C and C++ to a JAM blob, with GCC or Clang (Debian's gcc-riscv64-unknown-elf, clang-22 and "
                + "lld-22).",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "Options that are not listed go to the compiler, as -O3, -Wall, -std=c11 or -fno-inline do; -O2 -g is the "
                    + "default. The header pvm.h has the host calls; string.h, stdlib.h, stdint.h and their like are "
                    + "there, files and locales are not. C++ is without exceptions and RTTI, and without its library. The "
                    + "program defines refine(arguments, length), or main.",
            "",
            "Exit codes: 0 done, 2 the program has a mistake, or other bad input."
        })
final class CcCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "1..*",
            description = "C (.c), C++ (.cpp, .cc, .cxx) and assembly (.s, .S), object files (.o), archives (.a).")
    private List<Path> files;

    @Option(names = "--compiler", paramLabel = "gcc|clang", defaultValue = "gcc",
            description = "What compiles. Default: ${DEFAULT-VALUE}. Objects of either can be linked with either.")
    private GuestCompiler compiler;

    @Option(names = "-I", paramLabel = "FOLDER", description = "Where to look for headers.")
    private List<Path> includes = List.of();

    @Option(names = "-D", paramLabel = "NAME[=VALUE]", description = "Define a macro.")
    private List<String> definitions = List.of();

    @Option(names = "-U", paramLabel = "NAME", description = "Undefine a macro.")
    private List<String> undefined = List.of();

    @Option(names = "-include", paramLabel = "HEADER", description = "Include a header before the first line.")
    private List<Path> included = List.of();

    @Option(names = "--save-object", paramLabel = "PATH",
            description = "Keep the object file that is linked, with debugging information.")
    private Path object;

    @Unmatched
    private List<String> others = new ArrayList<>();

    @Mixin
    private LinkOptionsMixin options;

    private static void requireSource(Path path) {
        var kind = FileKind.of(path, Inputs.file(path));
        boolean isOurs = kind == FileKind.ASSEMBLY && path.toString().endsWith(AssemblyFile.ENDING);
        if (isOurs || kind == FileKind.BLOB || kind == FileKind.TRACE || kind == FileKind.JSON) {
            throw kind.insteadOf("C, assembly text for RISC-V or an object file", path);
        }
    }

    @Override
    public Integer call() throws LinkException {
        var flags = new ArrayList<String>();
        for (var other : others) {
            if (other.startsWith("--") || !other.startsWith("-")
                    || List.of("-c", "-S", "-E", "-M", "-").contains(other)) {
                throw new ParameterException(spec.commandLine(), "unknown option: '" + other + "'");
            }
            flags.add(other);
        }
        includes.forEach(folder -> flags.add("-I" + folder));
        definitions.forEach(definition -> flags.add("-D" + definition));
        undefined.forEach(name -> flags.add("-U" + name));
        included.forEach(header -> flags.addAll(List.of("-include", header.toString())));
        files.forEach(CcCommand::requireSource);
        options.write(linkOptions -> {
            var toolchain = GuestToolchain.locate(compiler, warning -> spec.commandLine().getErr().print(warning));
            if (object == null) {
                return toolchain.build(files, flags, linkOptions);
            }
            toolchain.compile(files, flags, object);
            return Linker.link(object, linkOptions);
        }, spec.commandLine().getOut());
        return ExitCodes.OK;
    }
}
