package io.pvmjit.link;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Makes random programs of the instructions that the linker accepts, leaning towards what it looks for: constants that
 * reach other instructions, compare and branch, pairs of shifts, branches around one move, registers that die.
 */
final class RandomProgram {
    /** All but the stack pointer, which is only read, and moved by what moves it back. */
    private static final int[] WRITABLE = {1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    private static final int STACK_POINTER = 2;
    /** Where memory that programs may use ends, below the stack pointer, and how long it is. */
    static final int WINDOW_END = -512;
    static final int WINDOW_SIZE = 512;
    private static final long[] EDGES = {
        0, 1, -1, 2, 8, 31, 32, 33, 63, 64, 255, 2047, 2048, -2048, -2049, 0x7fff, 0x8000, 0xffff, 0x7fff_f800L,
        Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 31, 0xffff_ffffL, 1L << 32, (1L << 31) - 1, -(1L << 31) - 1,
        Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1, 0x5555_5555_5555_5555L, 0xffff_ffff_0000_0000L
    };
    private static final List<String> REGISTERS = sorted(AssemblyLine.REGISTERS);
    private static final List<String> IMMEDIATES = sorted(AssemblyLine.IMMEDIATES);
    private static final List<String> SHIFTS_64 = sorted(AssemblyLine.SHIFTS_64);
    private static final List<String> SHIFTS_32 = sorted(AssemblyLine.SHIFTS_32);
    private static final List<String> UNARIES = sorted(AssemblyLine.UNARIES);
    private static final List<String> BRANCHES = sorted(AssemblyLine.BRANCHES);
    private static final List<String> LOADS = sorted(AssemblyLine.LOADS);
    private static final List<String> STORES = sorted(AssemblyLine.STORES);

    private final RandomGenerator random;
    private final long stackPointer;
    private final List<AssemblyLine> lines = new ArrayList<>();
    /** A few registers that most instructions of a program use, so that they have to do with each other. */
    private final int[] favourites = new int[4];
    private int labels;
    private int blocks;

    private RandomProgram(RandomGenerator random, long stackPointer) {
        this.random = random;
        this.stackPointer = stackPointer;
    }

    private static List<String> sorted(Set<String> names) {
        return names.stream().sorted().toList();
    }

    /** A value that likely is an edge of something. */
    static long value(RandomGenerator random) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> EDGES[random.nextInt(EDGES.length)];
            case 3 -> random.nextInt(-2048, 2048);
            case 4 -> random.nextInt();
            case 5 -> 1L << random.nextInt(64);
            case 6 -> random.nextLong() >> random.nextInt(64);
            default -> random.nextLong();
        };
    }

    /** A program; it may not end. */
    static List<AssemblyLine> make(RandomGenerator random, long stackPointer) {
        return new RandomProgram(random, stackPointer).make();
    }

    private List<AssemblyLine> make() {
        for (int i = 0; i < favourites.length; i++) {
            favourites[i] = WRITABLE[random.nextInt(WRITABLE.length)];
        }
        blocks = random.nextInt(1, 7);
        labels = blocks + 1;
        for (int block = 0; block < blocks; block++) {
            lines.add(AssemblyLine.label(block));
            for (int i = random.nextInt(1, 9); i > 0; i--) {
                pattern();
            }
            if (random.nextInt(3) > 0) {
                branch(target(block));
            } else if (random.nextInt(5) == 0) {
                lines.add(AssemblyLine.jump(target(block)));
            }
        }
        lines.add(AssemblyLine.label(blocks));
        for (int i = random.nextInt(3); i > 0; i--) {
            pattern();
        }
        return List.copyOf(lines);
    }

    /** Mostly forwards. */
    private int target(int block) {
        return random.nextInt(6) == 0 ? random.nextInt(blocks) : random.nextInt(block + 1, blocks + 1);
    }

    private int written() {
        return random.nextInt(24) == 0 ? 0
                : random.nextBoolean() ? favourites[random.nextInt(favourites.length)] : someWritable();
    }

    private int someWritable() {
        return WRITABLE[random.nextInt(WRITABLE.length)];
    }

    private int read() {
        return switch (random.nextInt(12)) {
            case 0 -> 0;
            case 1 -> STACK_POINTER;
            case 2, 3, 4 -> someWritable();
            default -> favourites[random.nextInt(favourites.length)];
        };
    }

    private String any(List<String> names) {
        return names.get(random.nextInt(names.size()));
    }

    private long shortImmediate() {
        long edge = value(random);
        return edge >= -2048 && edge < 2048 ? edge : random.nextInt(-2048, 2048);
    }

    private void pattern() {
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3 -> lines.add(AssemblyLine.of(any(REGISTERS), written(), read(), read()));
            case 4, 5 -> lines.add(AssemblyLine.withImmediate(any(IMMEDIATES), written(), read(), shortImmediate()));
            case 6 -> lines.add(random.nextBoolean()
                    ? AssemblyLine.withImmediate(any(SHIFTS_64), written(), read(), random.nextInt(64))
                    : AssemblyLine.withImmediate(any(SHIFTS_32), written(), read(), random.nextInt(32)));
            case 7 -> lines.add(AssemblyLine.of(any(UNARIES), written(), read(), 0));
            case 8, 9, 10 -> lines.add(AssemblyLine.li(someFavourite(), value(random)));
            case 11 -> upperImmediate();
            case 12 -> shiftPair();
            case 13, 14 -> moveAround();
            case 15 -> compareAndBranch();
            case 16 -> memory();
            case 17 -> call();
            case 18 -> lines.add(new AssemblyLine("host", 0, 0, 0, random.nextInt(2048), -1));
            default -> rare();
        }
    }

    private int someFavourite() {
        return favourites[random.nextInt(favourites.length)];
    }

    private void upperImmediate() {
        int register = written();
        lines.add(new AssemblyLine("lui", register, 0, 0, random.nextInt(1 << 20), -1));
        if (random.nextBoolean()) {
            lines.add(AssemblyLine.withImmediate(random.nextBoolean() ? "addi" : "addiw", written(), register,
                    shortImmediate()));
        }
    }

    private void shiftPair() {
        int[] usual = {32, 48, 56, 40, 1, 63, 0, 31};
        int distance = usual[random.nextInt(usual.length)];
        int register = someFavourite();
        lines.add(AssemblyLine.withImmediate("slli", register, read(), distance));
        lines.add(AssemblyLine.withImmediate(random.nextBoolean() ? "srli" : "srai",
                random.nextInt(3) == 0 ? written() : register, register,
                random.nextInt(4) == 0 ? random.nextInt(64) : distance));
    }

    private void branch(int label) {
        boolean withZero = random.nextBoolean();
        int a = read();
        int b = withZero ? 0 : read();
        lines.add(random.nextInt(3) == 0 ? AssemblyLine.branch(any(BRANCHES), b, a, label)
                : AssemblyLine.branch(any(BRANCHES), a, b, label));
    }

    /** A branch around one instruction, or two. */
    private void moveAround() {
        int label = labels++;
        branch(label);
        int moved = random.nextInt(4) == 0 ? 2 : 1;
        for (int i = 0; i < moved; i++) {
            switch (random.nextInt(4)) {
                case 0 -> lines.add(AssemblyLine.withImmediate("addi", written(), read(), 0));
                case 1, 2 -> lines.add(AssemblyLine.li(someFavourite(), value(random)));
                default -> lines.add(AssemblyLine.withImmediate("addi", written(), read(), shortImmediate()));
            }
        }
        lines.add(AssemblyLine.label(label));
    }

    private void compareAndBranch() {
        int register = someFavourite();
        lines.add(switch (random.nextInt(4)) {
            case 0 -> AssemblyLine.of("slt", register, read(), read());
            case 1 -> AssemblyLine.of("sltu", register, read(), read());
            case 2 -> AssemblyLine.withImmediate("slti", register, read(), shortImmediate());
            default -> AssemblyLine.withImmediate("sltiu", register, read(), shortImmediate());
        });
        int label = labels++;
        var mnemonic = random.nextInt(4) == 0 ? any(BRANCHES) : random.nextBoolean() ? "beq" : "bne";
        lines.add(random.nextInt(4) == 0 ? AssemblyLine.branch(mnemonic, 0, register, label)
                : AssemblyLine.branch(mnemonic, register, 0, label));
        if (random.nextBoolean()) {
            // Where the result of the comparison dies whichever way it goes.
            pattern();
            lines.add(AssemblyLine.label(label));
            lines.add(AssemblyLine.li(register, value(random)));
        } else {
            pattern();
            lines.add(AssemblyLine.label(label));
        }
    }

    /** A load or a store relative to the stack pointer, or to a constant with or without its sign extended. */
    private void memory() {
        boolean store = random.nextBoolean();
        var mnemonic = any(store ? STORES : LOADS);
        int offset = WINDOW_END - WINDOW_SIZE + random.nextInt(WINDOW_SIZE - 8);
        int base = STACK_POINTER;
        if (random.nextBoolean()) {
            base = someWritable();
            long address = stackPointer + offset;
            offset = random.nextInt(-2048, 2048);
            lines.add(AssemblyLine.li(base, (random.nextBoolean() ? address : (int) address) - offset));
        }
        if (store && random.nextInt(3) == 0) {
            int constant = someWritable();
            if (constant != base) {
                lines.add(AssemblyLine.li(constant, value(random)));
                lines.add(AssemblyLine.store(mnemonic, constant, base, offset));
                return;
            }
        }
        lines.add(store ? AssemblyLine.store(mnemonic, read(), base, offset)
                : AssemblyLine.withImmediate(mnemonic, written(), base, offset));
    }

    /** A call of what stands right there, and its end: by the return register, or by t0, which all may look behind. */
    private void call() {
        int link = random.nextBoolean() ? 1 : 5;
        int over = labels++;
        int function = labels++;
        boolean before = random.nextBoolean();
        if (before) {
            callTo(link, function);
            lines.add(AssemblyLine.jump(over));
        } else {
            lines.add(AssemblyLine.jump(over));
        }
        lines.add(AssemblyLine.label(function));
        for (int i = random.nextInt(3); i > 0; i--) {
            lines.add(random.nextBoolean() ? AssemblyLine.li(other(link), value(random))
                    : AssemblyLine.of(any(REGISTERS), other(link), operand(link), operand(link)));
        }
        lines.add(AssemblyLine.of("jr", 0, link, 0));
        lines.add(AssemblyLine.label(over));
        if (!before) {
            callTo(link, function);
        }
        if (link == 1) {
            // What the callee may have overwritten nobody looks at.
            for (int register : new int[] {5, 6, 7, 12, 13, 14, 15}) {
                lines.add(AssemblyLine.li(register, value(random)));
            }
        }
        lines.add(AssemblyLine.li(link, value(random)));
    }

    private void callTo(int link, int function) {
        if (random.nextBoolean()) {
            lines.add(new AssemblyLine("jal", link, 0, 0, 0, function));
        } else {
            lines.add(new AssemblyLine("la", link, 0, 0, 0, function));
            lines.add(new AssemblyLine("jalr", link, link, 0, 0, -1));
        }
    }

    private int other(int link) {
        int register = someWritable();
        return register == link ? 10 : register;
    }

    private int operand(int link) {
        int register = read();
        return register == link ? 0 : register;
    }

    private void rare() {
        switch (random.nextInt(6)) {
            case 0 -> lines.add(AssemblyLine.of("fence", 0, 0, 0));
            case 1 -> {
                // A frame.
                lines.add(AssemblyLine.withImmediate("addi", STACK_POINTER, STACK_POINTER, -32));
                lines.add(AssemblyLine.store(any(STORES), read(), STACK_POINTER, 8));
                lines.add(AssemblyLine.of(any(REGISTERS), written(), read(), read()));
                lines.add(AssemblyLine.withImmediate("addi", STACK_POINTER, STACK_POINTER, 32));
            }
            case 2 -> {
                // Not by ra: that is a return, and compilers never jump so.
                int register = other(1);
                int label = labels++;
                lines.add(new AssemblyLine("la", register, 0, 0, 0, label));
                lines.add(AssemblyLine.of("jr", 0, register, 0));
                pattern();
                lines.add(AssemblyLine.label(label));
                lines.add(AssemblyLine.li(register, value(random)));
            }
            case 3 -> lines.add(AssemblyLine.withImmediate("addi", 0, 0, 0));
            default -> lines.add(AssemblyLine.of(any(List.of("mulh", "mulhu", "mulhsu", "div", "remu", "min", "maxu")),
                    written(), random.nextBoolean() ? 0 : read(), 0));
        }
    }
}
