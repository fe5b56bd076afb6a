package io.pvmjit.asm;

import io.pvmjit.EngineRules;
import io.pvmjit.program.NaturalEncoding;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Operand;
import io.pvmjit.program.OperandForm;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;

/**
 * Builds a program blob instruction by instruction. Immediates and offsets get the fewest octets that hold them. What
 * is built is not validated: a program that does not end in a terminator, say, can be built too.
 *
 * <p>Operands come in the order of the text form, registers as their numbers; {@code [A + X]} counts as two.
 *
 * <pre>{@code
 * var builder = new ProgramBuilder();
 * var loop = builder.label();
 * builder.append(LOAD_IMM, 7, 10).append(FALLTHROUGH);
 * builder.place(loop).append(ADD_IMM_64, 7, 7, -1).appendTo(BRANCH_NE_IMM, loop, 7, 0);
 * builder.append(TRAP);
 * byte[] blob = builder.build();
 * }</pre>
 */
public final class ProgramBuilder {
    private static final int UNPLACED = -1;

    /** A place in the code. It belongs to the builder that made it. */
    public static final class Label {
        private final ProgramBuilder owner;
        /** The instruction it stands before. */
        private int item = UNPLACED;

        private Label(ProgramBuilder owner) {
            this.owner = owner;
        }
    }

    /** An instruction: octets as they are, or an encoding whose offset may lead to a label. */
    private record Item(byte[] octets, Encoding encoding, Label target, boolean relaxed) {
        int length() {
            return octets != null ? octets.length : encoding.length();
        }
    }

    /** A jump table entry: a label or a value. */
    private record Entry(Label label, long value) {}

    private final Rules rules;
    private final List<Item> items = new ArrayList<>();
    private final List<Entry> entries = new ArrayList<>();
    private int entrySize = UNPLACED;
    /** Entries of no octets, unsigned; then there are no others. */
    private long emptyEntries;
    /** Address of every instruction and of the end; null until it is known. */
    private int[] addresses;

    /** A builder of programs for the default revision. */
    public ProgramBuilder() {
        this(Rules.defaults());
    }

    /** A builder of programs for these rules. */
    public ProgramBuilder(EngineRules rules) {
        this.rules = Rules.of(rules);
    }

    /** A new label, to be placed once. */
    public Label label() {
        return new Label(this);
    }

    /** Puts a label before the next instruction. */
    public ProgramBuilder place(Label label) {
        requireOwn(label);
        if (label.item != UNPLACED) {
            throw new IllegalStateException("the label is placed already");
        }
        label.item = items.size();
        return this;
    }

    /**
     * Adds an instruction. A jump or branch takes its offset from the opcode as the last operand.
     *
     * @throws IllegalArgumentException when there are too many or too few operands, or one does not fit
     */
    public ProgramBuilder append(Opcode opcode, long... operands) {
        return add(encode(opcode, operands), null, false);
    }

    /** Adds a jump or branch to a label; the operands are those before the target. */
    public ProgramBuilder appendTo(Opcode opcode, Label target, long... operands) {
        if (!opcode.operands().hasTarget()) {
            throw new IllegalArgumentException(opcode.mnemonic() + " has no jump target");
        }
        var withOffset = Arrays.copyOf(operands, operands.length + 1);
        return add(encode(opcode, withOffset).withOffset(0, 0), target, true);
    }

    /** As {@link #appendTo}, with an offset of four octets whatever the distance, so that the length is known. */
    public ProgramBuilder appendFar(Opcode opcode, Label target, long... operands) {
        appendTo(opcode, target, operands);
        var item = items.removeLast();
        return add(item.encoding.withOffset(0, Encoding.MAXIMUM_WIDTH), target, false);
    }

    /** Adds one instruction as it is: the opcode and everything up to the next instruction. */
    public ProgramBuilder octets(byte... octets) {
        if (octets.length == 0 || octets.length > Program.MAXIMUM_SKIP + 1) {
            throw new IllegalArgumentException("an instruction has 1 to " + (Program.MAXIMUM_SKIP + 1) + " octets, got "
                    + octets.length);
        }
        return add(new Item(octets.clone(), null, null, false));
    }

