package io.pvmjit.link;

import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.asm.ProgramBuilder.Label;
import io.pvmjit.link.Branches.Operand;
import io.pvmjit.link.ElfObject.Relocation;
import io.pvmjit.link.Operation.Flow;
import io.pvmjit.program.Opcode;
import java.util.BitSet;

/**
 * Translates the reachable code, operation by operation in the order of the file. What is known of the registers holds
 * from one label to the next; branches in between only read it.
 */
final class Translator {
    private final CodeGraph graph;
    private final DataLayout layout;
    private final Problems problems;
    private final ProgramBuilder builder;
    private final Liveness liveness;
    private final ConditionalMoves moves;
    private final RegisterFile registers;
    private final Scratch scratch;
    private final Arithmetic arithmetic;
    private final MemoryAccess memory;
    private final Branches branches;
    private final Label[] labels;
    private final long[] addresses;
    private final BitSet blocks;
    private final Label trap;
    private long trapAddress;
    /** Whether the PVM's basic block goes on. */
    private boolean open;

    Translator(CodeGraph graph, DataLayout layout, Problems problems, ProgramBuilder builder) {
        this.graph = graph;
        this.layout = layout;
        this.problems = problems;
        this.builder = builder;
        this.liveness = new Liveness(graph);
        this.moves = new ConditionalMoves(graph, liveness);
        this.registers = new RegisterFile(builder);
        this.scratch = new Scratch(builder, registers, liveness);
        this.arithmetic = new Arithmetic(builder, registers, scratch);
        this.memory = new MemoryAccess(builder, registers, scratch, layout);
        this.branches = new Branches(builder, registers);
        this.labels = new Label[graph.size()];
        this.addresses = new long[graph.size()];
        this.blocks = moves.blocks();
        this.trap = builder.label();
    }

    /** Whether a basic block of the program begins at a place. */
    boolean isBlock(int place) {
        return graph.operation(place) != null && blocks.get(place);
    }

    /** The label of a place where a basic block begins. */
    Label label(int place) {
        if (labels[place] == null) {
            labels[place] = builder.label();
        }
        return labels[place];
    }

    /** The dynamic address of a place in the code: what indirect jumps take (Gray Paper A.3). */
    long address(int place) {
        if (addresses[place] == 0) {
            addresses[place] = builder.entry(label(place));
        }
        return addresses[place];
    }

    void translate() {
        // Labels that are near each other have indices that are, so that their distances fit where those of code did.
        var linear = graph.linear();
        for (int place = 0; place < graph.size(); place++) {
            if (linear.containsKey(place)) {
                int last = linear.get(place);
                keepDistances(place, last);
                place = last;
            } else if (graph.hasAddress(place) && graph.operation(place) != null) {
                address(place);
            }
        }
        for (int place = 0; place < graph.size();) {
            var operation = graph.operation(place);
            if (operation == null) {
                place++;
                continue;
            }
            if (blocks.get(place)) {
                if (open) {
                    registers.materialize(liveness.before(place));
                    builder.append(Opcode.FALLTHROUGH);
                }
                registers.forget(Registers.ALL);
                builder.place(label(place));
            }
            scratch.at(operation);
            place = emit(operation);
        }
        builder.place(trap).append(Opcode.TRAP);
    }

    /** Gives addresses to places, four apart like the instructions of RISC-V; where nothing begins they panic. */
    private void keepDistances(int first, int last) {
        while (builder.entry(trap) % Integer.BYTES == 0) {
            // The next one has to be a multiple of four.
        }
        for (int place = first; place <= last; place++) {
            addresses[place] = builder.entry(graph.operation(place) != null && blocks.get(place) ? label(place) : trap);
            builder.entry(trap);
        }
    }

