package io.pvmjit.link;

import io.pvmjit.link.ElfObject.Relocation;
import io.pvmjit.link.ElfObject.Symbol;
import io.pvmjit.link.Operation.Flow;
import io.pvmjit.link.RelocationType.Place;

/** Reads operations: instructions with what their relocations say. What cannot be expressed is a problem. */
final class Decoder {
    private final CodeGraph graph;
    private final Places places;
    private final Problems problems;
    private final Relocation[] relocations;

    Decoder(CodeGraph graph, Places places, Problems problems) {
        this.graph = graph;
        this.places = places;
        this.problems = problems;
        this.relocations = new Relocation[places.count()];
        for (var section : places.sections()) {
            for (var relocation : section.relocations) {
                boolean changes = relocation.type() == null || relocation.type().place() != Place.NOWHERE;
                if (changes && relocation.offset() >= 0 && relocation.offset() < section.contents.length) {
                    relocations[places.at(section, relocation.offset() & -Integer.BYTES)] = relocation;
                }
            }
        }
    }

    /** The relocation of the word at a place, or null. */
    Relocation relocation(int place) {
        return relocations[place];
    }

    Operation read(int place) {
        if (places.isEnd(place)) {
            return end(place);
        }
        int word = places.word(place);
        var instruction = RiscvInstruction.decode(word);
        if (instruction == null) {
            problems.add(graph, place, (word & 3) == 3
                    ? "instruction 0x%08x has no counterpart in the PVM".formatted(word)
                    : "0x%04x is a compressed instruction, or data: compile with -march=rv64im_zbb"
                            .formatted(word & 0xffff));
            return end(place);
        }
        var relocation = relocations[place];
        if (relocation != null && (relocation.type() == null || relocation.type().place() != Place.CODE)) {
            problems.add(graph, place, "%s: %s".formatted(instruction.opcode().mnemonic(),
                    RelocationType.refusal(relocation.number(), relocation.symbol().name())));
            relocation = null;
        }
        if (relocation != null && !relocation.type().fits(instruction.opcode())) {
            problems.add(graph, place, ("relocation %d of %s, which has no such field: was it linked with relaxation "
                    + "by another linker than GNU ld?").formatted(relocation.number(), instruction.opcode().mnemonic()));
            return end(place);
        }
        if (relocation != null && (relocation.type() == RelocationType.CALL
                || relocation.type() == RelocationType.CALL_PLT)) {
            return call(place, instruction, relocation);
        }
        if (relocation == null && instruction.opcode() == RiscvOpcode.AUIPC) {
            var call = localCall(place, instruction);
            if (call != null) {
                return call;
            }
        }
        if (relocation != null && relocation.type().isRelativeToGlobalPointer()) {
            // The relocation says what the address is; where gp points does not matter.
            instruction = new RiscvInstruction(instruction.opcode(), instruction.rd(), Registers.ZERO,
                    instruction.rs2(), instruction.immediate());
        }
        checkRegisters(place, instruction);
        return switch (instruction.opcode()) {
            case JAL -> {
                int target = relocation == null ? relative(place, instruction) : target(place, relocation);
                yield jump(place, 1, instruction, target);
            }
            case BEQ, BNE, BLT, BGE, BLTU, BGEU -> {
                int target = relocation == null ? relative(place, instruction) : target(place, relocation);
                yield operation(place, target == Operation.NOWHERE ? Flow.TRAP : Flow.BRANCH, instruction, target);
            }
            case JALR -> {
                var flow = instruction.rd() != 0
                        ? Flow.CALL_INDIRECT
                        : instruction.rs1() == Registers.RETURN_ADDRESS && instruction.immediate() == 0
                                && relocation == null
                                ? Flow.RETURN
                        : Flow.JUMP_INDIRECT;
                if (instruction.rs1() == Registers.ZERO) {
                    problems.add(graph, place, "an indirect jump to a number");
                }
                yield new Operation(place, 1, flow, instruction, Operation.NOWHERE, relocation);
            }
            case FENCE_I -> {
                problems.add(graph, place, "fence.i is for code that is written at run time, which the PVM cannot run");
                yield end(place);
            }
            case EBREAK, UNIMP -> operation(place, Flow.TRAP, instruction, Operation.NOWHERE);
            default -> new Operation(place, 1, Flow.NEXT, instruction, Operation.NOWHERE, relocation);
        };
    }

