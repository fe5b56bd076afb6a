package io.pvmjit.asm;

import io.pvmjit.asm.Source.Section;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Operand;
import io.pvmjit.rules.Rules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Gives the names of a parsed text their values and makes the program blob. */
final class NameResolver {
    private static final String TARGET_ADVICE = "define it, or write an offset from the instruction such as . + 8";

    /** A jump to a label whose offset has a stated width, to be checked when addresses are known. */
    private record FixedJump(ProgramBuilder.Label from, ProgramBuilder.Label to, Source.Target target) {}

    private final Source source;
    private final Rules rules;
    /** Addresses of the two data sections. */
    private final long readOnlyBase;
    private final long dataBase;
    private final ProgramBuilder builder;
    private final Map<String, ProgramBuilder.Label> codeLabels = new HashMap<>();
    private final Map<String, Long> dynamicAddresses = new HashMap<>();

    NameResolver(Source source, Rules rules, long readOnlyBase, long dataBase) {
        this.source = source;
        this.rules = rules;
        this.builder = new ProgramBuilder(rules);
        this.readOnlyBase = readOnlyBase;
        this.dataBase = dataBase;
    }

    /** The program blob. */
    byte[] program() {
        var labelsByItem = new HashMap<Integer, List<ProgramBuilder.Label>>();
        source.labels.forEach((name, label) -> {
            if (label.section() == Section.CODE) {
                var target = builder.label();
                codeLabels.put(name, target);
                labelsByItem.computeIfAbsent(label.offset(), item -> new ArrayList<>()).add(target);
            }
        });
        jumpTable();
        var fixedJumps = new ArrayList<FixedJump>();
        for (int i = 0; i <= source.code.size(); i++) {
            labelsByItem.getOrDefault(i, List.of()).forEach(builder::place);
            if (i < source.code.size()) {
                switch (source.code.get(i)) {
                    case Source.Octets octets -> builder.octets(octets.octets());
                    case Source.Instruction instruction -> instruction(instruction, fixedJumps);
                }
            }
        }
        checkCode();
        for (var jump : fixedJumps) {
            long offset = (long) builder.pc(jump.to) - builder.pc(jump.from);
            if (!Encoding.fits(offset, jump.target.width())) {
                throw tooNarrow(jump.target.offset(), offset, jump.target.width());
            }
        }
        return builder.build();
    }

    private void checkCode() {
        if (source.code.isEmpty()) {
            throw new AssemblyException(source.lines, 1, "a program without instructions", "write at least trap");
        }
        var last = source.code.getLast();
        var opcode = switch (last) {
            case Source.Octets octets -> Opcode.of(rules.opcodes(), octets.octets()[0] & 0xff);
            case Source.Instruction instruction -> instruction.opcode();
        };
        if (!opcode.terminator()) {
            throw new AssemblyException(last.line(), last.column(), "the program ends in " + opcode.mnemonic(),
                    "end it with a jump, a branch, fallthrough or trap");
        }
        if (builder.codeLength() > rules.maximumCodeLength()) {
            throw new AssemblyException(last.line(), last.column(), "the program has " + builder.codeLength()
                    + " octets of code", "make it shorter: at most " + rules.maximumCodeLength() + " are allowed");
        }
    }

    private void jumpTable() {
        // The table is collected before any immediate is read: @label may stand above .jump_table.
        long index = 0;
        for (var entries : source.jumpTable) {
            var name = entries.value().onlyName();
            if (name != null && codeLabels.containsKey(name) && entries.count() > 0) {
                dynamicAddresses.putIfAbsent(name, 2 * (index + 1));
            }
            index += entries.count();
            if (index > rules.maximumJumpTableLength()) {
                throw entries.value().error("a jump table of more than " + rules.maximumJumpTableLength()
                        + " entries", "make it shorter");
            }
        }
        for (var entries : source.jumpTable) {
            if (entries.count() == 0) {
                continue;
            }
            var name = entries.value().onlyName();
            var label = name == null ? null : codeLabels.get(name);
            if (label != null) {
                builder.entry(label);
            } else {
                long value = entries.value().value(this::valueOf);
                if (source.entrySize != Source.SHORTEST && ProgramBuilder.unsignedWidth(value) > source.entrySize) {
                    throw entries.value().error("the jump table entry " + Long.toUnsignedString(value)
                            + " does not fit an entry size of " + source.entrySize, "make .entry_size larger");
                }
                builder.entry(value);
            }
            builder.repeatEntry(entries.count() - 1);
        }
        if (source.entrySize != Source.SHORTEST) {
            builder.entrySize(source.entrySize);
        }
        if (source.emptyEntriesLine != 0) {
            if (source.entrySize > 0 || !source.jumpTable.isEmpty()) {
                throw new AssemblyException(source.emptyEntriesLine, 1, "an empty jump table beside another",
                        "remove .empty_jump_table, or .jump_table and .entry_size");
            }
            builder.emptyEntries(source.emptyEntries);
        }
    }

