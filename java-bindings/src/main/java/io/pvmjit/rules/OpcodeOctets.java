package io.pvmjit.rules;

import java.util.Arrays;

/**
 * Which octet stands for which opcode: that of the Gray Paper, but where rules say otherwise. What an octet stands for,
 * {@code Opcode.of} looks up. Immutable.
 */
public final class OpcodeOctets {
    private static final int OCTETS = 256;
    private static final int NONE = -1;
    private static final OpcodeOctets STANDARD = new OpcodeOctets(standardOctets());

    /** By the code of an opcode; NONE where it has no octet. Codes that no opcode has stay what they are. */
    private final int[] octets;
    /** By octet, the code of what it stands for. */
    private final int[] codes;

    private OpcodeOctets(int[] octets) {
        this.octets = octets;
        codes = new int[OCTETS];
        Arrays.setAll(codes, octet -> octets[octet] == octet ? octet : NONE);
        for (int code = 0; code < OCTETS; code++) {
            if (octets[code] != NONE && octets[code] != code) {
                codes[octets[code]] = code; // Where no opcode has this octet for its code, or that one is elsewhere.
            }
        }
    }

    private static int[] standardOctets() {
        var octets = new int[OCTETS];
        Arrays.setAll(octets, code -> code);
        return octets;
    }

    /** Every opcode by {@link StandardOpcode#code()}: so it is in all revisions so far. */
    public static OpcodeOctets standard() {
        return STANDARD;
    }

    /**
     * The same with another octet for an opcode; the one that it had stands for nothing.
     *
     * @param octet 0 to 255
     * @throws IllegalArgumentException when that octet stands for another opcode
     */
    public OpcodeOctets with(StandardOpcode opcode, int octet) {
        var others = without(opcode);
        int code = others.code(octet);
        var other = code == NONE ? null : opcode.ofCode(code);
        if (other != null) {
            throw new IllegalArgumentException("the octet " + octet + " stands for " + other.mnemonic());
        }
        return others.change(opcode.code(), octet);
    }

    /** The same without an opcode. */
    public OpcodeOctets without(StandardOpcode opcode) {
        return without(opcode.code());
    }

    /** The same without the opcode of this code. */
    OpcodeOctets without(int code) {
        return change(code, NONE);
    }

    private OpcodeOctets change(int code, int octet) {
        var changed = octets.clone();
        changed[code] = octet;
        return new OpcodeOctets(changed);
    }

    /**
     * The {@link StandardOpcode#code()} that an octet (0 to 255) stands for, whether or not an opcode has it; -1 when the
     * octet stands for nothing.
     */
    public int code(int octet) {
        return codes[octet];
    }

    /** Whether an opcode has an octet. */
    public boolean has(StandardOpcode opcode) {
        return octets[opcode.code()] != NONE;
    }

    /**
     * The octet of an opcode, 0 to 255.
     *
     * @throws IllegalArgumentException when it has none
     */
    public int octet(StandardOpcode opcode) {
        if (!has(opcode)) {
            throw new IllegalArgumentException("there is no " + opcode.mnemonic() + " in these rules");
        }
        return octets[opcode.code()];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OpcodeOctets that && Arrays.equals(octets, that.octets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(octets);
    }
}
