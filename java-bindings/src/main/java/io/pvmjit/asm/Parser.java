package io.pvmjit.asm;

import io.pvmjit.asm.Source.Section;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads assembly text line by line. */
final class Parser {
    private static final Map<String, Opcode> OPCODES = new HashMap<>();
    private static final List<String> DIRECTIVES = List.of("equ", "jump_table", "entry_size", "empty_jump_table",
            "octets", "code", "rodata", "data", "heap_pages", "stack", "byte", "u16", "u32", "u64", "ascii", "zero",
            "hex");

    static {
        for (var opcode : Opcode.values()) {
            OPCODES.put(opcode.mnemonic(), opcode);
        }
    }

    private final Rules rules;
    private final boolean standard;
    private final Source source = new Source();
    private Section section = Section.CODE;
    private Scanner scanner;

    private Parser(Rules rules, boolean standard) {
        this.rules = rules;
        this.standard = standard;
    }

    /**
     * Parses a text.
     *
     * @param rules what its octets and limits are
     * @param standard whether it may have data, stack and heap
     */
    static Source parse(String text, Rules rules, boolean standard) {
        var parser = new Parser(rules, standard);
        int start = 0;
        while (start <= text.length()) {
            int end = text.indexOf('\n', start);
            end = end < 0 ? text.length() : end;
            int contentEnd = end > start && text.charAt(end - 1) == '\r' ? end - 1 : end;
            parser.line(text.substring(start, contentEnd));
            start = end + 1;
        }
        return parser.source;
    }

    private void line(String text) {
        scanner = new Scanner(text, ++source.lines);
        while (scanner.atName()) {
            int column = scanner.column();
            var name = scanner.name("");
            if (!scanner.take(':')) {
                instruction(name, column);
                return;
            }
            label(name, column);
        }
        if (scanner.take('.')) {
            directive();
        }
        scanner.expectEnd("a line is empty, or a label, an instruction or a directive, and a comment after ; or #");
    }

    private void label(String name, int column) {
        define(name, column);
        int offset = switch (section) {
            case CODE -> source.code.size();
            case READ_ONLY_DATA -> source.readOnlyData.length();
            case DATA -> source.data.length();
        };
        source.labels.put(name, new Source.Label(section, offset, scanner.line()));
    }

    private void define(String name, int column) {
        if (Registers.number(name) != null) {
            throw scanner.errorAt(column, "'" + name + "' is the name of a register", "choose another name");
        }
        var label = source.labels.get(name);
        var constant = source.constants.get(name);
        if (label != null || constant != null) {
            throw scanner.errorAt(column, "'" + name + "' is defined already, in line "
                    + (label != null ? label.line() : constant.line()), "choose another name");
        }
    }

    private void instruction(String mnemonic, int column) {
        var opcode = OPCODES.get(mnemonic);
        if (opcode == null) {
            throw scanner.errorAt(column, "unknown instruction '" + mnemonic + "'",
                    Suggestion.advice(mnemonic, OPCODES.keySet()));
        }
        if (section != Section.CODE) {
            throw scanner.errorAt(column, "an instruction among data", "put .code before it");
        }
        source.code.add(new OperandReader(scanner, opcode).read(column));
    }

    private void directive() {
        int column = scanner.column();
        var name = scanner.name("write a directive, such as .jump_table");
        switch (name) {
            case "equ" -> constant();
            case "jump_table" -> jumpTable();
            case "entry_size" -> source.entrySize = (int) number(255, "the entry size is 0 to 255 octets");
            case "empty_jump_table" -> {
                source.emptyEntries = number(-1, "");
                source.emptyEntriesLine = scanner.line();
            }
            case "octets" -> octets(column);
            case "code" -> section = Section.CODE;
            case "rodata" -> section(Section.READ_ONLY_DATA, column);
            case "data" -> section(Section.DATA, column);
            case "heap_pages" -> {
                requireStandard(column);
                source.heapPages = (int) number(0xffff, "the heap has 0 to 65535 pages");
            }
            case "stack" -> {
                requireStandard(column);
                source.stackSize = (int) number(0xff_ffff, "the stack has 0 to 16777215 octets");
            }
            case "byte" -> values(1, column);
            case "u16" -> values(2, column);
            case "u32" -> values(4, column);
            case "u64" -> values(8, column);
            case "ascii" -> data(column, scanner.string());
            case "hex" -> data(column, scanner.hexadecimal());
            case "zero" -> {
                var into = dataSection(column);
                long count = number(DataSection.MAXIMUM_LENGTH, "a section has at most 16777215 octets");
                requireRoom(into, count, column);
                into.addZeros((int) count);
            }
            default -> throw scanner.errorAt(column - 1, "unknown directive '." + name + "'",
                    Suggestion.advice(name, DIRECTIVES));
        }
    }

