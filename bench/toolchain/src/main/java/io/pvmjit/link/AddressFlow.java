package io.pvmjit.link;

import io.pvmjit.link.ElfObject.Relocation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Follows addresses of the code through the registers, for what the assembler has computed and no relocation tells:
 * auipc with a distance of its own, and distances between labels, which make sense only where addresses are as far from
 * each other as the instructions are. What comes of it: instructions whose address is known; functions whose every
 * instruction may be jumped to since they compute with addresses; sections whose addresses must keep their distances.
 */
final class AddressFlow {
    private final CodeGraph graph;
    private final Places places;
    private final TextAddresses addresses;
    /** Registers at places where several ways meet, by place. */
    private final Map<Integer, Address[]> states = new HashMap<>();
    private final Deque<Integer> waiting = new ArrayDeque<>();
    private final BitSet meetings;
    private final BitSet followed = new BitSet();
    /** Of functions, by their first place: registers at their indirect jumps; inner labels with addresses. */
    private final Map<Integer, Address[]> jumps = new HashMap<>();
    private final Map<Integer, BitSet> labels = new HashMap<>();
    /** Functions with an inner label whose address is used by itself; those that keep one outside of registers. */
    private final BitSet labelled = new BitSet();
    private final BitSet keeping = new BitSet();
    private final Map<Integer, List<Integer>> meetingsOf = new HashMap<>();
    private final StackSlots slots = new StackSlots();

    private final Map<Integer, Operation> resolved = new HashMap<>();
    private final Map<Integer, String> problems = new HashMap<>();
    private final BitSet open = new BitSet();
    private final Set<Section> linear = new HashSet<>();

    AddressFlow(CodeGraph graph, Places places) {
        this.graph = graph;
        this.places = places;
        this.addresses = new TextAddresses(places);
        this.meetings = new BitSet(graph.size());
        for (int place = 0; place < graph.size(); place++) {
            var operation = graph.operation(place);
            if (operation == null) {
                continue;
            }
            if (operation.target() != Operation.NOWHERE) {
                meetings.set(operation.target());
            }
            if (graph.isLabel(place) || places.isFunctionBegin(place)) {
                meetings.set(place);
                if (!places.isFunctionBegin(place)) {
                    int function = places.function(place);
                    labels.computeIfAbsent(function, _ -> new BitSet()).set(place);
                    labelled.set(function, labelled.get(function) || graph.hasWholeAddress(place));
                }
            }
        }
        for (int place = 0; place < graph.size(); place++) {
            if (graph.operation(place) != null && places.isFunctionBegin(place)) {
                meet(place, Address.unknown());
            }
        }
        run();
        // What nothing is seen to lead to.
        for (int place = 0; place < graph.size(); place++) {
            if (graph.hasAddress(place) && graph.operation(place) != null && !followed.get(place)) {
                meetings.set(place);
                meet(place, jumps.getOrDefault(places.function(place), Address.unknown()));
                run();
            }
        }
        labelled.stream().filter(function -> keeping.get(function) && jumps.containsKey(function)
                || graph.hasHoles(function)).forEach(open::set);
    }

    /** Instructions whose operand is an address that the assembler has computed: what they come to. */
    Map<Integer, Operation> resolved() {
        return resolved;
    }

    /** First places of functions whose every instruction may be jumped to. */
    BitSet open() {
        return open;
    }

    /** Sections whose addresses keep their distances. */
    Set<Section> linear() {
        return linear;
    }

    void report(Problems all) {
        problems.forEach((place, problem) -> all.add(graph, place, problem));
    }

    private void run() {
        while (!waiting.isEmpty()) {
            int place = waiting.pop();
            var registers = states.get(place).clone();
            do {
                place = step(place, registers);
            } while (place != Operation.NOWHERE && !meetings.get(place));
            if (place != Operation.NOWHERE) {
                meet(place, registers);
            }
        }
    }

    private void meet(int place, Address[] registers) {
        if (graph.operation(place) == null) {
            return;
        }
        var state = states.get(place);
        if (state == null) {
            states.put(place, registers.clone());
            meetingsOf.computeIfAbsent(places.function(place), _ -> new ArrayList<>()).add(place);
            waiting.push(place);
        } else if (Address.join(state, registers)) {
            waiting.push(place);
        }
    }

    /** Follows one operation; the next place, or {@link Operation#NOWHERE}. */
    private int step(int place, Address[] registers) {
        var operation = graph.operation(place);
        if (operation == null) {
            return Operation.NOWHERE;
        }
        followed.set(place);
        var instruction = operation.instruction();
        switch (operation.flow()) {
            case NEXT -> next(operation, registers);
            case BRANCH -> {
                refuseUnfinished(operation, registers, instruction.rs1(), instruction.rs2());
                refuseEnd(operation, Address.get(registers, instruction.rs1()));
                refuseEnd(operation, Address.get(registers, instruction.rs2()));
                meet(operation.target(), registers);
            }
            case JUMP -> meet(operation.target(), registers);
            case CALL -> call(place, registers);
            case CALL_INDIRECT -> {
                target(operation, registers);
                call(place, registers);
            }
            case JUMP_INDIRECT -> jump(operation, registers);
            case RETURN -> keep(place, registers, 10, 11);
            case TRAP -> {}
        }
        return operation.flow().goesOn() ? operation.next() : Operation.NOWHERE;
    }

