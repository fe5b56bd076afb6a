package io.pvmjit.program;

import io.pvmjit.EngineRules;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.rules.Rules;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;

/**
 * A validated program: code, instruction starts and jump table (Gray Paper A.1 to A.3). Immutable and thread-safe. Its
 * memory is proportional to the length of the blob it comes from, whatever that claims.
 */
public final class Program {
    /** Octets between the opcodes of two neighbouring instructions, at most. */
    public static final int MAXIMUM_SKIP = 24;

    /** Octets of a jump-table entry that may be other than zero: a target has 64 bits. */
    private static final int ENTRY_VALUE_SIZE = 8;

    private final Rules rules;
    /** By octet, those of the rules. */
    private final Opcode[] opcodes;
    private final byte[] code;
    private final BitSet starts;
    private final BitSet blockStarts;
    private final byte[] jumpTable;
    private final int jumpTableLength;
    private final int entrySize;

    private Program(Rules rules, Opcode[] opcodes, byte[] code, BitSet starts, BitSet blockStarts, byte[] jumpTable,
            int jumpTableLength, int entrySize) {
        this.rules = rules;
        this.opcodes = opcodes;
        this.code = code;
        this.starts = starts;
        this.blockStarts = blockStarts;
        this.jumpTable = jumpTable;
        this.jumpTableLength = jumpTableLength;
        this.entrySize = entrySize;
    }

    /** {@link #parse(byte[], EngineRules)} by the rules of the default revision. */
    public static Program parse(byte[] blob) throws InvalidProgramException {
        return parse(blob, Rules.defaults());
    }

    /**
     * Takes a program blob apart and validates it (Gray Paper A.2, {@code deblob}). The blob is copied.
     *
     * @throws InvalidProgramException when a rule is broken; its offset is that of the octet where
     */
    public static Program parse(byte[] blob, EngineRules rules) throws InvalidProgramException {
        var row = Rules.of(rules);
        var entries = NaturalEncoding.read(blob, 0, "length of the jump table");
        if (entries.end() >= blob.length) {
            throw new InvalidProgramException("the size of jump-table entries is missing", blob.length);
        }
        int entrySize = blob[entries.end()] & 0xFF;
        boolean limited = entrySize != 0 || row.limitsEmptyJumpTableEntries();
        if (limited && Long.compareUnsigned(entries.value(), row.maximumJumpTableLength()) > 0) {
            throw new InvalidProgramException("the jump table has " + Long.toUnsignedString(entries.value())
                    + " entries, more than " + row.maximumJumpTableLength(), 0);
        }
        int codeLengthAt = entries.end() + 1;
        var codeLength = NaturalEncoding.read(blob, codeLengthAt, "length of the code");
        if (Long.compareUnsigned(codeLength.value(), row.maximumCodeLength()) > 0) {
            throw new InvalidProgramException("the code has " + Long.toUnsignedString(codeLength.value())
                    + " octets, more than " + row.maximumCodeLength(), codeLengthAt);
        }
        if (codeLength.value() == 0) {
            throw new InvalidProgramException("there is no code", codeLengthAt);
        }

        // Entries of no octets may be any number, up to 2^64 - 1, and take no room.
        long tableSize = entrySize == 0 ? 0 : entries.value() * entrySize;
        long tableAt = codeLength.end();
        long codeAt = tableAt + tableSize;
        long maskAt = codeAt + codeLength.value();
        long end = maskAt + (codeLength.value() + 7) / 8;
        if (end != blob.length) {
            throw new InvalidProgramException("the lengths in front make a blob of " + end + " octets, this has "
                    + blob.length, Math.min(end, blob.length));
        }
        // All offsets are below blob.length from here on, and fit an int.
        requireEntriesFit(blob, (int) tableAt, (int) codeAt, entrySize);
        requireUnusedBitsZero(blob[blob.length - 1], (int) codeLength.value(), blob.length - 1);
        var code = Arrays.copyOfRange(blob, (int) codeAt, (int) maskAt);
        var starts = BitSet.valueOf(Arrays.copyOfRange(blob, (int) maskAt, blob.length));
        var opcodes = Opcode.table(row.opcodes());
        var blockStarts = walk(opcodes, code, starts, (int) codeAt);
        return new Program(row, opcodes, code, starts, blockStarts, Arrays.copyOfRange(blob, (int) tableAt, (int) codeAt),
                reachableEntries(entries.value()), entrySize);
    }

    /** A jump address selects one of at most 2^31 - 1 entries: what a table has beyond those is out of reach. */
    private static int reachableEntries(long count) {
        return Long.compareUnsigned(count, Integer.MAX_VALUE) > 0 ? Integer.MAX_VALUE : (int) count;
    }

