package io.pvmjit.cli;

import io.pvmjit.input.AssemblyFile;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm asm}: turns text into a program. */
@Command(
        name = "asm",
        description = "Assembles a program.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "A text with directives for data, heap or stack becomes a JAM blob, one without a bare program blob. "
                    + "The text form is described in java-bindings/docs/assembly.md.",
            "",
            "Exit codes: 0 done, 2 the text has a mistake, or other bad input."
        })
final class AsmCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "Assembly text in UTF-8.")
    private Path file;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT",
            required = true,
            description = "Where to write the program.")
    private Path output;

    @Mixin
    private RevisionOption revision;

    @Override
    public Integer call() {
        var source = AssemblyFile.read(file);
        var program = source.assemble(revision.rules());
        OutputFile.write(output, program);
        spec.commandLine().getOut().println(
                Text.line(output + ": " + (source.standard() ? "JAM blob" : "program blob") + ", "
                        + Text.count(program.length, "octet")));
        return ExitCodes.OK;
    }
}