    /**
     * Adds an instruction; if it has a target its offset is filled in later.
     *
     * @param relaxed whether the width of the offset is chosen as well
     */
    ProgramBuilder add(Encoding encoding, Label target, boolean relaxed) {
        if (target != null) {
            requireOwn(target);
        }
        return add(new Item(null, encoding, target, relaxed));
    }

    private ProgramBuilder add(Item item) {
        items.add(item);
        addresses = null;
        return this;
    }

    /** Adds a jump table entry and returns the dynamic address that leads to it: 2 for the first. */
    public long entry(Label label) {
        requireOwn(label);
        entries.add(new Entry(label, 0));
        return 2L * entries.size();
    }

    /** Adds a jump table entry of any value, unsigned, and returns the dynamic address that leads to it. */
    public long entry(long value) {
        entries.add(new Entry(null, value));
        return 2L * entries.size();
    }

    /** Adds the last jump table entry so many times more. */
    void repeatEntry(int times) {
        entries.addAll(Collections.nCopies(times, entries.getLast()));
    }

    /** Sets the octets of a jump table entry, 0 to 255; else they are the fewest that hold all, and at least one. */
    public ProgramBuilder entrySize(int octets) {
        if (octets < 0 || octets > 255) {
            throw new IllegalArgumentException("jump table entries have 0 to 255 octets, got " + octets);
        }
        entrySize = octets;
        return this;
    }

    /**
     * Makes the jump table one of entries without octets, all of which lead to 0.
     *
     * @param count unsigned; a blob can claim any number, more than 2^24 only in revision 0.8.0
     */
    public ProgramBuilder emptyEntries(long count) {
        emptyEntries = count;
        return this;
    }

    /** Address of a label in the code, as far as it is built. */
    public int pc(Label label) {
        requireOwn(label);
        if (label.item == UNPLACED) {
            throw new IllegalStateException("the label is not placed");
        }
        return addresses()[label.item];
    }

    /** Octets of code, as far as it is built. */
    public int codeLength() {
        return addresses()[items.size()];
    }

    /**
     * The program blob.
     *
     * @throws IllegalStateException when a label is used and not placed, or there are both empty and other jump table
     *     entries
     * @throws IllegalArgumentException when a jump table entry does not fit the entry size that was set
     */
    public byte[] build() {
        var starts = addresses();
        var code = new byte[codeLength()];
        var mask = new BitSet(code.length);
        for (int i = 0; i < items.size(); i++) {
            var item = items.get(i);
            mask.set(starts[i]);
            if (item.octets != null) {
                System.arraycopy(item.octets, 0, code, starts[i], item.octets.length);
            } else if (item.target != null) {
                long offset = (long) pc(item.target) - starts[i];
                item.encoding.withOffset(offset, starts[i + 1] - starts[i] - item.encoding.withOffset(0, 0).length())
                        .write(code, starts[i], rules.opcodes());
            } else {
                item.encoding.write(code, starts[i], rules.opcodes());
            }
        }
        var table = new long[entries.size()];
        int size = entries.isEmpty() ? 0 : 1;
        for (int i = 0; i < table.length; i++) {
            var entry = entries.get(i);
            table[i] = entry.label == null ? entry.value : pc(entry.label);
            size = Math.max(size, unsignedWidth(table[i]));
        }
        if (entrySize != UNPLACED) {
            if (Arrays.stream(table).anyMatch(value -> unsignedWidth(value) > entrySize)) {
                throw new IllegalArgumentException("a jump table entry does not fit " + entrySize + " octets");
            }
            size = entrySize;
        }
        var blob = Program.encode(code, mask, table, size);
        if (emptyEntries == 0) {
            return blob;
        }
        if (table.length != 0 || size != 0) {
            throw new IllegalStateException("a jump table has either empty entries or others");
        }
        // The number of entries is the first octet, 0; all that follows it stays.
        var prefix = NaturalEncoding.encode(emptyEntries);
        var result = Arrays.copyOf(prefix, prefix.length + blob.length - 1);
        System.arraycopy(blob, 1, result, prefix.length, blob.length - 1);
        return result;
    }

