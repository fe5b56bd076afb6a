package io.pvmjit.explore;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.PipelineStep;
import io.pvmjit.asm.Disassembler;
import io.pvmjit.program.Instruction;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.util.ArrayList;
import java.util.List;

/** A program with all that is known of it without running it. */
public final class ProgramView implements AutoCloseable {
    private final Program program;
    private final NativeCode code;
    private final Engine interpreter;
    private final Module priced;
    private final List<Block> blocks = new ArrayList<>();

    /** How a block may be left for another. */
    public enum Way {
        JUMP,
        TAKEN,
        NEXT,
        DYNAMIC
    }

    /**
     * A way out of a block.
     *
     * @param to where a block starts; -1 for a dynamic jump, whose target the jump table has, or for a panic
     */
    public record Edge(Way way, int to) {}

    /** A basic block: where it starts and ends, its gas, how many instructions it has, and where it leads. */
    public record Block(int pc, int end, int cost, int instructions, List<Edge> edges) {}

    /**
     * Compiles a program and looks at it.
     *
     * @param engine of any backend: with the JIT there is machine code to see
     * @throws InvalidProgramException when the blob is no program
     */
    public ProgramView(Engine engine, byte[] blob) {
        program = Program.parse(blob, engine.rules());
        try (var module = engine.compile(blob)) {
            code = NativeCode.of(module.listing());
        }
        interpreter = Engine.create(engine.config().withBackend(Backend.INTERPRETER));
        try {
            priced = interpreter.compile(blob);
        } catch (Throwable e) {
            interpreter.close();
            throw e;
        }
        for (var cost : priced.blockCosts()) {
            blocks.add(block(cost.pc(), cost.cost()));
        }
    }

    private Block block(int pc, int cost) {
        int instructions = 0;
        Instruction last;
        int next = pc;
        do {
            last = program.decode(next);
            next = last.next();
            instructions++;
        } while (!last.opcode().terminator());
        return new Block(pc, next, cost, instructions, edges(last));
    }

    private List<Edge> edges(Instruction last) {
        var edges = new ArrayList<Edge>();
        boolean branch = switch (last.opcode().operands()) {
            case BRANCH, BRANCH_IMM -> true;
            default -> false;
        };
        if (last.opcode().operands().hasTarget()) {
            edges.add(new Edge(branch ? Way.TAKEN : Way.JUMP, start(last.target())));
        }
        if (branch || last.opcode() == Opcode.FALLTHROUGH) {
            edges.add(new Edge(Way.NEXT, start(last.next())));
        }
        if (last.opcode() == Opcode.JUMP_IND || last.opcode() == Opcode.LOAD_IMM_JUMP_IND) {
            edges.add(new Edge(Way.DYNAMIC, -1));
        }
        return edges;
    }

    private int start(long pc) {
        return program.isBlockStart(pc) ? (int) pc : -1;
    }

    /** The program. */
    public Program program() {
        return program;
    }

    /** The machine code. */
    public NativeCode code() {
        return code;
    }

    /** The blocks, by rising pc. */
    public List<Block> blocks() {
        return blocks;
    }

    /** Where the gas of a block comes from. */
    public List<PipelineStep> timeline(Block block) {
        return priced.timeline(block.pc());
    }

    /** An instruction as assembly. */
    public String assembly(int pc) {
        return Disassembler.instruction(program, pc);
    }

    @Override
    public void close() {
        try (interpreter) {
            priced.close();
        }
    }
}