    private void call(int place, Address[] registers) {
        keep(place, registers, 10, 11, 12, 13, 14, 15);
        for (int register = 1; register < 32; register++) {
            if (Registers.exists(register) && !Registers.isPreserved(register)) {
                Address.set(registers, register, Address.UNKNOWN);
            }
        }
    }

    /** Labels that leave the function's registers may be looked at anywhere. */
    private void keep(int place, Address[] registers, int... numbers) {
        for (int register : numbers) {
            var address = Address.get(registers, register);
            if (address.kind() == Address.Kind.ANY_TEXT || addresses.isInner(address)) {
                keeping.set(address.kind() == Address.Kind.ANY_TEXT ? places.function(place) : addresses.function(address));
            }
        }
    }

    /** The place that an indirect jump or call is known to lead to. */
    private int target(Operation operation, Address[] registers) {
        var address = Address.get(registers, operation.instruction().rs1());
        if (address.kind() == Address.Kind.MIXED) {
            refuse(operation);
        } else if (address.kind() == Address.Kind.RAW) {
            int target = addresses.place(address.plus(operation.instruction().immediate()));
            if (target == Operation.NOWHERE) {
                refuse(operation);
            } else {
                var flow = operation.flow() == Operation.Flow.CALL_INDIRECT
                        ? Operation.Flow.CALL : Operation.Flow.JUMP;
                resolved.put(operation.place(),
                        new Operation(operation.place(), 1, flow, operation.instruction(), target, null));
                return target;
            }
        }
        return Operation.NOWHERE;
    }

    private void jump(Operation operation, Address[] registers) {
        int target = target(operation, registers);
        if (target != Operation.NOWHERE) {
            meetings.set(target);
            meet(target, registers);
            return;
        }
        int function = places.function(operation.place());
        var inner = labels.getOrDefault(function, new BitSet());
        boolean computed = Address.get(registers, operation.instruction().rs1()).kind().isComputed()
                || operation.instruction().immediate() != 0 && operation.relocation() == null;
        if (computed && labelled.get(function)) {
            open.set(function);
        }
        var state = jumps.get(function);
        if (state != null && !Address.join(state, registers)) {
            return;
        }
        state = jumps.computeIfAbsent(function, _ -> registers.clone());
        for (int place = inner.nextSetBit(0); place >= 0; place = inner.nextSetBit(place + 1)) {
            meet(place, state);
        }
    }

    private void next(Operation operation, Address[] registers) {
        var instruction = operation.instruction();
        int rd = instruction.rd();
        var a = Address.get(registers, instruction.rs1());
        var b = Address.get(registers, instruction.rs2());
        var relocation = operation.relocation();
        switch (instruction.opcode()) {
            case AUIPC -> Address.set(registers, rd, relocation == null ? addresses.raw(operation) : text(relocation));
            case LUI -> Address.set(registers, rd, relocation == null ? Address.UNKNOWN : text(relocation));
            case ADDI -> Address.set(registers, rd, sum(operation, a));
            case ADD, SUB -> {
                refuseUnfinished(operation, registers, instruction.rs1(), instruction.rs2());
                boolean move = instruction.rs2() == Registers.ZERO
                        || instruction.rs1() == Registers.ZERO && instruction.opcode() == RiscvOpcode.ADD;
                Address.set(registers, rd, move
                        ? instruction.rs2() == Registers.ZERO ? a : b
                        : computed(operation, a, b, true));
            }
            case AND, OR, XOR, ANDI, ORI, XORI, ANDN, ORN, XNOR -> {
                refuseUnfinished(operation, registers, instruction.rs1(), instruction.rs2());
                Address.set(registers, rd, computed(operation, a, b, false));
            }
            case ADDW, SUBW, ADDIW, SLLI, SRLI, SRAI -> {
                refuseUnfinished(operation, registers, instruction.rs1(), instruction.rs2());
                boolean adds = instruction.opcode() == RiscvOpcode.ADDW || instruction.opcode() == RiscvOpcode.SUBW;
                Address.set(registers, rd, adds || a.kind().isComputed() ? Address.SUM : Address.UNKNOWN);
            }
            case LB, LH, LW, LD, LBU, LHU, LWU -> Address.set(registers, rd, load(operation, a));
            case SB, SH, SW, SD -> store(operation, registers, a, b);
            case HOST_CALL -> {
                Address.set(registers, 10, Address.UNKNOWN);
                Address.set(registers, 11, Address.UNKNOWN);
            }
            default -> {
                refuseUnfinished(operation, registers, instruction.rs1(), instruction.rs2());
                Address.set(registers, rd, Address.UNKNOWN);
            }
        }
    }

