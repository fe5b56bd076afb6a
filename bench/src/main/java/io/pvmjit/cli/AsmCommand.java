package io.pvmjit.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
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

    @Override
    public Integer call() {
        var source = AssemblyFile.read(file);
        var program = source.assemble();
        write(program);
        spec.commandLine().getOut().println(
                Text.line(output + ": " + (source.standard() ? "JAM blob" : "program blob") + ", "
                        + Text.count(program.length, "octet")));
        return ExitCodes.OK;
    }

    private void write(byte[] program) {
        if (Files.isDirectory(output)) {
            throw new InputException(output + " is a directory, not a file");
        }
        try {
            Files.write(output, program);
        } catch (NoSuchFileException _) {
            throw new InputException(output + ": its directory does not exist");
        } catch (AccessDeniedException _) {
            throw new InputException(output + ": no permission to write it");
        } catch (IOException e) {
            throw new InputException(output + " cannot be written: " + e.getMessage());
        }
    }
}
