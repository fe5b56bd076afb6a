package io.pvmjit.rules;

/**
 * An opcode, as rules know it: by the octet that stands for it in the Gray Paper. {@code io.pvmjit.program.Opcode} has all
 * of them; embedders do not implement it.
 */
public interface StandardOpcode {
    /** The octet, 0 to 255, that stands for it in every revision so far. */
    int code();

    /** The name in the specification. */
    String mnemonic();

    /** The opcode of the same instruction set that has this {@link #code()}, 0 to 255; null for none. */
    StandardOpcode ofCode(int code);
}
