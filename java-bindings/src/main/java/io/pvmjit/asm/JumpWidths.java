package io.pvmjit.asm;

import io.pvmjit.program.Program;
import java.util.Arrays;
import java.util.BitSet;

/** Finds the jumps of a program whose offsets have other widths than the assembler would choose. */
final class JumpWidths {
    /** Attempts after which every width is written out: only made-up programs come near. */
    private static final int ATTEMPT_LIMIT = 4;

    private int count;
    private int[] addresses = new int[16];
    private int[] targets = new int[16];
    private int[] widths = new int[16];

    private JumpWidths() {}

    /** Addresses of those jumps to labels. */
    static BitSet irregular(Program program) {
        var jumps = new JumpWidths();
        for (int pc = 0; pc < program.codeLength();) {
            var instruction = program.decode(pc);
            if (instruction.opcode().operands().hasTarget() && isLabel(program, instruction.target())) {
                var encoding = Encoding.of(program, instruction);
                if (encoding != null) {
                    jumps.add(pc, (int) instruction.target(), encoding.offsetWidth());
                }
            }
            pc = instruction.next();
        }
        var result = new BitSet();
        // Widths that are written out can only lengthen the others, and never beyond what the program has: a second
        // attempt finds nothing unless growth was cut off.
        for (int attempt = 1; jumps.removeDifferent(result, attempt == ATTEMPT_LIMIT); attempt++) {}
        return result;
    }

    /** Whether a label can stand at an address: an instruction starts there, or the code ends. */
    static boolean isLabel(Program program, long address) {
        return program.isStart(address) || address == program.codeLength();
    }

    private void add(int address, int target, int width) {
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * count);
            targets = Arrays.copyOf(targets, 2 * count);
            widths = Arrays.copyOf(widths, 2 * count);
        }
        addresses[count] = address;
        targets[count] = target;
        widths[count++] = width;
    }

    /** Moves the jumps to which the assembler would give another width (or all) from here to the result. */
    private boolean removeDifferent(BitSet result, boolean all) {
        var widthsBefore = new int[count + 1];
        for (int i = 0; i < count; i++) {
            widthsBefore[i + 1] = widthsBefore[i] + widths[i];
        }
        var places = new int[count];
        var bareTargets = new int[count];
        var jumpsBeforeTarget = new int[count];
        for (int i = 0; i < count; i++) {
            int found = Arrays.binarySearch(addresses, 0, count, targets[i]);
            jumpsBeforeTarget[i] = found < 0 ? -found - 1 : found;
            places[i] = addresses[i] - widthsBefore[i];
            bareTargets[i] = targets[i] - widthsBefore[jumpsBeforeTarget[i]];
        }
        var chosen = Relaxation.widths(places, bareTargets, jumpsBeforeTarget);
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (all || chosen[i] != widths[i]) {
                result.set(addresses[i]);
            } else {
                addresses[kept] = addresses[i];
                targets[kept] = targets[i];
                widths[kept++] = widths[i];
            }
        }
        boolean removed = kept < count;
        count = kept;
        return removed;
    }
}