    private Address text(Relocation relocation) {
        return relocation.type() == RelocationType.GOT_HI20 ? Address.UNKNOWN : addresses.of(relocation);
    }

    private Address sum(Operation addi, Address base) {
        var relocation = addi.relocation();
        if (relocation != null) {
            return relocation.type().isJump() ? base : text(relocation);
        }
        int immediate = addi.instruction().immediate();
        if (base.kind() == Address.Kind.MIXED) {
            refuse(addi);
            return Address.UNKNOWN;
        }
        if (immediate == 0 && base.kind() != Address.Kind.RAW) {
            return base;
        }
        if (base.isText() || base.kind() == Address.Kind.RAW) {
            var address = base.plus(immediate);
            var known = addresses.resolve(addi, address);
            if (known != null) {
                resolved.put(addi.place(), known);
                return addresses.of(known.relocation());
            }
            if (base.kind() == Address.Kind.RAW) {
                refuse(addi);
                return Address.UNKNOWN;
            }
            linear.add(base.section());
            return Address.TAINTED;
        }
        if (addi.instruction().rs1() == Registers.ZERO) {
            return Address.UNKNOWN;
        }
        if (base.kind() == Address.Kind.ANY_TEXT || base.kind() == Address.Kind.TAINTED) {
            open.set(places.function(addi.place()));
            return Address.TAINTED;
        }
        return Address.SUM;
    }

    /** The result of arithmetic; where it is on an address of the code, that must be as far from others as it was. */
    private Address computed(Operation operation, Address a, Address b, boolean adds) {
        boolean any = false;
        for (var operand : List.of(a, b)) {
            if (operand.isText()) {
                any = true;
                refuseEnd(operation, operand);
                linear.add(operand.section());
                if (adds && addresses.isInner(operand)) {
                    open.set(addresses.function(operand));
                } else if (adds) {
                    openAll(operand.section());
                }
            } else if (operand.kind() == Address.Kind.ANY_TEXT || operand.kind() == Address.Kind.TAINTED) {
                any = true;
                linear.add(places.section(operation.place()));
                if (adds) {
                    open.set(places.function(operation.place()));
                }
            }
        }
        return any ? Address.TAINTED : Address.SUM;
    }

    /** What is added to the address of a function may lead to any other of its section. */
    private void openAll(Section section) {
        var bounds = places.bounds(section);
        for (int place = bounds[0]; place < bounds[1]; place++) {
            if (places.isFunctionBegin(place)) {
                open.set(place);
            }
        }
    }

    private Address load(Operation operation, Address base) {
        var instruction = operation.instruction();
        if (operation.relocation() != null && operation.relocation().type().isJump()) {
            var upper = graph.isPlace(operation.relocation().symbol())
                    ? graph.relocation(graph.place(operation.relocation().symbol(), 0)) : null;
            if (upper != null && upper.type() == RelocationType.GOT_HI20) {
                return addresses.of(upper);
            }
        }
        if (base.kind() == Address.Kind.MIXED || addresses.leadsToCode(operation)) {
            refuseAccess(operation, "reads");
        } else if (base.kind() == Address.Kind.RAW || base.isText()) {
            int offset = operation.relocation() == null ? instruction.immediate() : 0;
            var known = addresses.resolve(operation, base.plus(offset));
            if (known == null) {
                refuseAccess(operation, "reads");
            } else {
                resolved.put(operation.place(), known);
            }
        }
        int function = places.function(operation.place());
        return labelled.get(function) && slots.load(function, instruction) ? Address.SUM : Address.UNKNOWN;
    }

    private void store(Operation operation, Address[] registers, Address base, Address value) {
        var instruction = operation.instruction();
        if (base.isText() || addresses.leadsToCode(operation) || base.kind().compareTo(Address.Kind.RAW) >= 0) {
            refuseAccess(operation, "writes");
        }
        refuseUnfinished(operation, registers, instruction.rs2());
        keep(operation.place(), registers, instruction.rs2());
        int function = places.function(operation.place());
        if (labelled.get(function) && value.kind().isComputed() && slots.store(function, instruction)) {
            // Those who have loaded it follow from where ways met before them.
            meetingsOf.getOrDefault(function, List.of()).forEach(waiting::push);
        }
    }

    private void refuseUnfinished(Operation operation, Address[] registers, int... numbers) {
        for (int register : numbers) {
            var kind = Address.get(registers, register).kind();
            if (kind == Address.Kind.RAW || kind == Address.Kind.MIXED) {
                refuse(operation);
            }
        }
    }

    /** Where data end and code begins, only who jumps there says which of both is meant. */
    private void refuseEnd(Operation operation, Address address) {
        if (address.isText() && address.section().data.isEnd(addresses.offset(address))) {
            problems.put(operation.place(), "an address that is the end of data and the begin of code");
        }
    }

    private void refuse(Operation operation) {
        problems.put(operation.place(), "auipc without a relocation: its value is an address of the code");
    }

    private void refuseAccess(Operation operation, String does) {
        problems.put(operation.place(), operation.opcode().mnemonic() + " " + does + " the code, which has no address");
    }

}