    private void instruction(Source.Instruction instruction, List<FixedJump> fixedJumps) {
        var opcode = instruction.opcode();
        long x = immediate(instruction, instruction.x());
        long y = immediate(instruction, instruction.y());
        var shortest = Encoding.shortest(opcode, instruction.a(), instruction.b(), instruction.d(), x, y);
        var encoding = new Encoding(opcode, instruction.a(), instruction.b(), instruction.d(),
                x, width(instruction.x(), x, shortest.xWidth()), y, width(instruction.y(), y, shortest.yWidth()));
        var target = instruction.target();
        if (target == null) {
            builder.add(encoding, null, false);
        } else if (target.label() == null) {
            long offset = target.offset().value(this::valueOf);
            if (!Encoding.fits(offset, target.width() == Source.SHORTEST ? Encoding.MAXIMUM_WIDTH : target.width())) {
                throw tooNarrow(target.offset(), offset, target.width());
            }
            builder.add(encoding.withOffset(offset,
                    target.width() == Source.SHORTEST ? Encoding.width(offset) : target.width()), null, false);
        } else {
            var label = codeLabels.get(target.label());
            if (label == null) {
                throw target.offset().error(source.labels.containsKey(target.label())
                        ? "'" + target.label() + "' is the label of data" : "no label '" + target.label() + "'",
                        TARGET_ADVICE);
            }
            if (target.width() == Source.SHORTEST) {
                builder.add(encoding.withOffset(0, 0), label, true);
            } else {
                var here = builder.label();
                builder.place(here);
                builder.add(encoding.withOffset(0, target.width()), label, false);
                fixedJumps.add(new FixedJump(here, label, target));
            }
        }
    }

    /** The value of an immediate, in 64 bits; 0 when there is none. */
    private long immediate(Source.Instruction instruction, Source.Immediate immediate) {
        if (immediate == null) {
            return 0;
        }
        long value = immediate.value().value(this::valueOf);
        var opcode = instruction.opcode();
        if (opcode == Opcode.LOAD_IMM_64 || Encoding.fits(value, Encoding.MAXIMUM_WIDTH)) {
            return value;
        }
        if (value >>> 32 == 0 && countsLowBitsOnly(instruction, immediate)) {
            return (int) value;
        }
        throw immediate.value().error("the number " + value + " (0x" + Long.toHexString(value) + ") does not fit",
                "use -2147483648 to 2147483647, which the machine extends to 64 bits with its sign"
                        + "; load_imm_64 takes any number");
    }

    /** Whether only the low 32 bits of an immediate have effect, so that 0xffffffff may stand for -1. */
    private static boolean countsLowBitsOnly(Source.Instruction instruction, Source.Immediate immediate) {
        var opcode = instruction.opcode();
        boolean isX = immediate == instruction.x();
        for (var operand : opcode.operands().list()) {
            if (operand.isAddress() && (operand.immediate() == Operand.Field.X) == isX) {
                return true;
            }
        }
        return switch (opcode) {
            case STORE_IMM_U8, STORE_IMM_U16, STORE_IMM_U32, STORE_IMM_IND_U8, STORE_IMM_IND_U16, STORE_IMM_IND_U32,
                    ADD_IMM_32, MUL_IMM_32, NEG_ADD_IMM_32, SHLO_L_IMM_32, SHLO_R_IMM_32, SHAR_R_IMM_32, ROT_R_32_IMM,
                    SHLO_L_IMM_ALT_32, SHLO_R_IMM_ALT_32, SHAR_R_IMM_ALT_32, ROT_R_32_IMM_ALT ->
                true;
            default -> false;
        };
    }

    private static int width(Source.Immediate immediate, long value, int shortest) {
        if (immediate == null || immediate.width() == Source.SHORTEST) {
            return shortest;
        }
        if (shortest > immediate.width()) {
            throw tooNarrow(immediate.value(), value, immediate.width());
        }
        return immediate.width();
    }

    private static AssemblyException tooNarrow(Expression at, long value, int width) {
        return width == Source.SHORTEST
                ? at.error("the offset " + value + " does not fit 32 bits", "jump to a label")
                : at.error("the number " + value + " does not fit " + width + (width == 1 ? " octet" : " octets"),
                        "remove the ! and the width behind it");
    }

    /** The value of a name in a sum. */
    long valueOf(Expression.Term term, int line) {
        var constant = source.constants.get(term.name());
        var label = source.labels.get(term.name());
        if (term.dynamic()) {
            if (label == null || label.section() != Section.CODE) {
                throw new AssemblyException(line, term.column(), "no label '" + term.name() + "' in the code",
                        "define it, and list it in .jump_table");
            }
            var address = dynamicAddresses.get(term.name());
            if (address == null) {
                throw new AssemblyException(line, term.column(), "'" + term.name() + "' is not in the jump table",
                        "add .jump_table " + term.name());
            }
            return address;
        }
        if (constant != null) {
            return constant.value();
        }
        if (label == null) {
            throw new AssemblyException(line, term.column(), "nothing is named '" + term.name() + "'",
                    "define it as a label or with .equ");
        }
        return switch (label.section()) {
            case CODE -> throw new AssemblyException(line, term.column(), "'" + term.name() + "' is a label of code",
                    "write @" + term.name() + " for the address that jump_ind takes, and list it in .jump_table");
            case READ_ONLY_DATA -> readOnlyBase + label.offset();
            case DATA -> dataBase + label.offset();
        };
    }
}
