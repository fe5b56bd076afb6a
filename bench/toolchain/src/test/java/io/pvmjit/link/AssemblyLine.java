package io.pvmjit.link;

import java.util.Set;

/**
 * One line of a generated assembly program: what the assembler is given, and what {@link ReferenceMachine} runs. Knows
 * nothing of how the linker sees instructions.
 *
 * @param mnemonic as the assembler has it, or {@code label}
 * @param rd RISC-V register that is written, else 0
 * @param rs1 first register that is read, else 0
 * @param rs2 second register that is read, else 0
 * @param immediate an immediate, an offset, the number of a host call, or the value of {@code li}
 * @param label number of the label that is jumped to or placed; -1 where there is none
 */
record AssemblyLine(String mnemonic, int rd, int rs1, int rs2, long immediate, int label) {
    static final Set<String> REGISTERS = Set.of("add", "sub", "sll", "slt", "sltu", "xor", "srl", "sra", "or", "and",
            "mul", "mulh", "mulhsu", "mulhu", "div", "divu", "rem", "remu", "andn", "orn", "xnor", "min", "minu", "max",
            "maxu", "rol", "ror", "addw", "subw", "sllw", "srlw", "sraw", "mulw", "divw", "divuw", "remw", "remuw",
            "rolw", "rorw");
    static final Set<String> IMMEDIATES = Set.of("addi", "slti", "sltiu", "xori", "ori", "andi", "addiw");
    static final Set<String> SHIFTS_64 = Set.of("slli", "srli", "srai", "rori");
    static final Set<String> SHIFTS_32 = Set.of("slliw", "srliw", "sraiw", "roriw");
    static final Set<String> UNARIES = Set.of("clz", "ctz", "cpop", "sext.b", "sext.h", "clzw", "ctzw", "cpopw",
            "zext.h", "rev8", "orc.b");
    static final Set<String> BRANCHES = Set.of("beq", "bne", "blt", "bge", "bltu", "bgeu");
    static final Set<String> LOADS = Set.of("lb", "lh", "lw", "ld", "lbu", "lhu", "lwu");
    static final Set<String> STORES = Set.of("sb", "sh", "sw", "sd");
    /** Without operands. */
    static final Set<String> OTHERS = Set.of("fence");

    private static final String[] NAMES = {
        "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5"
    };

    static AssemblyLine label(int label) {
        return new AssemblyLine("label", 0, 0, 0, 0, label);
    }

    static AssemblyLine jump(int label) {
        return new AssemblyLine("j", 0, 0, 0, 0, label);
    }

    static AssemblyLine branch(String mnemonic, int rs1, int rs2, int label) {
        return new AssemblyLine(mnemonic, 0, rs1, rs2, 0, label);
    }

    static AssemblyLine li(int rd, long value) {
        return new AssemblyLine("li", rd, 0, 0, value, -1);
    }

    static AssemblyLine of(String mnemonic, int rd, int rs1, int rs2) {
        return new AssemblyLine(mnemonic, rd, rs1, rs2, 0, -1);
    }

    static AssemblyLine withImmediate(String mnemonic, int rd, int rs1, long immediate) {
        return new AssemblyLine(mnemonic, rd, rs1, 0, immediate, -1);
    }

    static AssemblyLine store(String mnemonic, int source, int base, long offset) {
        return new AssemblyLine(mnemonic, 0, base, source, offset, -1);
    }

    static String name(int register) {
        return NAMES[register];
    }

    /** Assembly text; labels are made unique by a prefix. */
    String text(String prefix) {
        var target = prefix + label;
        if (REGISTERS.contains(mnemonic)) {
            return "%s %s, %s, %s".formatted(mnemonic, name(rd), name(rs1), name(rs2));
        }
        if (IMMEDIATES.contains(mnemonic) || SHIFTS_64.contains(mnemonic) || SHIFTS_32.contains(mnemonic)) {
            return "%s %s, %s, %d".formatted(mnemonic, name(rd), name(rs1), immediate);
        }
        if (UNARIES.contains(mnemonic)) {
            return "%s %s, %s".formatted(mnemonic, name(rd), name(rs1));
        }
        if (BRANCHES.contains(mnemonic)) {
            return "%s %s, %s, %s".formatted(mnemonic, name(rs1), name(rs2), target);
        }
        if (LOADS.contains(mnemonic)) {
            return "%s %s, %d(%s)".formatted(mnemonic, name(rd), immediate, name(rs1));
        }
        if (STORES.contains(mnemonic)) {
            return "%s %s, %d(%s)".formatted(mnemonic, name(rs2), immediate, name(rs1));
        }
        return switch (mnemonic) {
            case "label" -> target + ":";
            case "j" -> "j " + target;
            case "jal", "la" -> "%s %s, %s".formatted(mnemonic, name(rd), target);
            case "jr" -> "jr " + name(rs1);
            case "jalr" -> "jalr %s, %d(%s)".formatted(name(rd), immediate, name(rs1));
            case "li" -> "li %s, %d".formatted(name(rd), immediate);
            case "lui" -> "lui %s, 0x%x".formatted(name(rd), immediate & 0xfffff);
            // The assembler wants an extension for its name.
            case "host" -> ".insn i 0x0b, 0, x0, x0, %d".formatted(immediate);
            default -> mnemonic;
        };
    }
}
