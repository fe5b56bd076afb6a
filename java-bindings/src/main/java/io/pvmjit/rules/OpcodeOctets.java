package io.pvmjit.rules;

import io.pvmjit.program.Opcode;
import java.util.Arrays;

/** Which octet stands for which opcode. Immutable. */
public final class OpcodeOctets {
    private static final int OCTETS = 256;
    private static final OpcodeOctets STANDARD = standardOctets();

    /** By octet; null where it stands for nothing. */
    private final Opcode[] opcodes;
    /** By ordinal; -1 where an opcode has no octet. */
    private final int[] octets;

    private OpcodeOctets(Opcode[] opcodes) {
        this.opcodes = opcodes;
        octets = new int[Opcode.values().length];
        Arrays.fill(octets, -1);
        for (int octet = 0; octet < OCTETS; octet++) {
            if (opcodes[octet] != null) {
                octets[opcodes[octet].ordinal()] = octet;
            }
        }
    }

    private static OpcodeOctets standardOctets() {
        var opcodes = new Opcode[OCTETS];
        for (var opcode : Opcode.values()) {
            opcodes[opcode.code()] = opcode;
        }
        return new OpcodeOctets(opcodes);
    }

    /** Every opcode by {@link Opcode#code()}: so it is in all revisions so far. */
    public static OpcodeOctets standard() {
        return STANDARD;
    }

    /**
     * The same with another octet for an opcode; the one that it had stands for nothing.
     *
     * @param octet 0 to 255
     * @throws IllegalArgumentException when that octet stands for another opcode
     */
    public OpcodeOctets with(Opcode opcode, int octet) {
        var changed = without(opcode).opcodes;
        if (changed[octet] != null) {
            throw new IllegalArgumentException("the octet " + octet + " stands for " + changed[octet].mnemonic());
        }
        changed[octet] = opcode;
        return new OpcodeOctets(changed);
    }

    /** The same without an opcode. */
    public OpcodeOctets without(Opcode opcode) {
        var changed = opcodes.clone();
        if (has(opcode)) {
            changed[octet(opcode)] = null;
        }
        return new OpcodeOctets(changed);
    }

    /** The opcode that an octet (0 to 255) stands for; null when it stands for nothing. */
    public Opcode opcode(int octet) {
        return opcodes[octet];
    }

    /** Whether an opcode has an octet. */
    public boolean has(Opcode opcode) {
        return octets[opcode.ordinal()] >= 0;
    }

    /**
     * The octet of an opcode, 0 to 255.
     *
     * @throws IllegalArgumentException when it has none
     */
    public int octet(Opcode opcode) {
        if (!has(opcode)) {
            throw new IllegalArgumentException("there is no " + opcode.mnemonic() + " in these rules");
        }
        return octets[opcode.ordinal()];
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof OpcodeOctets that && Arrays.equals(opcodes, that.opcodes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(opcodes);
    }
}
