package io.pvmjit.interpreter;

import io.pvmjit.PipelineStep;
import io.pvmjit.program.Instruction;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.util.Arrays;
import java.util.List;

/**
 * Prices basic blocks (Gray Paper A.9) by simulating the pipeline that the paper describes, rule by rule: decode,
 * start, done, cycle. Not thread-safe.
 *
 * <p>Two things keep time linear in the length of a block and memory constant, without touching the rules. Only the
 * entries of the reorder buffer that are not retired are kept, at most 32, in a ring: a retired entry has no cycles
 * left, so nothing waits for it. And cycles in which nothing but counting down can happen are taken together.
 */
final class GasModel {
    /** Entries that may be in the buffer and not retired; one bit of a set each. */
    private static final int WINDOW = Integer.SIZE;
    private static final int DECODE_SLOTS = 4;
    private static final int STARTS = 5;
    /** What is taken off the cycles of a block, but not below 1. */
    private static final int PIPELINE_FILL = 3;

    private static final int BRANCH_UNPREDICTED = 20;
    private static final int BRANCH_UNLIKELY = 1;

    private final Program program;
    /** Told what happens; null when nobody wants to know. */
    private Timeline timeline;

    // The entries, by cell of the ring.
    private final int[] cyclesLeft = new int[WINDOW];
    private final int[] dependencies = new int[WINDOW];
    private final int[] held = new int[WINDOW];
    private final Opcode.Units[] units = new Opcode.Units[WINDOW];
    /** Cell of the oldest entry; the others follow it in the order of their age. */
    private int oldest;
    private int count;

    // States of the entries, as sets of cells; what is in none of them is retired or was never used.
    private int decoded;
    private int waiting;
    private int executing;
    private int finished;
    /** Entries with more than 0 cycles left, as a set of cells. */
    private int unfinished;

    private long cycles;
    private int decodeSlotsLeft;
    private int startsLeft;
    private int alu;
    private int load;
    private int store;
    private int mul;
    private int div;

    GasModel(Program program) {
        this.program = program;
    }

    /** The price of the basic block that starts at pc, 1 or more. */
    int cost(int pc) {
        reset();
        var next = program.decode(pc);
        boolean moved = true;
        while (true) {
            if (next != null && decodeSlots(next) <= decodeSlotsLeft && count < WINDOW) {
                decode(next);
                next = next.opcode().terminator() ? null : program.decode(next.next());
                moved = true;
            } else if (startOne()) {
                moved = true;
            } else if (next == null && count == 0) {
                break;
            } else {
                if (!moved) {
                    skipQuietCycles();
                }
                cycle();
                moved = false;
            }
        }
        // At most 60 cycles an instruction in the long run: divisions one after the other, of 2^25 at most.
        return Math.toIntExact(Math.max(cycles - PIPELINE_FILL, 1));
    }

    /** What becomes of each instruction of the basic block that starts at pc. */
    List<PipelineStep> timeline(int pc) {
        timeline = new Timeline();
        try {
            cost(pc);
            return timeline.steps();
        } finally {
            timeline = null;
        }
    }

    private void reset() {
        oldest = 0;
        count = 0;
        decoded = 0;
        waiting = 0;
        executing = 0;
        finished = 0;
        unfinished = 0;
        cycles = 0;
        decodeSlotsLeft = DECODE_SLOTS;
        startsLeft = STARTS;
        alu = 4;
        load = 4;
        store = 4;
        mul = 1;
        div = 1;
        Arrays.fill(held, 0);
        Arrays.fill(dependencies, 0);
    }

    private int sources(Instruction instruction) {
        return RegisterUse.sources(instruction, program.rules().cmovReadsDestination());
    }

    private int decodeSlots(Instruction instruction) {
        int sources = sources(instruction);
        int destinations = RegisterUse.destinations(instruction);
        boolean firstOverlaps = (sources & destinations & 1 << instruction.a()) != 0;
        return instruction.opcode().decodeSlots(firstOverlaps, (sources & destinations) != 0);
    }

    private int cycles(Instruction instruction) {
        int fixed = instruction.opcode().cycles();
        if (fixed != Opcode.BRANCH_CYCLES) {
            return fixed;
        }
        return seldomEntered(instruction.next()) || seldomEntered(instruction.target())
                ? BRANCH_UNLIKELY
                : BRANCH_UNPREDICTED;
    }

    /** Whether the opcode at pc says so. */
    private boolean seldomEntered(long pc) {
        var opcode = program.opcode(pc);
        return opcode == Opcode.TRAP || opcode == Opcode.UNLIKELY;
    }

