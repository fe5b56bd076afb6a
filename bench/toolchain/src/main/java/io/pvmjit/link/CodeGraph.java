package io.pvmjit.link;

import io.pvmjit.link.ElfObject.Relocation;
import io.pvmjit.link.ElfObject.Section;
import io.pvmjit.link.ElfObject.Symbol;
import io.pvmjit.link.Operation.Flow;
import io.pvmjit.link.RelocationType.Place;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The part of a program that can be reached from its entries, followed through jumps, calls, and the relocations of
 * code and data. Every word of every executable section has an index here, its place.
 */
final class CodeGraph {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final ElfObject object;
    private final Problems problems;
    /** By section: the place of its first word. */
    private final Map<Section, Integer> bases = new HashMap<>();
    /** Executable sections in the order of their places. */
    private final List<Section> executable = new ArrayList<>();
    private final Operation[] operations;
    private final Relocation[] relocations;
    /** Places whose address is used. */
    private final BitSet addressed;
    private final BitSet functionEnds;
    private final Set<Section> data = new LinkedHashSet<>();
    private final Deque<Integer> places = new ArrayDeque<>();
    private final Deque<Section> dataToScan = new ArrayDeque<>();

    /**
     * Follows a program from its entries.
     *
     * @param problems takes what cannot be expressed
     */
    CodeGraph(ElfObject object, List<Symbol> entries, Problems problems) throws LinkException {
        this.object = object;
        this.problems = problems;
        int count = 0;
        for (var section : object.sections()) {
            if (section.executable && section.contents != null) {
                bases.put(section, count);
                executable.add(section);
                // One more than there are words: the end of a section is a place too, and never holds an instruction.
                count += section.contents.length / Integer.BYTES + 1;
            }
        }
        operations = new Operation[count];
        relocations = new Relocation[count];
        addressed = new BitSet(count);
        functionEnds = new BitSet(count);
        for (var section : executable) {
            placeRelocations(section);
            functionEnds.set(bases.get(section) + section.contents.length / Integer.BYTES);
        }
        for (var symbol : object.symbols()) {
            if (symbol.function() && symbol.size() > 0 && isCode(symbol) && symbol.value() + symbol.size()
                    <= symbol.section().size) {
                functionEnds.set(bases.get(symbol.section())
                        + (int) ((symbol.value() + symbol.size()) / Integer.BYTES));
            }
        }
        for (var entry : entries) {
            refer(entry, 0);
        }
        follow();
        for (int place = 0; place < count; place++) {
            if (operations[place] != null && operations[place].words() == 2 && operations[place + 1] != null) {
                problems.add(this, place + 1, "a jump into the middle of a call");
            }
        }
    }

    private void placeRelocations(Section section) {
        for (var relocation : section.relocations) {
            if (relocation.type() != null && relocation.type().place() == Place.NOWHERE) {
                continue;
            }
            if (relocation.offset() >= 0 && relocation.offset() < section.contents.length) {
                relocations[bases.get(section) + (int) (relocation.offset() / Integer.BYTES)] = relocation;
            }
        }
    }

    private void follow() {
        while (true) {
            if (!places.isEmpty()) {
                visit(places.pop());
            } else if (!dataToScan.isEmpty()) {
                scan(dataToScan.pop());
            } else {
                return;
            }
        }
    }

    private void reach(int place) {
        if (place != Operation.NOWHERE) {
            places.push(place);
        }
    }

    /** Follows code from a place on, until it ends or was visited. */
    private void visit(int start) {
        int place = start;
        while (operations[place] == null) {
            var operation = isEnd(place) ? end(place) : read(place);
            operations[place] = operation;
            if (operation.target() != Operation.NOWHERE) {
                reach(operation.target());
            } else if (operation.relocation() != null) {
                if (isUndefined(operation.relocation().symbol())) {
                    problems.add(this, place, "'%s' is not defined".formatted(operation.relocation().symbol().name()));
                }
                refer(operation.relocation());
            }
            if (!operation.flow().goesOn()) {
                return;
            }
            place = operation.next();
            // A call that ends its function does not return: what stands behind it is another function.
            if (operation.flow().isCall() && functionEnds.get(place) && !isEnd(place)) {
                return;
            }
        }
    }

