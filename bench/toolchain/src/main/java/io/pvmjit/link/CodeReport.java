package io.pvmjit.link;

import io.pvmjit.BlockCost;
import io.pvmjit.Engine;
import io.pvmjit.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the functions of a program cost: octets of code, instructions, and the gas of all their basic blocks when each
 * runs once. What comes before the first function, jumps to the entries, is one, too.
 */
public final class CodeReport {
    /** The name of what belongs to no function. */
    public static final String START = "(start)";

    private CodeReport() {}

    /**
     * A function.
     *
     * @param name one of its names
     * @param pc where it begins
     * @param octets of code
     * @param instructions how many
     * @param gas of its blocks, each counted once
     */
    public record Function(String name, int pc, int octets, int instructions, long gas) {}

    /** The functions of a program, in the order of their code. */
    public static List<Function> of(LinkedProgram linked) {
        var program = Program.parse(linked.programBlob());
        var names = new TreeMap<Integer, String>();
        names.put(0, START);
        linked.functions().forEach((name, pc) -> names.merge(pc, name, (first, second) -> first));
        List<BlockCost> blocks;
        try (var engine = Engine.create(); var module = engine.compile(linked.programBlob())) {
            blocks = module.blockCosts();
        }
        var functions = new ArrayList<Function>();
        for (Map.Entry<Integer, String> begin : names.entrySet()) {
            var next = names.higherKey(begin.getKey());
            int from = begin.getKey();
            int to = next == null ? program.codeLength() : next;
            int instructions = 0;
            for (int pc = from; pc < to; pc += program.skip(pc) + 1) {
                instructions++;
            }
            long gas = blocks.stream().filter(block -> block.pc() >= from && block.pc() < to).mapToLong(BlockCost::cost)
                    .sum();
            functions.add(new Function(begin.getValue(), from, to - from, instructions, gas));
        }
        return functions;
    }
}
