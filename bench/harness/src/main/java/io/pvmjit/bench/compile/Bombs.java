package io.pvmjit.bench.compile;

import io.pvmjit.program.Opcode;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Programs that make compilation take as long as it can for their octets: blocks of one octet, the most machine code, the
 * gas model's worst cases, the largest jump table.
 */
final class Bombs {
    private static final int REGISTERS = 13;
    private static final long SEED = 11;

    private final ByteArrayOutputStream code = new ByteArrayOutputStream();
    private final BitSet starts = new BitSet();
    private final int octets;

    private Bombs(int octets) {
        this.octets = octets;
    }

    /** The program blobs, each of about so many octets, by what they are. */
    static Map<String, byte[]> all(int octets) {
        Map<String, byte[]> bombs = new LinkedHashMap<>();
        for (var opcode : List.of(Opcode.TRAP, Opcode.FALLTHROUGH, Opcode.JUMP, Opcode.JUMP_IND, Opcode.LOAD_IMM_JUMP_IND,
                Opcode.BRANCH_LT_U_IMM, Opcode.BRANCH_LT_S, Opcode.ECALLI, Opcode.DIV_S_64, Opcode.STORE_IMM_U64)) {
            // Of these jump_ind gives the most machine code for an octet that there is.
            bombs.put("every octet " + opcode.mnemonic(), new Bombs(octets).repeat(bomb -> bomb.put(opcode)));
        }
        var random = new SplittableRandom(SEED);
        var all = List.of(Opcode.values());
        bombs.put("every octet an opcode", new Bombs(octets).repeat(bomb -> bomb.put(pick(all, random))));
        var terminators = all.stream().filter(Opcode::terminator).toList();
        bombs.put("every octet a terminator", new Bombs(octets).repeat(bomb -> bomb.put(pick(terminators, random))));
        bombs.put("one block of loads that fill every unit", new Bombs(octets).repeat(bomb -> bomb.conflict(random)));
        bombs.put("short blocks of loads that fill every unit", new Bombs(octets).repeat(bomb -> {
            bomb.conflict(random);
            bomb.put(Opcode.FALLTHROUGH);
        }));
        bombs.put("one block of divisions that wait", new Bombs(octets).repeat(bomb -> bomb.waiting(random)));
        bombs.put("one block with a full reorder buffer", new Bombs(octets).repeat(bomb -> bomb.full(random)));
        bombs.put("a table of one-octet entries", table(octets));
        return bombs;
    }

    private static Opcode pick(List<Opcode> opcodes, SplittableRandom random) {
        return opcodes.get(random.nextInt(opcodes.size()));
    }

    private void put(Opcode opcode, int... operands) {
        starts.set(code.size());
        code.write(opcode.code());
        for (int operand : operands) {
            code.write(operand);
        }
    }

    /** An entry that waits for four loads leaves a gap behind it, which younger ones start in: out of program order. */
    private void conflict(SplittableRandom random) {
        for (int n = 0; n < 5; n++) {
            put(Opcode.LOAD_IND_U64, random.nextInt(REGISTERS) | random.nextInt(REGISTERS) << 4);
        }
        for (int n = 0; n < 3; n++) {
            put(Opcode.ADD_64, random.nextInt(REGISTERS) | random.nextInt(REGISTERS) << 4, random.nextInt(REGISTERS));
        }
    }

    /** Each division waits for the one before it, and what comes behind it for a unit. */
    private void waiting(SplittableRandom random) {
        put(Opcode.DIV_U_64, 1 | random.nextInt(REGISTERS) << 4, 1);
        for (int n = 0; n < 2; n++) {
            put(Opcode.MUL_64, random.nextInt(REGISTERS) | 1 << 4, random.nextInt(REGISTERS));
            put(Opcode.LOAD_IND_U64, random.nextInt(REGISTERS) | random.nextInt(REGISTERS) << 4);
        }
    }

    /** Loads that nobody waits for are decoded faster than they end: the buffer's room decides when. */
    private void full(SplittableRandom random) {
        put(Opcode.LOAD_U32, random.nextInt(REGISTERS));
        put(Opcode.LOAD_IMM, random.nextInt(REGISTERS));
        put(Opcode.STORE_U32, random.nextInt(REGISTERS));
        put(Opcode.LOAD_U32, random.nextInt(REGISTERS));
    }

    private byte[] repeat(Consumer<Bombs> step) {
        while (code.size() < octets - 1) {
            step.accept(this);
        }
        put(Opcode.TRAP);
        return blob(new byte[0]);
    }

    /** The largest table that pointers are made for, with an entry for every other octet of code, and one-octet blocks. */
    private static byte[] table(int octets) {
        var bomb = new Bombs(octets);
        while (bomb.code.size() < octets * 2 / 3) {
            bomb.put(Opcode.FALLTHROUGH);
        }
        bomb.put(Opcode.TRAP);
        var entries = new byte[bomb.code.size() / 2];
        var random = new SplittableRandom(SEED);
        for (int n = 0; n < entries.length; n++) {
            entries[n] = (byte) random.nextInt();
        }
        return bomb.blob(entries);
    }

    /** @param entries of the jump table, of one octet each */
    private byte[] blob(byte[] entries) {
        var blob = new ByteArrayOutputStream();
        natural(blob, entries.length);
        blob.write(1);
        natural(blob, code.size());
        blob.writeBytes(entries);
        blob.writeBytes(code.toByteArray());
        var mask = new byte[(code.size() + 7) / 8];
        var set = starts.toByteArray();
        System.arraycopy(set, 0, mask, 0, set.length);
        blob.writeBytes(mask);
        return blob.toByteArray();
    }

    /** The natural encoding of four octets less than 2^28. */
    private static void natural(ByteArrayOutputStream out, int value) {
        List<Integer> octets = new ArrayList<>();
        int extra = value < 1 << 7 ? 0 : value < 1 << 14 ? 1 : value < 1 << 21 ? 2 : 3;
        octets.add((0xFF << (8 - extra) & 0xFF) | value >> 8 * extra);
        for (int n = 0; n < extra; n++) {
            octets.add(value >> 8 * n & 0xFF);
        }
        octets.forEach(out::write);
    }
}
