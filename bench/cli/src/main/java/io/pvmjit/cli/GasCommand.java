package io.pvmjit.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pvmjit.BlockCost;
import io.pvmjit.Engine;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Revision;
import io.pvmjit.conformance.MalformedVectorException;
import io.pvmjit.conformance.VectorProgram;
import io.pvmjit.input.InputException;
import io.pvmjit.rules.Rules;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm gas}: prices the basic blocks of programs. */
@Command(
        name = "gas",
        description = "Prints what every basic block of a program costs.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "FILE is a JAM blob with or without metadata in front, a bare program blob, assembly text (*.pvmasm), or a "
                    + "JSON file of vectors: all their programs are priced then, and the revision is that of the vectors, "
                    + "0.8.0, unless given.",
            "",
            "Exit codes: 0 done, 2 the file holds no valid program, or other bad input."
        })
final class GasCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "What to price.")
    private Path file;

    @Option(
            names = "--json",
            description = "Print JSON: an object with block-gas-costs, or an array of these for an array of vectors.")
    private boolean json;

    @Mixin
    private EngineOptions options;

    /** A program to price, and what it is called. Its blob is made when it is asked for, and may turn out invalid. */
    private record Target(String name, String description, Supplier<byte[]> blob) {}

    /** A priced program: without blocks when it is not valid. */
    private record Priced(Target target, Optional<InvalidProgramException> rejection, List<BlockCost> blocks) {}

    @Override
    public Integer call() {
        var contents = ProgramFile.contents(file, options.rules());
        List<Target> targets;
        Rules rules;
        boolean array = false;
        try {
            rules = options.rules();
            var program = ProgramFile.of(file, contents, rules);
            targets = List.of(new Target(String.valueOf(file.getFileName()), program.description(), program::blob));
        } catch (InputException notProgram) {
            // No valid program is also a JSON text, so that nothing is lost by trying this first.
            if (!VectorProgram.looksLikeJson(contents)) {
                throw notProgram;
            }
            rules = Rules.of(options.revision().orElse(Revision.V0_8_0));
            targets = vectorTargets(contents);
            array = VectorProgram.isArray(contents);
        }
        try (var engine = options.engine(rules)) {
            print(targets.stream().map(target -> price(engine, target)).toList(), array, rules);
        }
        return ExitCodes.OK;
    }

    private List<Target> vectorTargets(byte[] contents) {
        try {
            var programs = VectorProgram.read(file, contents);
            if (programs.isEmpty()) {
                throw new InputException(file + " holds no programs");
            }
            return programs.stream().map(program -> new Target(program.name(), "vector", program::blob)).toList();
        } catch (MalformedVectorException e) {
            throw new InputException(file + ": " + e.getMessage());
        }
    }

    private static Priced price(Engine engine, Target target) {
        try (var module = engine.compile(target.blob.get())) {
            return new Priced(target, Optional.empty(), module.blockCosts());
        } catch (InvalidProgramException e) {
            return new Priced(target, Optional.of(e), List.of());
        }
    }

    private void print(List<Priced> programs, boolean array, Rules rules) {
        if (programs.stream().allMatch(program -> program.rejection.isPresent())) {
            var first = programs.getFirst().rejection.orElseThrow();
            throw new InputException(file + " holds no valid program: " + ProgramFile.reason(first));
        }
        var out = spec.commandLine().getOut();
        if (!json) {
            programs.forEach(program -> print(out, program, rules));
            return;
        }
        var nodes = programs.stream().map(program -> node(program, rules)).toList();
        Json.print(out, array ? Json.array().addAll(nodes) : nodes.getFirst());
    }

    private static void print(PrintWriter out, Priced program, Rules rules) {
        var target = program.target;
        var summary = program.rejection.map(e -> "invalid: " + ProgramFile.reason(e))
                .orElseGet(() -> Text.count(program.blocks.size(), "block"));
        out.println(Text.line(target.name + ": " + target.description + ", revision " + rules + ", " + summary));
        if (!program.blocks.isEmpty()) {
            out.println("        pc       cost");
            program.blocks.forEach(block -> out.println("%10d %10d".formatted(block.pc(), block.cost())));
        }
    }

    private static ObjectNode node(Priced program, Rules rules) {
        var node = Json.object().put("name", program.target.name).put("revision", rules.label())
                .put("valid", program.rejection.isEmpty());
        program.rejection.ifPresent(e -> node.put("reason", ProgramFile.reason(e)));
        ArrayNode blocks = node.putArray("block-gas-costs");
        program.blocks.forEach(block -> blocks.addObject().put("pc", block.pc()).put("cost", block.cost()));
        return node;
    }
}
