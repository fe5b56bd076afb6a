package io.pvmjit.asm;

import io.pvmjit.program.Opcode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Assembly text after parsing: what it says, with names not yet resolved. */
final class Source {
    /** Width of an immediate or offset that the assembler chooses. */
    static final int SHORTEST = -1;

    /** Where statements go. */
    enum Section {
        CODE,
        READ_ONLY_DATA,
        DATA
    }

    /**
     * A label.
     *
     * @param offset index of the instruction behind it, or octets of data before it
     * @param line where it is defined
     */
    record Label(Section section, int offset, int line) {}

    /** A constant and where it is defined. */
    record Constant(long value, int line) {}

    /** An immediate; width in octets or SHORTEST. */
    record Immediate(Expression value, int width) {}

    /**
     * A jump target; width in octets or SHORTEST.
     *
     * @param label null for an offset from the instruction
     */
    record Target(String label, Expression offset, int width) {}

    /** A line of code. */
    sealed interface Statement {
        int line();

        int column();
    }

    /** An instruction; operands that it does not have are 0 and null. */
    record Instruction(
            int line, int column, Opcode opcode, int a, int b, int d, Immediate x, Immediate y, Target target)
            implements Statement {}

    /** Octets that are one instruction. */
    record Octets(int line, int column, byte[] octets) implements Statement {}

    /** Jump table entries, all equal. */
    record Entries(Expression value, int count) {}

    final List<Statement> code = new ArrayList<>();
    final List<Entries> jumpTable = new ArrayList<>();
    final Map<String, Label> labels = new HashMap<>();
    final Map<String, Constant> constants = new HashMap<>();
    final DataSection readOnlyData = new DataSection();
    final DataSection data = new DataSection();
    /** Octets of a jump table entry, or SHORTEST. */
    int entrySize = SHORTEST;
    /** Jump table entries of no octets, unsigned. */
    long emptyEntries;
    /** Where the text says so; 0 when it does not. */
    int emptyEntriesLine;
    int heapPages;
    /** One page unless set. */
    int stackSize = 4096;
    /** Number of the last line. */
    int lines;
}
