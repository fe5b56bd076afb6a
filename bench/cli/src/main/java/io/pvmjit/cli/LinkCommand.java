package io.pvmjit.cli;

import io.pvmjit.input.FileKind;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import io.pvmjit.link.GuestCompiler;
import io.pvmjit.link.GuestToolchain;
import io.pvmjit.link.LinkException;
import io.pvmjit.link.Linker;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm link}: makes a JAM blob of RISC-V object files. */
@Command(
        name = "link",
        description = "Makes a JAM blob of object files for RISC-V, or of one linked file that kept its relocations.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "FILEs are compiled with -march=rv64im_zbb -mabi=lp64 and -ffixed- for gp, tp, a6, a7, s2 to s11 and t3 "
                    + "to t6, which the PVM does not have, or with -march=rv64em_zbb -mabi=lp64e; linked ones with "
                    + "--emit-relocs. Functions that cannot be reached are left out.",
            "",
            "Exit codes: 0 done, 2 bad input."
        })
final class LinkCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "1..*",
            description = "Object files (.o), archives (.a), or one linked file.")
    private List<Path> files;

    @Option(names = "--no-runtime",
            description = "Take FILE, which is one, as it is. Else the guest runtime (memcpy, malloc, soft floats ...) "
                    + "is added to object files.")
    private boolean noRuntime;

    @Mixin
    private LinkOptionsMixin options;

    private static void requireObject(Path path) {
        FileKind.OBJECT_FILE.require("an object file", path, Inputs.file(path));
    }

    @Override
    public Integer call() throws LinkException {
        if (noRuntime && files.size() > 1) {
            throw new InputException("--no-runtime takes one file: combine them with ld -r");
        }
        files.forEach(LinkCommand::requireObject);
        options.write(linkOptions -> noRuntime || files.size() == 1 && Linker.isLinked(files.getFirst())
                ? Linker.link(files.getFirst(), linkOptions)
                : toolchain().build(files, List.of(), linkOptions), spec.commandLine().getOut());
        return ExitCodes.OK;
    }

    /** What has the runtime compiled: GCC, or Clang where that is what there is. */
    private static GuestToolchain toolchain() throws LinkException {
        try {
            return GuestToolchain.locate();
        } catch (LinkException e) {
            try {
                return GuestToolchain.locate(GuestCompiler.CLANG, _ -> {});
            } catch (LinkException _) {
                throw e;
            }
        }
    }
}
