package io.pvmjit.internal.backend;

import io.pvmjit.EngineConfig;
import io.pvmjit.Hardening;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.ModuleStatistics;
import io.pvmjit.program.NaturalEncoding;
import io.pvmjit.program.Opcode;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;

/**
 * How much room machine code will take, told from the program alone: so that code which has no room is not generated. An
 * estimate from above. A module of more than one section is counted by it, for its code is made while it runs, in room that
 * it has from the beginning; of another what its code takes is counted when it is there. A module has spare code, too, which
 * is made when one of its runs is short of gas: that is always counted by its estimate, for it has its room, too.
 *
 * @param rules that the program follows
 * @param hardening of machine code
 * @param sectionBytes octets of code in a section, or 0 for what is the default
 * @param checked all of it has checks of pages
 */
public record CodeEstimate(Rules rules, Set<Hardening> hardening, long sectionBytes, boolean checked) {
    /** Octets of machine code that a guest octet makes, at most: the C library has this bound. */
    static final int OCTETS_PER_OCTET = 24;
    /** The same where constants are blinded. */
    private static final int OCTETS_PER_OCTET_BLINDED = 36;
    /** What a section takes whatever is in it, at most: likewise. */
    private static final int SECTION_BOUND = 4096;
    /** What a module takes beside. */
    static final int MODULE = 256;
    /** A section has this part of the program's octets, within bounds. */
    private static final int SECTIONS = 64;

    private static final int SMALLEST_SECTION = 4096;
    private static final int LARGEST_SECTION = 65536;
    /** What one takes usually, whatever is in it. */
    private static final int SECTION = 1024;
    /** What loops that are there several times take more for each octet. */
    private static final int LOOPS = 1;

    /** More octets than the lengths in front of a program take. */
    private static final int HEAD = 32;
    private static final int BITS = 3;

    /** Of spare code, at most, for an instruction, plain and hardened, a block and a section: the C library has this. */
    private static final int SPARE = 20;
    private static final int SPARE_HARDENED = 40;
    private static final int SPARE_BLOCK = 16;
    private static final int SPARE_SECTION = 1024;

    /** The gas check of a block, and its exit. */
    private static final int BLOCK = 28;
    private static final int DYNAMIC_JUMP = 40;
    private static final int BRANCH = 24;
    private static final int DIVISION = 64;
    private static final int HOST_CALL = 40;
    private static final int HIGH_PRODUCT = 48;
    private static final int STORE_CONSTANT = 22;
    private static final int OTHER = 18;
    /** What constants take more when they are blinded. */
    private static final int BLINDED = 18;

    /** Added to the estimate of an instruction that ends a block. */
    private static final int ENDS_BLOCK = 1 << Byte.SIZE;

    /** For an engine that is made so. */
    public static CodeEstimate of(EngineConfig config) {
        return new CodeEstimate(
                Rules.of(config.rules()), config.hardening(), config.sectionBytes(), config.alwaysChecked());
    }

    /** For a program blob of this length, whatever is in it. */
    public long ofLength(long blobLength) {
        long sections = sections(blobLength);
        return MODULE + bound(blobLength, sections) + ofSpare(blobLength, blobLength, sections);
    }

    /** Of the code that most runs take, of so many octets in so many sections: no program makes more. */
    private long bound(long codeLength, long sections) {
        return codeLength * octetsPerOctet() + sections * SECTION_BOUND;
    }

    /** For the spare code of a module. */
    public long ofSpare(ModuleStatistics module) {
        return ofSpare(module.instructionCount(), module.blockCount(), sections(module.codeLength()));
    }

