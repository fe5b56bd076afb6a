package io.pvmjit.asm;

import io.pvmjit.program.Opcode;
import io.pvmjit.program.OperandForm;
import io.pvmjit.program.Program;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.random.RandomGenerator;

/** Random valid program blobs, made octet by octet so that the assembler has no part in them. */
final class Blobs {
    private static final Opcode[] OPCODES = Opcode.values();

    private Blobs() {}

    /** Any valid program: instructions of any length and any operand octets, and any jump table. */
    static byte[] wild(RandomGenerator random) {
        var code = new ByteArrayOutputStream();
        var starts = new BitSet();
        int count = 1 + random.nextInt(40);
        for (int i = 0; i < count; i++) {
            Opcode opcode;
            do {
                opcode = OPCODES[random.nextInt(OPCODES.length)];
            } while (i == count - 1 && !opcode.terminator());
            starts.set(code.size());
            code.write(opcode.code());
            int length = random.nextInt(3) == 0 ? random.nextInt(Program.MAXIMUM_SKIP + 1) : random.nextInt(11);
            for (int j = 0; j < length; j++) {
                // Small octets make register nibbles, lengths and offsets that are regular; the others the odd ones.
                int octet = random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(20);
                code.write(random.nextInt(8) == 0 ? -random.nextInt(3) : octet);
            }
        }
        return Program.encode(code.toByteArray(), starts, jumpTable(random, starts, code.size()), entrySize(random));
    }

    private static int entrySize(RandomGenerator random) {
        return random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(10);
    }

    private static long[] jumpTable(RandomGenerator random, BitSet starts, int codeLength) {
        var table = new long[random.nextInt(3) == 0 ? random.nextInt(40) : random.nextInt(4)];
        for (int i = 0; i < table.length; i++) {
            int place = random.nextInt(codeLength);
            table[i] = switch (random.nextInt(6)) {
                case 0 -> random.nextLong();
                case 1 -> place;
                case 2 -> i == 0 ? codeLength : table[i - 1];
                default -> starts.previousSetBit(place);
            };
        }
        return table;
    }

    /** A program as the assembler would encode it: built from random operands. */
    static byte[] regular(RandomGenerator random) {
        var builder = new ProgramBuilder();
        var labels = new ArrayList<ProgramBuilder.Label>();
        int count = 1 + random.nextInt(60);
        for (int i = 0; i <= count; i++) {
            labels.add(builder.label());
        }
        for (int i = 0; i < count; i++) {
            builder.place(labels.get(i));
            Opcode opcode;
            do {
                opcode = OPCODES[random.nextInt(OPCODES.length)];
            } while (i == count - 1 && !opcode.terminator());
            var target = labels.get(random.nextInt(count + 1));
            if (opcode.form() == OperandForm.OFF) {
                builder.appendTo(opcode, target);
            } else if (opcode.form() == OperandForm.REG_IMM_OFF) {
                builder.appendTo(opcode, target, random.nextInt(13), immediate(random));
            } else if (opcode.form() == OperandForm.REG_REG_OFF) {
                builder.appendTo(opcode, target, random.nextInt(13), random.nextInt(13));
            } else {
                builder.append(opcode, operands(random, opcode));
            }
        }
        builder.place(labels.get(count));
        for (int i = random.nextInt(4); i > 0; i--) {
            builder.entry(labels.get(random.nextInt(count)));
        }
        return builder.build();
    }

    private static long[] operands(RandomGenerator random, Opcode opcode) {
        long r1 = random.nextInt(13);
        long r2 = random.nextInt(13);
        long r3 = random.nextInt(13);
        long x = immediate(random);
        long y = immediate(random);
        return switch (opcode.form()) {
            case NONE -> new long[] {};
            case IMM -> new long[] {x};
            case REG_IMM64 -> new long[] {r1, random.nextBoolean() ? random.nextLong() : x};
            case IMM_IMM -> new long[] {x, y};
            case REG_IMM -> opcode.mnemonic().startsWith("store") ? new long[] {x, r1} : new long[] {r1, x};
            case REG_IMM_IMM -> new long[] {r1, x, y};
            case REG_REG -> new long[] {r1, r2};
            case REG_REG_IMM -> opcode.mnemonic().startsWith("store") ? new long[] {r1, x, r2} : new long[] {r1, r2, x};
            case REG_REG_IMM_IMM -> new long[] {r1, x, r2, y};
            case REG_REG_REG -> new long[] {r1, r2, r3};
            case OFF, REG_IMM_OFF, REG_REG_OFF -> throw new IllegalArgumentException("a jump");
        };
    }

    private static long immediate(RandomGenerator random) {
        return random.nextInt() >> random.nextInt(32);
    }
}