    /** The fewest octets that hold an unsigned value: 0 to 8. */
    static int unsignedWidth(long value) {
        return (71 - Long.numberOfLeadingZeros(value)) / 8;
    }

    private void requireOwn(Label label) {
        if (label.owner != this) {
            throw new IllegalArgumentException("the label belongs to another builder");
        }
    }

    private static Encoding encode(Opcode opcode, long[] operands) {
        int a = 0;
        int b = 0;
        int d = 0;
        long x = 0;
        long y = 0;
        int used = 0;
        var list = opcode.operands().list();
        int expected = list.stream().mapToInt(ProgramBuilder::valuesOf).sum();
        if (operands.length != expected) {
            throw new IllegalArgumentException(
                    "expected " + expected + " operands for '" + Usage.of(opcode) + "', got " + operands.length);
        }
        for (var operand : list) {
            if (operand.register() != null) {
                int number = register(operands[used++]);
                switch (operand.register()) {
                    case A -> a = number;
                    case B -> b = number;
                    case D -> d = number;
                    case X, Y -> throw new AssertionError(operand);
                }
            }
            boolean offset = operand == Operand.TARGET;
            if (operand.immediate() == Operand.Field.Y || offset && opcode.form() == OperandForm.REG_IMM_OFF) {
                y = operands[used++];
            } else if (operand.immediate() == Operand.Field.X || offset) {
                x = operands[used++];
            }
        }
        var encoding = Encoding.shortest(opcode, a, b, d, x, y);
        if ((encoding.xWidth() > Encoding.MAXIMUM_WIDTH && opcode.form() != OperandForm.REG_IMM64)
                || encoding.yWidth() > Encoding.MAXIMUM_WIDTH) {
            throw new IllegalArgumentException("an immediate of " + opcode.mnemonic() + " has 32 bits, sign-extended: "
                    + Arrays.toString(operands));
        }
        return encoding;
    }

    /** A sum of register and immediate counts as two. */
    private static int valuesOf(Operand operand) {
        return operand.register() != null && operand.immediate() != null ? 2 : 1;
    }

    private static int register(long number) {
        if (number < 0 || number > 12) {
            throw new IllegalArgumentException("registers are 0 to 12, got " + number);
        }
        return (int) number;
    }

    /** Chooses the widths of the offsets, and with them where everything stands. */
    private int[] addresses() {
        if (addresses != null) {
            return addresses;
        }
        int count = items.size();
        // Addresses as if relaxed offsets took no octets, and how many relaxed jumps stand before each instruction.
        var bare = new int[count + 1];
        var jumpsBefore = new int[count + 1];
        for (int i = 0; i < count; i++) {
            bare[i + 1] = Math.addExact(bare[i], items.get(i).length());
            jumpsBefore[i + 1] = jumpsBefore[i] + (items.get(i).relaxed ? 1 : 0);
        }
        int jumps = jumpsBefore[count];
        var places = new int[jumps];
        var targets = new int[jumps];
        var jumpsBeforeTarget = new int[jumps];
        for (int i = 0; i < count; i++) {
            var item = items.get(i);
            if (item.relaxed) {
                if (item.target.item == UNPLACED) {
                    throw new IllegalStateException("a jump leads to a label that is not placed");
                }
                places[jumpsBefore[i]] = bare[i];
                targets[jumpsBefore[i]] = bare[item.target.item];
                jumpsBeforeTarget[jumpsBefore[i]] = jumpsBefore[item.target.item];
            }
        }
        var widths = Relaxation.widths(places, targets, jumpsBeforeTarget);
        var result = new int[count + 1];
        for (int i = 0; i < count; i++) {
            result[i + 1] = Math.addExact(result[i],
                    items.get(i).length() + (items.get(i).relaxed ? widths[jumpsBefore[i]] : 0));
        }
        addresses = result;
        return result;
    }
}