    private static void requireEntriesFit(byte[] blob, int from, int to, int entrySize) {
        if (entrySize <= ENTRY_VALUE_SIZE) {
            return;
        }
        for (int entry = from; entry < to; entry += entrySize) {
            for (int i = ENTRY_VALUE_SIZE; i < entrySize; i++) {
                if (blob[entry + i] != 0) {
                    throw new InvalidProgramException("a jump-table entry does not fit 64 bits", entry + i);
                }
            }
        }
    }

    private static void requireUnusedBitsZero(byte last, int codeLength, int offset) {
        int used = codeLength % 8;
        if (used != 0 && (last & 0xFF) >>> used != 0) {
            throw new InvalidProgramException("unused bits of the last octet are set", offset);
        }
    }

    /**
     * Steps over all instructions from 0 on, which must end exactly behind the code with a terminator.
     *
     * @return where basic blocks start: at 0 and behind every terminator
     */
    private static BitSet walk(Opcode[] opcodes, byte[] code, BitSet starts, int codeAt) {
        var blockStarts = new BitSet(code.length);
        boolean afterTerminator = true;
        int last = 0;
        int pc = 0;
        while (pc < code.length) {
            if (!starts.get(pc)) {
                throw new InvalidProgramException("no instruction starts where one must, at " + pc + " of the code",
                        codeAt + pc);
            }
            var opcode = opcodes[code[pc] & 0xFF];
            if (opcode == null) {
                throw new InvalidProgramException("opcode " + (code[pc] & 0xFF) + " is not defined", codeAt + pc);
            }
            if (afterTerminator) {
                blockStarts.set(pc);
            }
            afterTerminator = opcode.terminator();
            last = pc;
            pc += 1 + skip(starts, code.length, pc);
        }
        // The walk cannot step over the end: the starts count as going on with ones there.
        if (!afterTerminator) {
            throw new InvalidProgramException("the last instruction does not end a basic block", codeAt + last);
        }
        return blockStarts;
    }

    private static int skip(BitSet starts, int codeLength, int pc) {
        int next = starts.nextSetBit(pc + 1);
        return Math.min(MAXIMUM_SKIP, (next < 0 ? codeLength : next) - pc - 1);
    }

    /**
     * Builds a program blob. Nothing is validated: the result may be one that {@link #parse} rejects.
     *
     * @param starts the octets of the code where instructions start
     * @param jumpTable entries, unsigned; what does not fit their size is cut off
     * @param entrySize octets of an entry, 0 to 255
     */
    public static byte[] encode(byte[] code, BitSet starts, long[] jumpTable, int entrySize) {
        if (entrySize < 0 || entrySize > 0xFF) {
            throw new IllegalArgumentException("entries have 0 to 255 octets, not " + entrySize);
        }
        var blob = new ByteArrayOutputStream();
        blob.writeBytes(NaturalEncoding.encode(jumpTable.length));
        blob.write(entrySize);
        blob.writeBytes(NaturalEncoding.encode(code.length));
        for (long entry : jumpTable) {
            for (int i = 0; i < entrySize; i++) {
                blob.write(i < ENTRY_VALUE_SIZE ? (int) (entry >>> (8 * i)) : 0);
            }
        }
        blob.writeBytes(code);
        blob.writeBytes(Arrays.copyOf(starts.get(0, code.length).toByteArray(), (code.length + 7) / 8));
        return blob.toByteArray();
    }

    /** What it was read by. */
    public Rules rules() {
        return rules;
    }

    /** Octets of code, 1 to {@link Rules#maximumCodeLength()}. */
    public int codeLength() {
        return code.length;
    }

    /**
     * The opcode that the octet at pc, 0 outside of the code, stands for, whether or not an instruction starts there;
     * null for none.
     */
    public Opcode opcode(long pc) {
        return opcodes[octet(pc)];
    }

    /** The octet at pc, 0 to 255; 0 outside of the code. */
    public int octet(long pc) {
        return pc >= 0 && pc < code.length ? code[(int) pc] & 0xFF : 0;
    }

    /** Whether an instruction starts at pc (unsigned 64 bits). */
    public boolean isStart(long pc) {
        return pc >= 0 && pc < code.length && starts.get((int) pc);
    }

    /** Whether a basic block starts at pc (unsigned 64 bits), so that jumps may go there. */
    public boolean isBlockStart(long pc) {
        return pc >= 0 && pc < code.length && blockStarts.get((int) pc);
    }

    /** Where the block starts that contains the instruction at pc. */
    public int blockAt(int pc) {
        return blockStarts.previousSetBit(pc);
    }

    /** Where basic blocks start, rising. */
    public int[] blockStarts() {
        return blockStarts.stream().toArray();
    }

    /** How many instructions there are. */
    public int instructionCount() {
        return starts.cardinality();
    }

    /** How many basic blocks there are. */
    public int blockCount() {
        return blockStarts.cardinality();
    }

