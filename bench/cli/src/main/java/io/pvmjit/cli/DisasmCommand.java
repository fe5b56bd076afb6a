package io.pvmjit.cli;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.asm.Disassembler;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm disasm}: turns a program into text. */
@Command(
        name = "disasm",
        description = "Prints a program as assembly text, which 'pvm asm' turns back into the same octets.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "FILE is a JAM blob with or without metadata in front, or a bare program blob. Metadata is shown, but is "
                    + "no part of the text.",
            "",
            "Exit codes: 0 done, 2 the file holds no valid program, or other bad input."
        })
final class DisasmCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "What to disassemble.")
    private Path file;

    @Mixin
    private RevisionOption revision;

    @Override
    public Integer call() {
        var contents = Inputs.file(file);
        var program = ProgramFile.of(file, contents, revision.rules());
        try {
            print(program, contents, spec.commandLine().getOut());
        } catch (InvalidProgramException e) {
            throw new InputException(file + " holds no valid program: " + ProgramFile.reason(e));
        } catch (IOException e) {
            throw new AssertionError("a PrintWriter keeps its failures to itself", e);
        }
        return ExitCodes.OK;
    }

    private void print(ProgramFile program, byte[] contents, PrintWriter out) throws IOException {
        if (program.standard().isEmpty()) {
            Disassembler.disassemble(program.blob(), revision.rules(), out);
            return;
        }
        var standard = program.standard().get();
        if (standard.metadata().byteSize() > 0) {
            var metadata = standard.metadata().toArray(ValueLayout.JAVA_BYTE);
            out.println(Text.line("; metadata of " + metadata.length + " octets left out"
                    + Text.printable(metadata).map(text -> ": " + text).orElse("")));
        }
        Disassembler.disassembleStandard(
                Arrays.copyOfRange(contents, (int) standard.offset(), contents.length), revision.rules(), out);
    }
}
