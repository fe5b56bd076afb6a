package io.pvmjit.interpreter;

import io.pvmjit.Revision;
import io.pvmjit.program.Instruction;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The gas model of the Gray Paper A.9 copied out as plainly as Java allows: every entry is kept for ever, every rule is
 * tried in its order, every cycle is taken alone. Slow; {@link GasModel} is held against it. It shares nothing with
 * that, not even which registers instructions use.
 */
final class LiteralGasModel {
    private enum State {
        DECODED,
        WAITING,
        EXECUTING,
        FINISHED,
        RETIRED
    }

    private static final class Entry {
        State state = State.DECODED;
        int cyclesLeft;
        Opcode.Units units;
        final Set<Entry> dependencies = new HashSet<>();
        final Set<Integer> registers = new HashSet<>();
    }

    private final Program program;
    private final Revision revision;
    private final List<Entry> entries = new ArrayList<>();
    private Instruction next;
    private int cycles;
    private int decodeSlots = 4;
    private int starts = 5;
    private int alu = 4;
    private int load = 4;
    private int store = 4;
    private int mul = 1;
    private int div = 1;

    private LiteralGasModel(Program program, Revision revision, int pc) {
        this.program = program;
        this.revision = revision;
        this.next = program.decode(pc);
    }

    static int cost(Program program, Revision revision, int pc) {
        var model = new LiteralGasModel(program, revision, pc);
        while (model.decode() || model.start() || model.cycle()) {
            // Until no rule applies.
        }
        return Math.max(model.cycles - 3, 1);
    }

    private boolean decode() {
        if (next == null) {
            return false;
        }
        var sources = sources(next, revision);
        var destinations = destinations(next);
        var overlap = new HashSet<>(sources);
        overlap.retainAll(destinations);
        int wanted = next.opcode().decodeSlots(overlap.contains(next.a()), !overlap.isEmpty());
        if (wanted > decodeSlots || entries.stream().filter(entry -> entry.state != State.RETIRED).count() >= 32) {
            return false;
        }
        decodeSlots -= wanted;
        if (next.opcode() == Opcode.MOVE_REG) {
            for (var entry : entries) {
                if (entry.registers.contains(next.a())) {
                    entry.registers.add(next.d());
                } else {
                    entry.registers.remove(next.d());
                }
            }
        } else {
            var added = new Entry();
            added.cyclesLeft = cycles(next);
            added.units = next.opcode().units();
            for (var entry : entries) {
                if (entry.registers.stream().anyMatch(sources::contains)) {
                    added.dependencies.add(entry);
                }
            }
            entries.forEach(entry -> entry.registers.removeAll(destinations));
            added.registers.addAll(destinations);
            entries.add(added);
        }
        next = next.opcode().terminator() ? null : program.decode(next.next());
        return true;
    }

    private boolean start() {
        if (starts == 0) {
            return false;
        }
        for (var entry : entries) {
            var units = entry.units;
            if (entry.state == State.WAITING && units.alu <= alu && units.load <= load && units.store <= store
                    && units.mul <= mul && units.div <= div
                    && entry.dependencies.stream().allMatch(dependency -> dependency.cyclesLeft == 0)) {
                entry.state = State.EXECUTING;
                alu -= units.alu;
                load -= units.load;
                store -= units.store;
                mul -= units.mul;
                div -= units.div;
                starts--;
                return true;
            }
        }
        return false;
    }

    private boolean cycle() {
        if (next == null && entries.stream().allMatch(entry -> entry.state == State.RETIRED)) {
            return false;
        }
        decodeSlots = 4;
        starts = 5;
        cycles++;
        for (var entry : entries) {
            if (entry.state == State.EXECUTING && entry.cyclesLeft == 1) {
                alu += entry.units.alu;
                load += entry.units.load;
                store += entry.units.store;
                mul += entry.units.mul;
                div += entry.units.div;
            }
        }
        boolean allBeforeFinished = true;
        for (var entry : entries) {
            allBeforeFinished &= entry.state == State.FINISHED || entry.state == State.RETIRED;
            if (allBeforeFinished) {
                entry.state = State.RETIRED;
            } else if (entry.state == State.DECODED) {
                entry.state = State.WAITING;
            } else if (entry.state == State.EXECUTING && entry.cyclesLeft == 0) {
                entry.state = State.FINISHED;
            } else if (entry.state == State.EXECUTING) {
                entry.cyclesLeft--;
            }
        }
        return true;
    }

    private int cycles(Instruction instruction) {
        if (!instruction.opcode().mnemonic().startsWith("branch_")) {
            return instruction.opcode().cycles();
        }
        var unlikely = Set.of(0, 2);
        return unlikely.contains(program.octet(instruction.next()))
                || unlikely.contains(program.octet(instruction.target())) ? 1 : 20;
    }

    private static Set<Integer> sources(Instruction instruction, Revision revision) {
        var name = instruction.opcode().mnemonic();
        int a = instruction.a();
        int b = instruction.b();
        var registers = new HashSet<Integer>();
        switch (instruction.opcode().form()) {
            case NONE, IMM, REG_IMM64, IMM_IMM, OFF -> {}
            case REG_IMM -> {
                if (!name.startsWith("load_")) {
                    registers.add(a);
                }
            }
            case REG_IMM_IMM, REG_REG -> registers.add(a);
            case REG_IMM_OFF -> {
                if (name.startsWith("branch_")) {
                    registers.add(a);
                }
            }
            case REG_REG_IMM, REG_REG_IMM_IMM -> {
                registers.add(b);
                if (name.startsWith("store_") || name.startsWith("cmov_") && revision != Revision.V0_8_0) {
                    registers.add(a);
                }
            }
            case REG_REG_OFF -> registers.addAll(List.of(a, b));
            case REG_REG_REG -> {
                registers.addAll(List.of(a, b));
                if (name.startsWith("cmov_") && revision != Revision.V0_8_0) {
                    registers.add(instruction.d());
                }
            }
        }
        return registers;
    }

    private static Set<Integer> destinations(Instruction instruction) {
        var name = instruction.opcode().mnemonic();
        if (name.startsWith("store_") || name.startsWith("branch_") || name.startsWith("jump")) {
            return Set.of();
        }
        return switch (instruction.opcode().form()) {
            case NONE, IMM, IMM_IMM, OFF, REG_IMM_IMM, REG_REG_OFF -> Set.of();
            case REG_IMM64, REG_IMM, REG_IMM_OFF, REG_REG_IMM, REG_REG_IMM_IMM -> Set.of(instruction.a());
            case REG_REG, REG_REG_REG -> Set.of(instruction.d());
        };
    }
}
