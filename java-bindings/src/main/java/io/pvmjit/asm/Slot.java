package io.pvmjit.asm;

import io.pvmjit.program.Opcode;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** An operand as it is written in text. Every instruction is a list of them: see {@link #of}. */
enum Slot {
    /** Register A, B or D. */
    A("register"),
    B("register"),
    D("register"),
    /** First or second immediate. */
    X("number"),
    Y("number"),
    /** Label, or an offset from the instruction: {@code . + 8}. */
    TARGET("label"),
    /** {@code [X]}. */
    AT_X("[address]"),
    /** {@code [A + X]}. */
    AT_A_X("[register + number]"),
    /** {@code [B + X]}. */
    AT_B_X("[register + number]"),
    /** {@code A + X}. */
    A_PLUS_X("register + number"),
    /** {@code B + Y}. */
    B_PLUS_Y("register + number");

    private final String description;

    Slot(String description) {
        this.description = description;
    }

    /** How the operand is written, for messages. */
    String description() {
        return description;
    }

    /** Whether it names memory or a dynamic jump address: then only the low 32 bits of its immediate matter. */
    boolean isAddress() {
        return compareTo(AT_X) >= 0;
    }

    private static final Map<Opcode, List<Slot>> BY_OPCODE = new EnumMap<>(Opcode.class);

    static {
        for (var opcode : Opcode.values()) {
            BY_OPCODE.put(opcode, list(opcode));
        }
    }

    /** The operands of an instruction in the order of the text: destinations first. */
    static List<Slot> of(Opcode opcode) {
        return BY_OPCODE.get(opcode);
    }

    private static List<Slot> list(Opcode opcode) {
        return switch (opcode.form()) {
            case NONE -> List.of();
            case IMM -> List.of(X);
            case REG_IMM64 -> List.of(A, X);
            case IMM_IMM -> List.of(AT_X, Y);
            case OFF -> List.of(TARGET);
            case REG_IMM -> switch (opcode) {
                case JUMP_IND -> List.of(A_PLUS_X);
                case LOAD_IMM -> List.of(A, X);
                case STORE_U8, STORE_U16, STORE_U32, STORE_U64 -> List.of(AT_X, A);
                default -> List.of(A, AT_X);
            };
            case REG_IMM_IMM -> List.of(AT_A_X, Y);
            case REG_IMM_OFF -> List.of(A, X, TARGET);
            case REG_REG -> List.of(D, A);
            case REG_REG_IMM -> switch (opcode.units()) {
                case STORE -> List.of(AT_B_X, A);
                case LOAD -> List.of(A, AT_B_X);
                default -> List.of(A, B, X);
            };
            case REG_REG_OFF -> List.of(A, B, TARGET);
            case REG_REG_IMM_IMM -> List.of(A, X, B_PLUS_Y);
            case REG_REG_REG -> List.of(D, A, B);
        };
    }

    /** How an instruction is written, for messages: {@code load_ind_u8 register, [register + number]}. */
    static String usage(Opcode opcode) {
        var text = new StringBuilder(opcode.mnemonic());
        var separator = " ";
        for (var slot : of(opcode)) {
            text.append(separator).append(slot.description);
            separator = ", ";
        }
        return text.toString();
    }
}
