package io.pvmjit.cli;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.asm.Disassembler;
import io.pvmjit.explore.ProgramView;
import io.pvmjit.input.InputException;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm disasm}: turns a program into text. */
@Command(
        name = "disasm",
        description = "Prints a program as assembly text, which 'pvm asm' turns back into the same octets; or its blocks "
                + "with their gas and machine code.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "FILE is a JAM blob with or without metadata in front, a bare program blob, or assembly text (*.pvmasm), which "
                    + "is assembled first. Metadata is shown, but is no part of the text.",
            "",
            "--gas and --native list basic blocks, which 'pvm asm' does not read. The times of an instruction are the "
                    + "cycles in which it is decoded, starts, finishes and is retired in the gas model; a block costs the "
                    + "last one less 3, and at least 1. Machine code is shown as assembly where objdump (binutils) is "
                    + "installed.",
            "",
            "Exit codes: 0 done, 2 the file holds no valid program, or other bad input."
        })
final class DisasmCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "What to disassemble.")
    private Path file;

    @Option(names = "--gas", description = "List blocks with their gas, and the times of their instructions.")
    private boolean gas;

    @Option(names = "--native", description = "List blocks with the machine code of each instruction.")
    private boolean machineCode;

    @Mixin
    private RevisionOption revision;

    @Override
    public Integer call() {
        var contents = ProgramFile.contents(file, revision.rules());
        var program = ProgramFile.of(file, contents, revision.rules());
        if (gas || machineCode) {
            list(program);
            return ExitCodes.OK;
        }
        try {
            print(program, contents, spec.commandLine().getOut());
        } catch (InvalidProgramException e) {
            throw new InputException(file + " holds no valid program: " + ProgramFile.reason(e));
        } catch (IOException e) {
            throw new AssertionError("a PrintWriter keeps its failures to itself", e);
        }
        return ExitCodes.OK;
    }

    private void list(ProgramFile program) {
        var out = spec.commandLine().getOut();
        try (var engine = EngineOptions.engine(null, revision.rules());
                var view = new ProgramView(engine, program.blob())) {
            if (machineCode && !view.code().exists()) {
                out.println("; no machine code: the backend is " + engine.backend());
            }
            for (var block : view.blocks()) {
                list(out, view, block);
            }
        }
    }

    private void list(PrintWriter out, ProgramView view, ProgramView.Block block) {
        out.println("block " + block.pc() + (gas ? ", " + block.cost() + " gas" : "") + ", "
                + Text.count(block.instructions(), "instruction"));
        var times = gas ? view.timeline(block).iterator() : null;
        int pc = block.pc();
        while (pc < block.end()) {
            out.print("%8d  ".formatted(pc));
            if (times != null) {
                var step = times.next();
                out.print("%5d %5d %5d %5d  ".formatted(step.decoded(), step.started(), step.finished(), step.retired()));
            }
            out.println(view.assembly(pc));
            if (machineCode) {
                view.code().lines(pc).forEach(line -> out.println("              " + line));
            }
            pc = view.program().decode(pc).next();
        }
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
