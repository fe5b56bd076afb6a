package io.pvmjit.asm;

import io.pvmjit.EngineRules;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.StandardProgram;
import io.pvmjit.program.NaturalEncoding;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Turns programs into the text form that {@code docs/assembly.md} describes. Assembling the text gives the very same
 * octets, whatever the program. Thread-safe.
 */
public final class Disassembler {
    /** Column of the addresses. */
    private static final int COMMENT_COLUMN = 44;
    private static final int ENTRIES_PER_LINE = 8;
    /** So many equal jump table entries in a row are written as one with a count. */
    private static final int REPETITION = 4;
    private static final int DATA_PER_LINE = 32;

    private final Program program;
    /** Entries of the jump table, unsigned: if they have no octets there may be more than a program can use. */
    private final long entryCount;
    private final Appendable out;
    /** Addresses with a label. */
    private final BitSet labels = new BitSet();
    /** Jump table entries that are the first to lead to their label. */
    private final BitSet firstEntries = new BitSet();
    private final StringBuilder line = new StringBuilder();

    private Disassembler(byte[] blob, EngineRules rules, Appendable out) {
        this.program = Program.parse(blob, rules);
        this.entryCount = NaturalEncoding.read(blob, 0, "length of the jump table").value();
        this.out = out;
    }

    /** {@link #disassemble(byte[], EngineRules)} by the rules of the default revision. */
    public static String disassemble(byte[] blob) {
        return disassemble(blob, Rules.defaults());
    }

    /**
     * The text of a program blob; {@link Assembler#assemble} turns it back. It may have 70 characters for each octet of
     * the blob.
     *
     * @param rules what the blob is read by
     * @throws InvalidProgramException when the blob is not a valid program
     */
    public static String disassemble(byte[] blob, EngineRules rules) {
        var text = new StringBuilder();
        try {
            disassemble(blob, rules, text);
        } catch (IOException e) {
            throw new AssertionError("a StringBuilder takes everything", e);
        }
        return text.toString();
    }

    /**
     * As {@link #disassemble(byte[], EngineRules)}, written piece by piece.
     *
     * @throws IOException when that cannot be written
     */
    public static void disassemble(byte[] blob, EngineRules rules, Appendable out) throws IOException {
        new Disassembler(blob, rules, out).write();
    }

    /** {@link #disassembleStandard(byte[], EngineRules)} by the rules of the default revision. */
    public static String disassembleStandard(byte[] blob) {
        return disassembleStandard(blob, Rules.defaults());
    }

    /**
     * The text of a standard program (a JAM blob without metadata); {@link Assembler#assembleStandard} turns it back.
     *
     * @param rules what its code is read by
     * @throws InvalidProgramException when the blob is not a standard program, or its code is not a valid program
     */
    public static String disassembleStandard(byte[] blob, EngineRules rules) {
        var text = new StringBuilder();
        try {
            disassembleStandard(blob, rules, text);
        } catch (IOException e) {
            throw new AssertionError("a StringBuilder takes everything", e);
        }
        return text.toString();
    }

    /**
     * As {@link #disassembleStandard(byte[], EngineRules)}, written piece by piece.
     *
     * @throws IOException when that cannot be written
     */
    public static void disassembleStandard(byte[] blob, EngineRules rules, Appendable out) throws IOException {
        var standard = StandardProgram.parse(blob);
        int programOffset = (int) standard.programOffset();
        var programBlob = Arrays.copyOfRange(blob, programOffset, blob.length);
        Disassembler code;
        try {
            code = new Disassembler(programBlob, rules, out);
        } catch (InvalidProgramException e) {
            throw new InvalidProgramException(e.reason(), programOffset + e.offset());
        }
        out.append(".heap_pages ").append(Integer.toString(standard.heapPages())).append('\n');
        out.append(".stack ").append(Integer.toString(standard.stackSize())).append("\n\n");
        int dataOffset = StandardLayout.HEADER + standard.readOnlyLength();
        data(out, ".rodata", Arrays.copyOfRange(blob, StandardLayout.HEADER, dataOffset));
        data(out, ".data", Arrays.copyOfRange(blob, dataOffset, dataOffset + standard.readWriteLength()));
        out.append(".code\n");
        code.write();
    }

    /** One instruction as text, without labels, for messages and listings. */
    public static String instruction(Program program, int pc) {
        var instruction = program.decode(pc);
        var encoding = Encoding.of(program, instruction);
        var text = new StringBuilder();
        InstructionText.write(text, instruction, encoding != null ? encoding : Encoding.shortest(instruction),
                InstructionText.Names.NONE, false);
        return text.toString();
    }