    private static Operation end(int place) {
        return operation(place, Flow.TRAP, new RiscvInstruction(RiscvOpcode.EBREAK, 0, 0, 0, 0), Operation.NOWHERE);
    }

    private static Operation operation(int place, Flow flow, RiscvInstruction instruction, int target) {
        return new Operation(place, 1, flow, instruction, target, null);
    }

    /** The jalr behind an auipc; null when there is none that adds to its register. */
    private RiscvInstruction jalrBehind(int place, RiscvInstruction auipc, boolean absent) {
        var jalr = places.isEnd(place + 1) ? null : RiscvInstruction.decode(places.word(place + 1));
        return auipc.opcode() == RiscvOpcode.AUIPC && jalr != null && jalr.opcode() == RiscvOpcode.JALR
                && (jalr.rs1() == auipc.rd() || absent && jalr.rs1() == Registers.ZERO) ? jalr : null;
    }

    /** An auipc and the jalr behind it. */
    private Operation call(int place, RiscvInstruction auipc, Relocation relocation) {
        // What calls a weak function that is absent calls address 0 once it is linked.
        var jalr = jalrBehind(place, auipc, !relocation.symbol().defined() && relocation.symbol().weak());
        if (jalr == null) {
            problems.add(graph, place, "a call that is not auipc and jalr");
            return end(place);
        }
        checkRegisters(place, jalr);
        return jump(place, 2, jalr, target(place, relocation));
    }

    /** An auipc and the jalr behind it whose distance the assembler has computed; null when that is none. */
    private Operation localCall(int place, RiscvInstruction auipc) {
        var jalr = jalrBehind(place, auipc, false);
        // A register that keeps the address of the auipc has to be one that the jalr or nobody reads.
        if (jalr == null || jalr.rd() != auipc.rd() && jalr.rd() != Registers.ZERO || relocations[place + 1] != null) {
            return null;
        }
        checkRegisters(place, jalr);
        return jump(place, 2, jalr, distant(place, auipc.immediate() + (long) jalr.immediate()));
    }

    private static Operation jump(int place, int words, RiscvInstruction instruction, int target) {
        var flow = target == Operation.NOWHERE ? Flow.TRAP : instruction.rd() == 0 ? Flow.JUMP : Flow.CALL;
        return new Operation(place, words, flow, instruction, target, null);
    }

    private void checkRegisters(int place, RiscvInstruction instruction) {
        if (Registers.savesLateArgument(instruction)) {
            return;
        }
        for (int register : new int[] {instruction.rd(), instruction.rs1(), instruction.rs2()}) {
            if (Registers.isLateArgument(register)) {
                problems.add(graph, place, "more than 6 register arguments: the PVM has no register "
                        + RiscvInstruction.registerName(register));
                return;
            }
            if (!Registers.exists(register)) {
                problems.add(graph, place, "%s uses register %s, which the PVM does not have".formatted(
                        instruction.opcode().mnemonic(), RiscvInstruction.registerName(register)));
                return;
            }
        }
    }

    private int relative(int place, RiscvInstruction instruction) {
        return distant(place, instruction.immediate());
    }

    /** The place at a distance that the assembler has computed, before padding was deleted. */
    private int distant(int place, long distance) {
        var section = places.section(place);
        int target = places.at(section,
                section.padding.kept(section.padding.original(places.offset(place)) + distance));
        if (target == Operation.NOWHERE) {
            problems.add(graph, place, "a jump out of its section without a relocation");
        }
        return target;
    }

    /** Where a jump at a place leads to. */
    private int target(int place, Relocation relocation) {
        var symbol = relocation.symbol();
        if (places.isCode(symbol)) {
            return label(symbol, relocation.addend());
        }
        // Nobody calls a weak function that is not defined: it would be at address 0.
        if (symbol.defined() || !symbol.weak()) {
            problems.add(graph, place, symbol.defined()
                    ? "a jump to '%s', which is not code".formatted(symbol.name())
                    : "'%s' is not defined".formatted(symbol.name()));
        }
        return Operation.NOWHERE;
    }

    /** The place of an address in the code. */
    int label(Symbol symbol, long addend) {
        int place = places.at(symbol.section(), symbol.value() + addend);
        if (place == Operation.NOWHERE) {
            problems.add("'%s' + %d is not the address of an instruction".formatted(symbol.name(), addend));
        }
        return place;
    }
}