    /** Octets between the opcode of the instruction at pc and the next opcode, 0 to {@link #MAXIMUM_SKIP}. */
    public int skip(int pc) {
        return skip(starts, code.length, pc);
    }

    /** Entries of the jump table. A table of more than 2^31 - 1 entries, all empty, counts as one of that many. */
    public int jumpTableLength() {
        return jumpTableLength;
    }

    /** Octets of a jump-table entry, 0 to 255. */
    public int entrySize() {
        return entrySize;
    }

    /** The entry of the jump table with this index, unsigned; it may lie outside of the code. */
    public long jumpTarget(int index) {
        Objects.checkIndex(index, jumpTableLength);
        long at = (long) index * entrySize;
        long target = 0;
        for (int i = Math.min(ENTRY_VALUE_SIZE, entrySize) - 1; i >= 0; i--) {
            target = target << 8 | jumpTable[(int) at + i] & 0xFF;
        }
        return target;
    }

    /** A copy of the code. */
    public byte[] code() {
        return code.clone();
    }

    /**
     * The instruction that starts at pc (Gray Paper A.5). Octets of operands are read where the form says they are,
     * even beyond the next opcode; beyond the code they are 0. Immediates are sign-extended from their encoded length.
     *
     * @throws IllegalArgumentException when no instruction starts there
     */
    public Instruction decode(int pc) {
        if (!isStart(pc)) {
            throw new IllegalArgumentException("no instruction starts at " + pc);
        }
        var opcode = opcodes[code[pc] & 0xFF];
        int length = skip(pc);
        int next = pc + 1 + length;
        int first = octet(pc + 1L);
        int low = register(first & 15);
        int high = register(first >> 4);
        return switch (opcode.form()) {
            case NONE -> new Instruction(pc, next, opcode, 0, 0, 0, 0, 0, 0);
            case IMM -> new Instruction(pc, next, opcode, 0, 0, 0, signed(pc + 1, immediate(length)), 0, 0);
            case REG_IMM64 -> new Instruction(pc, next, opcode, low, 0, 0, octets(pc + 2, 8), 0, 0);
            case IMM_IMM -> {
                int lengthX = immediate(first & 7);
                int lengthY = immediate(length - lengthX - 1);
                long x = signed(pc + 2, lengthX);
                yield new Instruction(pc, next, opcode, 0, 0, 0, x, signed(pc + 2 + lengthX, lengthY), 0);
            }
            case OFF -> new Instruction(pc, next, opcode, 0, 0, 0, 0, 0, pc + signed(pc + 1, immediate(length)));
            case REG_IMM -> new Instruction(pc, next, opcode, low, 0, 0, signed(pc + 2, immediate(length - 1)), 0, 0);
            case REG_IMM_IMM, REG_IMM_OFF -> {
                int lengthX = immediate(first >> 4 & 7);
                int lengthY = immediate(length - lengthX - 1);
                long x = signed(pc + 2, lengthX);
                long y = signed(pc + 2 + lengthX, lengthY);
                yield opcode.form() == OperandForm.REG_IMM_IMM
                        ? new Instruction(pc, next, opcode, low, 0, 0, x, y, 0)
                        : new Instruction(pc, next, opcode, low, 0, 0, x, 0, pc + y);
            }
            case REG_REG -> new Instruction(pc, next, opcode, high, 0, low, 0, 0, 0);
            case REG_REG_IMM ->
                new Instruction(pc, next, opcode, low, high, 0, signed(pc + 2, immediate(length - 1)), 0, 0);
            case REG_REG_OFF ->
                new Instruction(pc, next, opcode, low, high, 0, 0, 0, pc + signed(pc + 2, immediate(length - 1)));
            case REG_REG_IMM_IMM -> {
                int lengthX = immediate(octet(pc + 2L) & 7);
                int lengthY = immediate(length - lengthX - 2);
                long x = signed(pc + 3, lengthX);
                yield new Instruction(pc, next, opcode, low, high, 0, x, signed(pc + 3 + lengthX, lengthY), 0);
            }
            case REG_REG_REG -> new Instruction(pc, next, opcode, low, high,
                    register(octet(pc + 2L) & rules.thirdRegisterMask()), 0, 0, 0);
        };
    }

    private static int register(int encoded) {
        return Math.min(12, encoded);
    }

    /** Octets of an immediate that has this much room or announced length: 0 to 4. */
    private static int immediate(int length) {
        return Math.clamp(length, 0, 4);
    }

    private long octets(int from, int count) {
        long value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = value << 8 | octet((long) from + i);
        }
        return value;
    }

    private long signed(int from, int count) {
        if (count == 0) {
            return 0;
        }
        int unused = Long.SIZE - 8 * count;
        return octets(from, count) << unused >> unused;
    }
}