    /** Emits an operation, or a few that become one; where to go on. */
    private int emit(Operation operation) {
        open = operation.flow() == Flow.NEXT;
        switch (operation.flow()) {
            case NEXT -> {
                return next(operation);
            }
            case BRANCH -> {
                return branch(operation);
            }
            case JUMP -> jump(operation.target(), operation.next());
            case CALL -> {
                registers.materialize(Registers.ALL);
                builder.appendTo(Opcode.LOAD_IMM_JUMP, label(operation.target()),
                        Registers.number(operation.linkRegister()), returnAddress(operation));
            }
            case CALL_INDIRECT -> {
                registers.materialize(Registers.ALL);
                builder.append(Opcode.LOAD_IMM_JUMP_IND, Registers.number(operation.linkRegister()),
                        returnAddress(operation), registers.read(operation.instruction().rs1()), immediate(operation));
            }
            case JUMP_INDIRECT, RETURN -> {
                registers.materialize(Registers.read(operation));
                builder.append(Opcode.JUMP_IND, registers.read(operation.instruction().rs1()), immediate(operation));
            }
            case TRAP -> builder.append(Opcode.TRAP);
        }
        return operation.next();
    }

    private long returnAddress(Operation call) {
        if (graph.operation(call.next()) != null) {
            return address(call.next());
        }
        // The function does not return.
        if (trapAddress == 0) {
            trapAddress = builder.entry(trap);
        }
        return trapAddress;
    }

    private void jump(int target, int next) {
        registers.materialize(liveness.before(target));
        if (target == next) {
            builder.append(Opcode.FALLTHROUGH);
        } else {
            builder.appendTo(Opcode.JUMP, label(target));
        }
    }

    private int next(Operation operation) {
        var instruction = operation.instruction();
        var following = following(operation);
        if (following != null) {
            var fused = Fusion.shifts(instruction, following.instruction());
            if (fused != null) {
                var both = new Operation(operation.place(), 1, Flow.NEXT, fused, Operation.NOWHERE, null);
                arithmetic.emit(both, fused.immediate());
                return following.next();
            }
            if (following.flow() == Flow.BRANCH && !moves.isMove(following.place())
                    && Fusion.isCompareAndBranch(instruction, following.instruction())
                    && (liveness.after(following) & Registers.mask(instruction.rd())) == 0) {
                open = false;
                var second = instruction.opcode() == RiscvOpcode.SLT || instruction.opcode() == RiscvOpcode.SLTU
                        ? Operand.of(registers, instruction.rs2())
                        : Operand.constant(instruction.immediate());
                branch(Fusion.comparison(instruction, following.instruction()),
                        Operand.of(registers, instruction.rs1()), second, following);
                return following.next();
            }
        }
        if (instruction.opcode() == RiscvOpcode.SD && Registers.savesLateArgument(instruction)) {
            return operation.next();
        }
        switch (instruction.opcode()) {
            case HOST_CALL -> {
                registers.materialize(Registers.read(operation));
                builder.append(Opcode.ECALLI, instruction.immediate());
                registers.forget(Registers.written(operation));
            }
            case FENCE -> {}
            case AUIPC -> registers.set(instruction.rd(), immediate(operation));
            case LB, LH, LW, LD, LBU, LHU, LWU -> {
                var table = addressTable(operation);
                if (table == null) {
                    memory.emitLoad(instruction, immediate(operation));
                } else {
                    registers.set(instruction.rd(), value(table));
                }
            }
            case SB, SH, SW, SD -> memory.emitStore(instruction, immediate(operation));
            default -> arithmetic.emit(operation, immediate(operation));
        }
        return operation.next();
    }

    /** The operation behind one, if it belongs to the same block. */
    private Operation following(Operation operation) {
        return blocks.get(operation.next()) ? null : graph.operation(operation.next());
    }

    private int branch(Operation operation) {
        var instruction = operation.instruction();
        if (moves.isMove(operation.place())) {
            open = true;
            return conditionalMove(operation);
        }
        branch(instruction.opcode(), Operand.of(registers, instruction.rs1()), Operand.of(registers, instruction.rs2()),
                operation);
        return operation.next();
    }

    private void branch(RiscvOpcode comparison, Operand a, Operand b, Operation operation) {
        int next = operation.next();
        switch (branches.outcome(comparison, a, b)) {
            case ALWAYS -> jump(operation.target(), next);
            case NEVER -> open = true;
            case DEPENDS -> {
                int live = liveness.before(operation.target()) | (blocks.get(next) ? liveness.before(next) : 0);
                branches.emit(comparison, a, b, label(operation.target()), live);
            }
        }
    }