    /**
     * For a program blob. Linear in its length, and takes no memory. Only the front of the blob is validated.
     *
     * @throws InvalidProgramException when that is not valid
     */
    public long of(MemorySegment blob) {
        var head = blob.asSlice(0, Math.min(HEAD, blob.byteSize())).toArray(ValueLayout.JAVA_BYTE);
        var entries = NaturalEncoding.read(head, 0, "length of the jump table");
        var codeLength = NaturalEncoding.read(head, entries.end() + 1, "length of the code");
        long maskOctets = (codeLength.value() + Byte.SIZE - 1) >>> BITS;
        long maskAt = blob.byteSize() - maskOctets;
        long codeAt = maskAt - codeLength.value();
        if (codeLength.value() <= 0 || codeAt < codeLength.end()) {
            return MODULE; // There is no code, or the lengths do not fit: it is not valid, and whoever looks closer says so.
        }
        var estimates = byOctet();
        long instructions = 0;
        long blocks = 0;
        long weight = 0;
        for (long pc = 0; pc < codeLength.value(); pc++) {
            if ((blob.get(ValueLayout.JAVA_BYTE, maskAt + (pc >>> BITS)) >>> (pc & 7) & 1) != 0) {
                int estimate = estimates[blob.get(ValueLayout.JAVA_BYTE, codeAt + pc) & 0xFF];
                instructions++;
                blocks += estimate >= ENDS_BLOCK ? 1 : 0;
                weight += estimate % ENDS_BLOCK;
            }
        }
        long sections = sections(codeLength.value());
        long bound = bound(codeLength.value(), sections);
        long code = checked ? bound : Math.min(bound, weight + codeLength.value() * LOOPS + sections * SECTION);
        return MODULE + code + ofSpare(instructions, blocks, sections);
    }

    private long ofSpare(long instructions, long blocks, long sections) {
        return instructions * spare() + blocks * SPARE_BLOCK + sections * SPARE_SECTION;
    }

    /** How many sections there are at most. */
    private long sections(long codeLength) {
        long byLength = Math.clamp(codeLength / SECTIONS, SMALLEST_SECTION, LARGEST_SECTION);
        return codeLength / (sectionBytes == 0 ? byLength : sectionBytes) + 1;
    }

    /** For the code of instances that run with checks in software, of a program of so much code: no program makes more. */
    public long ofChecks(long codeLength) {
        return bound(codeLength, sections(codeLength));
    }

    private int spare() {
        return hardening.isEmpty() ? SPARE : SPARE_HARDENED;
    }

    private boolean blinded() {
        return hardening.contains(Hardening.BLINDED_CONSTANTS);
    }

    private int octetsPerOctet() {
        return blinded() ? OCTETS_PER_OCTET_BLINDED : OCTETS_PER_OCTET;
    }

    private int[] byOctet() {
        var estimates = new int[1 << Byte.SIZE];
        for (int octet = 0; octet < estimates.length; octet++) {
            var opcode = Opcode.of(rules.opcodes(), octet);
            estimates[octet] = opcode == null
                    ? 0
                    : of(opcode) + (blinded() ? ofConstants(opcode) : 0)
                            + (opcode.terminator() ? BLOCK + ENDS_BLOCK : 0);
        }
        return estimates;
    }

    private static int ofConstants(Opcode opcode) {
        return switch (opcode.operands()) {
            case NONE, NUMBER, JUMP, UNARY, BRANCH, BINARY, SELECT -> 0;
            default -> BLINDED;
        };
    }

    private static int of(Opcode opcode) {
        return switch (opcode.operands()) {
            case JUMP_IND, CONSTANT_JUMP_IND -> DYNAMIC_JUMP;
            case BRANCH, BRANCH_IMM -> BRANCH;
            case NUMBER -> HOST_CALL;
            case STORE_IMM, STORE_IMM_IND -> STORE_CONSTANT;
            default -> switch (opcode) {
                case MUL_UPPER_S_S, MUL_UPPER_U_U, MUL_UPPER_S_U -> HIGH_PRODUCT;
                default -> opcode.units() == Opcode.Units.DIV ? DIVISION : OTHER;
            };
        };
    }
}