    private static void data(Appendable out, String section, byte[] data) throws IOException {
        if (data.length == 0) {
            return;
        }
        out.append(section).append('\n');
        for (int start = 0; start < data.length;) {
            int zeros = 0;
            while (start + zeros < data.length && data[start + zeros] == 0) {
                zeros++;
            }
            if (zeros >= DATA_PER_LINE || start + zeros == data.length) {
                out.append("    .zero ").append(Integer.toString(zeros)).append('\n');
                start += zeros;
                continue;
            }
            int end = Math.min(data.length, start + DATA_PER_LINE);
            out.append("    .hex");
            for (int i = start; i < end; i++) {
                out.append((i - start) % 4 == 0 ? " " : "");
                appendOctet(out, data[i]);
            }
            out.append('\n');
            start = end;
        }
        out.append('\n');
    }

    private static void appendOctet(Appendable out, int octet) throws IOException {
        out.append(Character.forDigit(octet >> 4 & 15, 16)).append(Character.forDigit(octet & 15, 16));
    }

    private void write() throws IOException {
        var irregular = JumpWidths.irregular(program);
        findLabels();
        var names = new InstructionText.Names() {
            @Override
            public String label(long address) {
                return JumpWidths.isLabel(program, address) ? labelName(address) : null;
            }

            @Override
            public String dynamic(long address) {
                long index = address / 2 - 1;
                boolean named = address % 2 == 0 && index >= 0 && index < program.jumpTableLength()
                        && firstEntries.get((int) index);
                return named ? labelName(program.jumpTarget((int) index)) : null;
            }
        };
        for (int pc = 0; pc < program.codeLength();) {
            var instruction = program.decode(pc);
            var encoding = Encoding.of(program, instruction);
            label(pc);
            line.setLength(0);
            line.append("    ");
            if (encoding != null) {
                InstructionText.write(line, instruction, encoding, names, irregular.get(pc));
            } else {
                line.append(".octets");
                for (int i = pc; i < instruction.next(); i++) {
                    line.append(' ');
                    appendOctet(line, program.octet(i));
                }
            }
            do {
                line.append(' ');
            } while (line.length() < COMMENT_COLUMN);
            line.append("; ").append(pc);
            if (encoding == null) {
                line.append(": ");
                InstructionText.write(line, instruction, Encoding.shortest(instruction), names, false);
            }
            out.append(line).append('\n');
            pc = instruction.next();
        }
        label(program.codeLength());
        jumpTable();
    }

    private void findLabels() {
        for (int pc = 0; pc < program.codeLength();) {
            var instruction = program.decode(pc);
            if (instruction.opcode().operands().hasTarget() && JumpWidths.isLabel(program, instruction.target())) {
                labels.set((int) instruction.target());
            }
            pc = instruction.next();
        }
        if (program.entrySize() == 0) {
            return;
        }
        var seen = new BitSet();
        for (int i = 0; i < program.jumpTableLength(); i++) {
            long target = program.jumpTarget(i);
            if (program.isStart(target)) {
                labels.set((int) target);
                firstEntries.set(i, !seen.get((int) target));
                seen.set((int) target);
            }
        }
    }

    private static String labelName(long address) {
        return "L" + address;
    }

    private void label(int address) throws IOException {
        if (labels.get(address)) {
            out.append(labelName(address)).append(":\n");
        }
    }

    private void jumpTable() throws IOException {
        if (program.entrySize() == 0) {
            if (entryCount != 0) {
                out.append("\n.empty_jump_table ").append(Long.toUnsignedString(entryCount)).append('\n');
            }
            return;
        }
        int length = program.jumpTableLength();
        int chosenSize = length == 0 ? 0 : 1;
        for (int i = 0; i < length; i++) {
            chosenSize = Math.max(chosenSize, ProgramBuilder.unsignedWidth(program.jumpTarget(i)));
        }
        out.append('\n');
        if (program.entrySize() != chosenSize) {
            out.append(".entry_size ").append(Integer.toString(program.entrySize())).append('\n');
        }
        int column = 0;
        for (int i = 0; i < length;) {
            long target = program.jumpTarget(i);
            int equal = 1;
            while (i + equal < length && program.jumpTarget(i + equal) == target) {
                equal++;
            }
            int taken = equal < REPETITION ? 1 : equal;
            out.append(column == 0 ? ".jump_table " : ", ");
            out.append(program.isStart(target) ? labelName(target) : number(target));
            if (taken > 1) {
                out.append(" * ").append(Integer.toString(taken));
            }
            i += taken;
            column++;
            if (column == ENTRIES_PER_LINE || i == length) {
                out.append('\n');
                column = 0;
            }
        }
    }

    private static String number(long value) {
        return value < 0 ? "0x" + Long.toHexString(value) : Long.toString(value);
    }
}