    /** A branch around one move: the move is done when the branch is not taken. */
    private int conditionalMove(Operation operation) {
        var branch = operation.instruction();
        var move = graph.operation(operation.next()).instruction();
        int rd = move.rd();
        int condition;
        boolean whenZero;
        if (ConditionalMoves.comparesWithZero(branch)) {
            condition = branch.rs1() == Registers.ZERO ? branch.rs2() : branch.rs1();
            whenZero = branch.opcode() == RiscvOpcode.BNE;
        } else {
            condition = Registers.riscvNumber(moves.scratch(operation));
            arithmetic.binary(ConditionalMoves.difference(branch.opcode()), condition, branch.rs1(), branch.rs2());
            whenZero = branch.opcode() != RiscvOpcode.BEQ && branch.opcode() != RiscvOpcode.BGE
                    && branch.opcode() != RiscvOpcode.BGEU;
        }
        registers.materialize(Registers.mask(rd));
        boolean moved = move.rs1() == Registers.ZERO || registers.isConstant(move.rs1());
        if (moved && RegisterFile.isImmediate(registers.constant(move.rs1()) + move.immediate())) {
            long value = registers.constant(move.rs1()) + move.immediate();
            int number = registers.read(condition);
            builder.append(whenZero ? Opcode.CMOV_IZ_IMM : Opcode.CMOV_NZ_IMM, registers.write(rd), number, value);
        } else {
            int source = registers.read(move.rs1());
            int number = registers.read(condition);
            builder.append(whenZero ? Opcode.CMOV_IZ : Opcode.CMOV_NZ, registers.write(rd), source, number);
        }
        return operation.next() + 1;
    }

    private long immediate(Operation operation) {
        var relocation = operation.relocation();
        if (relocation == null) {
            return operation.instruction().immediate();
        }
        return switch (relocation.type()) {
            case HI20 -> {
                // The lower part is added with its sign.
                long upper = value(relocation) + 0x800 & ~0xfffL;
                if (upper != (int) upper) {
                    problems.add(graph, operation.place(), "'%s' is out of reach of lui".formatted(
                            relocation.symbol().name()));
                }
                yield upper;
            }
            case LO12_I, LO12_S -> {
                long value = value(relocation);
                long lower = value << 52 >> 52;
                if (operation.instruction().rs1() == Registers.ZERO && lower != value) {
                    problems.add(graph, operation.place(), ("the lower bits of '%s' without the upper: link with "
                            + "--no-relax").formatted(relocation.symbol().name()));
                }
                yield lower;
            }
            // The auipc gets the whole address, so that nothing is left for the others.
            case PCREL_HI20, GOT_HI20, GPREL_I, GPREL_S -> value(relocation);
            case PCREL_LO12_I, PCREL_LO12_S -> {
                var upper = upper(operation, relocation);
                if (upper != null && upper.type() == RelocationType.GOT_HI20) {
                    problems.add(graph, operation.place(), "only ld can read the table of addresses");
                }
                yield 0;
            }
            default -> {
                problems.add(graph, operation.place(), "relocation %d of %s".formatted(relocation.number(),
                        operation.opcode().mnemonic()));
                yield 0;
            }
        };
    }

    /** The relocation of the auipc that a relocation of lower bits names; null when it names none. */
    private Relocation upper(Operation operation, Relocation lower) {
        var symbol = lower.symbol();
        var upper = graph.isPlace(symbol) ? graph.relocation(graph.place(symbol, 0)) : null;
        if (upper == null || upper.type() != RelocationType.PCREL_HI20 && upper.type() != RelocationType.GOT_HI20) {
            problems.add(graph, operation.place(), "'%s' is no auipc with an address".formatted(symbol.name()));
            return null;
        }
        return upper;
    }

    /** Of a load from the table of addresses: the relocation of that address; else null. */
    private Relocation addressTable(Operation load) {
        var relocation = load.relocation();
        if (load.opcode() != RiscvOpcode.LD || relocation == null
                || relocation.type() != RelocationType.PCREL_LO12_I) {
            return null;
        }
        var upper = upper(load, relocation);
        return upper != null && upper.type() == RelocationType.GOT_HI20 ? upper : null;
    }

    private long value(Relocation relocation) {
        var symbol = relocation.symbol();
        if (graph.isCode(symbol)) {
            return address(graph.place(symbol, relocation.addend())) + graph.beyond(symbol, relocation.addend());
        }
        return layout.value(symbol, problems) + relocation.addend();
    }
}
