package io.pvmjit.link;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.asm.StandardLayout;
import io.pvmjit.link.ElfObject.Symbol;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Turns an ELF file for RISC-V into a JAM blob. The file is an object file, or a program linked with its relocations
 * kept, for RV64IM with Zbb, without compressed instructions, that uses no registers but those that the PVM has. Every
 * instruction becomes one of the PVM or a few; addresses in the code become indices into the jump table; what cannot be
 * reached from the entries is left out.
 */
public final class Linker {
    private static final String ACCUMULATE = "accumulate";
    /** What is looked for when no entry is named. The runtime's function calls main and makes octets of its result. */
    private static final List<String> ENTRIES = List.of("refine", "is_authorized", "_start");
    private static final String MAIN = "main";
    private static final String MAIN_CALLER = "__pvm_main";

    private Linker() {}

    /**
     * Links a file.
     *
     * @throws LinkException when it cannot be read, or has something that cannot be expressed
     */
    public static LinkedProgram link(Path file, LinkOptions options) throws LinkException {
        var object = ElfObject.read(file);
        var entries = new ArrayList<Symbol>();
        entries.add(entry(object, options));
        var accumulate = object.global(ACCUMULATE);
        if (accumulate != null && accumulate.defined()) {
            entries.add(accumulate);
        }
        var constructors = Constructors.of(object);
        var problems = new Problems();
        var graph = new CodeGraph(object, Stream.concat(entries.stream(), constructors.stream()).toList(), problems);
        problems.check();
        var layout = new DataLayout(object, graph.data(), options.heapPages());
        var builder = new ProgramBuilder();
        var translator = new Translator(graph, layout, problems, builder);
        var labels = entries.stream().map(entry -> translator.label(graph.place(entry, 0))).toList();
        var begins = constructors.isEmpty() ? labels : labels.stream().map(_ -> builder.label()).toList();
        builder.appendFar(Opcode.JUMP, begins.getFirst());
        if (entries.size() > 1) {
            builder.appendFar(Opcode.JUMP, begins.getLast());
        } else {
            builder.append(Opcode.TRAP);
        }
        if (!constructors.isEmpty()) {
            var called = constructors.stream().map(function -> translator.label(graph.place(function, 0))).toList();
            for (int i = 0; i < labels.size(); i++) {
                builder.place(begins.get(i));
                Constructors.emit(builder, called, labels.get(i));
            }
        }
        translator.translate();
        var readOnlyData = layout.readOnlyData(graph, problems, translator::address);
        var data = layout.data(graph, problems, translator::address);
        problems.check();
        var program = builder.build();
        try {
            Program.parse(program);
        } catch (InvalidProgramException e) {
            throw new LinkException("what was linked is no valid program: " + e.getMessage());
        }
        var functions = new TreeMap<String, Integer>();
        for (var symbol : object.symbols()) {
            if (symbol.function() && graph.isPlace(symbol) && translator.isBlock(graph.place(symbol, 0))) {
                functions.put(symbol.name(), builder.pc(translator.label(graph.place(symbol, 0))));
            }
        }
        return new LinkedProgram(
                StandardLayout.encode(readOnlyData, data, layout.zeroPages(), options.stackSize(), program), program,
                functions);
    }

    /**
     * Whether a file is a linked program, and no object file.
     *
     * @throws LinkException when it is neither
     */
    public static boolean isLinked(Path file) throws LinkException {
        var kind = InputKind.of(file);
        return !kind.gcc() && !kind.llvm() && ElfObject.read(file).linked();
    }

    private static Symbol entry(ElfObject object, LinkOptions options) throws LinkException {
        if (options.entry().isPresent()) {
            return code(object, options.entry().get());
        }
        for (var name : ENTRIES) {
            if (isDefined(object, name)) {
                return code(object, name);
            }
        }
        if (isDefined(object, MAIN)) {
            return code(object, isDefined(object, MAIN_CALLER) ? MAIN_CALLER : MAIN);
        }
        throw new LinkException("no entry: none of the functions " + String.join(", ", ENTRIES)
                + " and " + MAIN + " is defined");
    }

    private static boolean isDefined(ElfObject object, String name) {
        var symbol = object.global(name);
        return symbol != null && symbol.defined();
    }

    private static Symbol code(ElfObject object, String name) throws LinkException {
        var symbol = object.global(name);
        if (symbol == null || !symbol.defined()) {
            throw new LinkException("the entry '" + name + "' is not defined");
        }
        if (symbol.section() == null || !symbol.section().executable) {
            throw new LinkException("the entry '" + name + "' is not code");
        }
        return symbol;
    }
}
