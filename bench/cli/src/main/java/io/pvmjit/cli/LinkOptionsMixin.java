package io.pvmjit.cli;

import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import io.pvmjit.link.CodeReport;
import io.pvmjit.link.LinkException;
import io.pvmjit.link.LinkOptions;
import io.pvmjit.link.LinkedProgram;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What {@code pvm link} and {@code pvm cc} share: the options of the linked program, and writing it. */
final class LinkOptionsMixin {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "OUT",
            required = true,
            description = "Where to write the JAM blob.")
    private Path output;

    @Option(
            names = "--entry",
            paramLabel = "FUNCTION",
            description = "What runs from instruction counter 0. Default: the first there is of refine, is_authorized, "
                    + "_start and main. A function accumulate gets instruction counter 5.")
    private String entry;

    @Option(names = "--stack", paramLabel = "OCTETS", defaultValue = "1048576",
            description = "Size of the stack. Default: ${DEFAULT-VALUE}.")
    private String stack;

    @Option(names = "--heap-pages", paramLabel = "N", defaultValue = "0",
            description = "Writable pages behind the static data; malloc asks for more with grow_heap. "
                    + "Default: ${DEFAULT-VALUE}.")
    private String heapPages;

    @Option(names = "--program",
            description = "Write the bare program blob, which inner machines are made of, instead.")
    private boolean program;

    @Option(names = "--report",
            description = "List what each function costs: octets of code, instructions, and the gas of its basic blocks, "
                    + "each counted once.")
    private boolean report;

    /** A program that is still to be linked. */
    interface Source {
        LinkedProgram link(LinkOptions options) throws LinkException;
    }

    /** Links, writes, and says what came of it. */
    void write(Source source, PrintWriter out) throws LinkException {
        var options = new LinkOptions(Optional.ofNullable(entry), number(stack, "--stack", 1 << 24),
                number(heapPages, "--heap-pages", 1 << 16));
        var linked = source.link(options);
        var blob = program ? linked.programBlob() : linked.jamBlob();
        OutputFile.write(output, blob);
        out.println(Text.line(output + ": " + (program ? "program blob" : "JAM blob") + ", "
                + Text.count(blob.length, "octet") + ", " + Text.count(linked.functions().size(), "function")));
        if (report) {
            print(CodeReport.of(linked), out);
        }
    }

    private static int number(String text, String option, int limit) {
        long value = Inputs.unsigned(text, option);
        if (Long.compareUnsigned(value, limit) >= 0) {
            throw new InputException(option + ": at most " + (limit - 1));
        }
        return (int) value;
    }

    private static void print(List<CodeReport.Function> functions, PrintWriter out) {
        var line = "%10s %12s %10s %9s  %s";
        out.println(line.formatted("octets", "instructions", "gas", "pc", "function"));
        functions.forEach(function -> out.println(line.formatted(function.octets(), function.instructions(),
                function.gas(), function.pc(), Text.line(function.name()))));
        out.println(line.formatted(functions.stream().mapToInt(CodeReport.Function::octets).sum(),
                functions.stream().mapToInt(CodeReport.Function::instructions).sum(),
                functions.stream().mapToLong(CodeReport.Function::gas).sum(), "", "in all"));
    }
}