    /** Rule 1: takes the next instruction into the buffer. */
    private void decode(Instruction instruction) {
        int sources = sources(instruction);
        int destinations = RegisterUse.destinations(instruction);
        decodeSlotsLeft -= decodeSlots(instruction);
        if (instruction.opcode() == Opcode.MOVE_REG) {
            if (timeline != null) {
                timeline.passed(instruction.pc(), cycles);
            }
            for (int cell = 0; cell < WINDOW; cell++) {
                held[cell] = (held[cell] & sources) != 0 ? held[cell] | destinations : held[cell] & ~destinations;
            }
            return;
        }
        int cell = (oldest + count) % WINDOW;
        count++;
        if (timeline != null) {
            timeline.decoded(cell, instruction.pc(), cycles);
        }
        int dependsOn = 0;
        for (int other = 0; other < WINDOW; other++) {
            if ((held[other] & sources) != 0) {
                dependsOn |= 1 << other;
            }
            held[other] &= ~destinations;
        }
        cyclesLeft[cell] = cycles(instruction);
        dependencies[cell] = dependsOn;
        held[cell] = destinations;
        units[cell] = instruction.opcode().units();
        decoded |= 1 << cell;
        unfinished |= 1 << cell;
    }

    /** Rule 2: starts the oldest entry that can be; false when there is none. */
    private boolean startOne() {
        if (startsLeft == 0) {
            return false;
        }
        int byAge = Integer.rotateRight(waiting, oldest);
        while (byAge != 0) {
            int cell = (oldest + Integer.numberOfTrailingZeros(byAge)) % WINDOW;
            byAge &= byAge - 1;
            if ((dependencies[cell] & unfinished) == 0 && unitsFree(units[cell])) {
                takeUnits(units[cell], 1);
                startsLeft--;
                waiting &= ~(1 << cell);
                executing |= 1 << cell;
                if (timeline != null) {
                    timeline.started(cell, cycles);
                }
                return true;
            }
        }
        return false;
    }

    private boolean unitsFree(Opcode.Units wanted) {
        return wanted.alu <= alu
                && wanted.load <= load
                && wanted.store <= store
                && wanted.mul <= mul
                && wanted.div <= div;
    }

    private void takeUnits(Opcode.Units taken, int sign) {
        alu -= sign * taken.alu;
        load -= sign * taken.load;
        store -= sign * taken.store;
        mul -= sign * taken.mul;
        div -= sign * taken.div;
    }

    /** Rule 4: all entries advance at once, from the state before. */
    private void cycle() {
        decodeSlotsLeft = DECODE_SLOTS;
        startsLeft = STARTS;
        cycles++;
        int retiring = Integer.numberOfTrailingZeros(~Integer.rotateRight(finished, oldest));
        int newlyFinished = 0;
        for (int left = executing; left != 0; left &= left - 1) {
            int cell = Integer.numberOfTrailingZeros(left);
            if (cyclesLeft[cell] == 0) {
                newlyFinished |= 1 << cell;
                if (timeline != null) {
                    timeline.finished(cell, cycles - 1);
                }
                continue;
            }
            if (cyclesLeft[cell] == 1) {
                takeUnits(units[cell], -1);
                unfinished &= ~(1 << cell);
            }
            cyclesLeft[cell]--;
        }
        waiting |= decoded;
        decoded = 0;
        executing &= ~newlyFinished;
        finished |= newlyFinished;
        for (int i = 0; i < retiring; i++) {
            retireOldest();
        }
    }

    private void retireOldest() {
        int bit = 1 << oldest;
        if (timeline != null) {
            timeline.retired(oldest, cycles);
        }
        finished &= ~bit;
        held[oldest] = 0;
        for (int cell = 0; cell < WINDOW; cell++) {
            dependencies[cell] &= ~bit;
        }
        oldest = (oldest + 1) % WINDOW;
        count--;
    }

    /**
     * Counts down through the cycles in which rule 4 does nothing else. Called when neither decoding nor starting was
     * possible though a cycle had just renewed decode slots and starts: then no entry is newly decoded, and both stay
     * impossible until an entry finishes, returns its units, or is retired.
     */
    private void skipQuietCycles() {
        if (executing == 0 || (finished >>> oldest & 1) != 0) {
            return;
        }
        int quiet = Integer.MAX_VALUE;
        for (int left = executing; left != 0; left &= left - 1) {
            quiet = Math.min(quiet, cyclesLeft[Integer.numberOfTrailingZeros(left)] - 1);
        }
        if (quiet <= 0) {
            return;
        }
        cycles += quiet;
        for (int left = executing; left != 0; left &= left - 1) {
            cyclesLeft[Integer.numberOfTrailingZeros(left)] -= quiet;
        }
    }
}