    private void constant() {
        int column = scanner.column();
        var name = scanner.name("write .equ name, value");
        define(name, column);
        scanner.expect(',', "write .equ name, value");
        long value = Expression.read(scanner).value(this::constantNow);
        source.constants.put(name, new Source.Constant(value, scanner.line()));
    }

    /** A number that must be known here and lie between 0 and a maximum. */
    private long number(long maximum, String advice) {
        var expression = Expression.read(scanner);
        long value = expression.value(this::constantNow);
        if (Long.compareUnsigned(value, maximum) > 0) {
            throw expression.error("the number " + value + " is out of range", advice);
        }
        return value;
    }

    private long constantNow(Expression.Term term, int line) {
        var constant = source.constants.get(term.name());
        if (constant == null || term.dynamic()) {
            throw new AssemblyException(line, term.column(), "'" + term.name() + "' has no value here",
                    "use a number, or a constant that .equ defines before this line");
        }
        return constant.value();
    }

    private void jumpTable() {
        do {
            var value = Expression.read(scanner);
            int count = 1;
            if (scanner.take('*')) {
                count = (int) number(rules.maximumJumpTableLength(), "a jump table has at most "
                        + rules.maximumJumpTableLength() + " entries");
            }
            source.jumpTable.add(new Source.Entries(value, count));
        } while (scanner.take(','));
    }

    private void octets(int column) {
        if (section != Section.CODE) {
            throw scanner.errorAt(column - 1, "an instruction among data", "put .code before it, or use .hex for data");
        }
        int first = scanner.column();
        var octets = scanner.hexadecimal();
        if (octets.length == 0 || octets.length > Program.MAXIMUM_SKIP + 1) {
            throw scanner.errorAt(first, "an instruction of " + octets.length + " octets", "give the opcode and up to "
                    + Program.MAXIMUM_SKIP + " octets behind it");
        }
        if (Opcode.of(rules.opcodes(), octets[0] & 0xff) == null) {
            throw scanner.errorAt(first, "no instruction has the opcode " + (octets[0] & 0xff),
                    "begin with the octet of an opcode that exists");
        }
        source.code.add(new Source.Octets(scanner.line(), column - 1, octets));
    }

    private void section(Section next, int column) {
        requireStandard(column);
        section = next;
    }

    private void requireStandard(int column) {
        if (!standard) {
            throw scanner.errorAt(column - 1, "a plain program has no data, heap or stack",
                    "assemble the text as a standard program, or remove the directive");
        }
    }

    private DataSection dataSection(int column) {
        return switch (section) {
            case CODE -> throw scanner.errorAt(column - 1, "data among instructions",
                    "put .rodata or .data before it; they belong to standard programs");
            case READ_ONLY_DATA -> source.readOnlyData;
            case DATA -> source.data;
        };
    }

    private void requireRoom(DataSection into, long count, int column) {
        if (!into.hasRoom(count)) {
            throw scanner.errorAt(column - 1, "a section of more than " + DataSection.MAXIMUM_LENGTH + " octets",
                    "make it smaller");
        }
    }

    private void data(int column, byte[] octets) {
        var into = dataSection(column);
        requireRoom(into, octets.length, column);
        into.add(octets);
    }

    private void values(int width, int column) {
        var into = dataSection(column);
        do {
            requireRoom(into, width, column);
            into.add(Expression.read(scanner), width);
        } while (scanner.take(','));
    }
}