    /** Whether a place is the end of a section. */
    private boolean isEnd(int place) {
        var section = section(place);
        return place - bases.get(section) == section.contents.length / Integer.BYTES;
    }

    private static Operation end(int place) {
        return new Operation(place, 1, Flow.TRAP, new RiscvInstruction(RiscvOpcode.EBREAK, 0, 0, 0, 0),
                Operation.NOWHERE, null);
    }

    private Operation read(int place) {
        int word = word(place);
        var instruction = RiscvInstruction.decode(word);
        if (instruction == null) {
            problems.add(this, place, (word & 3) == 3
                    ? "instruction 0x%08x has no counterpart in the PVM".formatted(word)
                    : "0x%04x is a compressed instruction, or data: compile with -march=rv64im_zbb"
                            .formatted(word & 0xffff));
            return end(place);
        }
        var relocation = relocations[place];
        if (relocation != null && (relocation.type() == null || relocation.type().place() != Place.CODE)) {
            problems.add(this, place, "relocation %d of %s against '%s' is unknown"
                    .formatted(relocation.number(), instruction.opcode().mnemonic(), relocation.symbol().name()));
            relocation = null;
        }
        if (relocation != null && (relocation.type() == RelocationType.CALL
                || relocation.type() == RelocationType.CALL_PLT)) {
            return call(place, instruction, relocation);
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
                boolean returns = instruction.rs1() == Registers.RETURN_ADDRESS && instruction.immediate() == 0
                        && relocation == null;
                var flow = instruction.rd() != 0 ? Flow.CALL_INDIRECT : returns ? Flow.RETURN : Flow.JUMP_INDIRECT;
                if (instruction.rs1() == Registers.ZERO) {
                    problems.add(this, place, "an indirect jump to a number");
                }
                yield new Operation(place, 1, flow, instruction, Operation.NOWHERE, relocation);
            }
            case EBREAK, UNIMP -> operation(place, Flow.TRAP, instruction, Operation.NOWHERE);
            case AUIPC -> {
                if (relocation == null) {
                    problems.add(this, place, "auipc without a relocation: its value is an address of the code");
                }
                yield new Operation(place, 1, Flow.NEXT, instruction, Operation.NOWHERE, relocation);
            }
            case ORC_B -> {
                problems.add(this, place, "orc.b has no counterpart in the PVM");
                yield operation(place, Flow.NEXT, instruction, Operation.NOWHERE);
            }
            default -> new Operation(place, 1, Flow.NEXT, instruction, Operation.NOWHERE, relocation);
        };
    }

    private static Operation operation(int place, Flow flow, RiscvInstruction instruction, int target) {
        return new Operation(place, 1, flow, instruction, target, null);
    }

    /** An auipc and the jalr behind it. */
    private Operation call(int place, RiscvInstruction auipc, Relocation relocation) {
        var jalr = isEnd(place + 1) ? null : RiscvInstruction.decode(word(place + 1));
        // What calls a weak function that is absent calls address 0 once it is linked.
        boolean absent = !relocation.symbol().defined() && relocation.symbol().weak();
        if (auipc.opcode() != RiscvOpcode.AUIPC || jalr == null || jalr.opcode() != RiscvOpcode.JALR
                || jalr.rs1() != auipc.rd() && !(absent && jalr.rs1() == Registers.ZERO)) {
            problems.add(this, place, "a call that is not auipc and jalr");
            return end(place);
        }
        checkRegisters(place, jalr);
        int target = target(place, relocation);
        return jump(place, 2, jalr, target);
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
                problems.add(this, place, "more than 6 register arguments: the PVM has no register "
                        + RiscvInstruction.registerName(register));
                return;
            }
            if (!Registers.exists(register)) {
                problems.add(this, place, "%s uses register %s, which the PVM does not have".formatted(
                        instruction.opcode().mnemonic(), RiscvInstruction.registerName(register)));
                return;
            }
        }
    }

    private int relative(int place, RiscvInstruction instruction) {
        var section = section(place);
        long offset = (long) (place - bases.get(section)) * Integer.BYTES + instruction.immediate();
        if (offset < 0 || offset > section.contents.length || offset % Integer.BYTES != 0) {
            problems.add(this, place, "a jump out of its section without a relocation");
            return Operation.NOWHERE;
        }
        return bases.get(section) + (int) (offset / Integer.BYTES);
    }

    private boolean isUndefined(Symbol symbol) {
        return !isCode(symbol) && !DataLayout.hasValue(symbol);
    }

    /** What a relocation leads to becomes part of the program. */
    private void refer(Relocation relocation) {
        var symbol = relocation.symbol();
        var type = relocation.type();
        if (type == RelocationType.PCREL_LO12_I || type == RelocationType.PCREL_LO12_S) {
            // It names the auipc that it belongs to, which has reached what it leads to.
            return;
        }
        if (isCode(symbol)) {
            refer(symbol, relocation.addend());
        } else if (symbol.section() != null) {
            if (data.add(symbol.section())) {
                dataToScan.push(symbol.section());
            }
        }
    }

    /** An address in the code that jumps which are not seen may lead to. */
    private void refer(Symbol symbol, long addend) {
        int place = label(symbol, addend);
        if (place != Operation.NOWHERE) {
            addressed.set(place);
            reach(place);
        }
    }

    private void scan(Section section) {
        for (var relocation : section.relocations) {
            if (relocation.type() == null || relocation.type().place() == Place.CODE) {
                problems.add("section %s+0x%x: relocation %d against '%s' is unknown".formatted(section.name,
                        relocation.offset(), relocation.number(), relocation.symbol().name()));
            } else if (relocation.type().place() == Place.DATA) {
                if (isUndefined(relocation.symbol())) {
                    problems.add("section %s+0x%x: '%s' is not defined".formatted(section.name, relocation.offset(),
                            relocation.symbol().name()));
                }
                refer(relocation);
            }
        }
    }

    /** Where a jump at a place leads to. */
    private int target(int place, Relocation relocation) {
        var symbol = relocation.symbol();
        if (isCode(symbol)) {
            return label(symbol, relocation.addend());
        }
        // Nobody calls a weak function that is not defined: it would be at address 0.
        if (symbol.defined() || !symbol.weak()) {
            problems.add(this, place, symbol.defined()
                    ? "a jump to '%s', which is not code".formatted(symbol.name())
                    : "'%s' is not defined".formatted(symbol.name()));
        }
        return Operation.NOWHERE;
    }

    /** The place of an address in the code. */
    private int label(Symbol symbol, long addend) {
        long offset = symbol.value() + addend;
        if (offset < 0 || offset > symbol.section().contents.length || offset % Integer.BYTES != 0) {
            problems.add("'%s' + %d is not the address of an instruction".formatted(symbol.name(), addend));
            return Operation.NOWHERE;
        }
        return bases.get(symbol.section()) + (int) (offset / Integer.BYTES);
    }

    boolean isCode(Symbol symbol) {
        return bases.containsKey(symbol.section());
    }

    /** Whether a symbol is a place in the code, as it is in every sound file when it is code. */
    boolean isPlace(Symbol symbol) {
        return isCode(symbol) && symbol.value() >= 0 && symbol.value() <= symbol.section().contents.length;
    }

    /** The place that a symbol and an addend lead to, which must be code. */
    int place(Symbol symbol, long addend) {
        return bases.get(symbol.section()) + (int) ((symbol.value() + addend) / Integer.BYTES);
    }

    private int word(int place) {
        var section = section(place);
        return (int) WORD.get(section.contents, (place - bases.get(section)) * Integer.BYTES);
    }

    Section section(int place) {
        int low = 0;
        int high = executable.size();
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (bases.get(executable.get(middle)) <= place) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return executable.get(low);
    }

    long offset(int place) {
        return (long) (place - bases.get(section(place))) * Integer.BYTES;
    }

    ElfObject object() {
        return object;
    }

    /** Places, reached or not. */
    int size() {
        return operations.length;
    }

    /** What stands at a place; null when it cannot be reached. */
    Operation operation(int place) {
        return operations[place];
    }

    /** Whether the address of a place is used, so that indirect jumps may lead to it. */
    boolean hasAddress(int place) {
        return addressed.get(place);
    }

    /** The relocation of the word at a place, or null. */
    Relocation relocation(int place) {
        return relocations[place];
    }

    /** Data sections that are part of the program. */
    Set<Section> data() {
        return data;
    }
}
