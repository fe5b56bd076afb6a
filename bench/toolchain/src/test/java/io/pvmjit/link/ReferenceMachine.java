package io.pvmjit.link;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs generated assembly programs as the RISC-V manual says (RV64I, M, Zbb), from the text and not from machine code:
 * what translated programs are held against. Slow and plain on purpose; shares nothing with the linker.
 */
final class ReferenceMachine {
    /** A code address is this with the index of its line; programs must not look at one. */
    private static final long CODE = 0x7000_0000_0000_0000L;

    final long[] registers = new long[16];
    private final ByteBuffer memory;
    private final long memoryBase;

    /** A machine with some memory; addresses count modulo 2^32. */
    ReferenceMachine(long memoryBase, int memorySize) {
        this.memoryBase = memoryBase;
        this.memory = ByteBuffer.allocate(memorySize).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Answers host calls: a0, and a1 when the number is odd. */
    static void hostCall(long number, long[] arguments) {
        long mixed = number * 0x9e37_79b9_7f4a_7c15L;
        for (long argument : arguments) {
            mixed = Long.rotateLeft(mixed, 7) * 31 + argument;
        }
        arguments[0] = mixed;
        if ((number & 1) != 0) {
            arguments[1] = ~mixed;
        }
    }

    /** Runs to the end of a program; whether that took no more than so many steps. */
    boolean run(List<AssemblyLine> program, int limit) {
        Map<Integer, Integer> labels = new HashMap<>();
        for (int i = 0; i < program.size(); i++) {
            if (program.get(i).mnemonic().equals("label")) {
                labels.put(program.get(i).label(), i);
            }
        }
        int at = 0;
        for (int step = 0; step < limit; step++) {
            if (at == program.size()) {
                return true;
            }
            var line = program.get(at++);
            switch (line.mnemonic()) {
                case "label", "fence" -> {}
                case "j" -> at = labels.get(line.label());
                case "jal" -> {
                    write(line.rd(), CODE + at);
                    at = labels.get(line.label());
                }
                case "la" -> write(line.rd(), CODE + labels.get(line.label()));
                case "jr" -> at = (int) (read(line.rs1()) - CODE);
                case "jalr" -> {
                    int target = (int) (read(line.rs1()) - CODE);
                    write(line.rd(), CODE + at);
                    at = target;
                }
                case "host" -> {
                    var arguments = Arrays.copyOfRange(registers, 10, 16);
                    hostCall(line.immediate(), arguments);
                    System.arraycopy(arguments, 0, registers, 10, 6);
                }
                case "beq", "bne", "blt", "bge", "bltu", "bgeu" -> {
                    if (holds(line.mnemonic(), read(line.rs1()), read(line.rs2()))) {
                        at = labels.get(line.label());
                    }
                }
                case "lb", "lh", "lw", "ld", "lbu", "lhu", "lwu" -> write(line.rd(), load(line));
                case "sb", "sh", "sw", "sd" -> store(line);
                default -> write(line.rd(), compute(line));
            }
        }
        return false;
    }

    private long read(int register) {
        return registers[register];
    }

    private void write(int register, long value) {
        if (register != 0) {
            registers[register] = value;
        }
    }

    private int index(AssemblyLine line) {
        return (int) ((read(line.rs1()) + line.immediate() & 0xffff_ffffL) - memoryBase);
    }

    long octets(long address) {
        return memory.getLong((int) (address - memoryBase));
    }

    void octets(long address, long value) {
        memory.putLong((int) (address - memoryBase), value);
    }

    private long load(AssemblyLine line) {
        int index = index(line);
        return switch (line.mnemonic()) {
            case "lb" -> memory.get(index);
            case "lh" -> memory.getShort(index);
            case "lw" -> memory.getInt(index);
            case "lbu" -> memory.get(index) & 0xff;
            case "lhu" -> memory.getShort(index) & 0xffff;
            case "lwu" -> memory.getInt(index) & 0xffff_ffffL;
            default -> memory.getLong(index);
        };
    }

    private void store(AssemblyLine line) {
        int index = index(line);
        long value = read(line.rs2());
        switch (line.mnemonic()) {
            case "sb" -> memory.put(index, (byte) value);
            case "sh" -> memory.putShort(index, (short) value);
            case "sw" -> memory.putInt(index, (int) value);
            default -> memory.putLong(index, value);
        }
    }

    private static boolean holds(String branch, long a, long b) {
        return switch (branch) {
            case "beq" -> a == b;
            case "bne" -> a != b;
            case "blt" -> a < b;
            case "bge" -> a >= b;
            case "bltu" -> a + Long.MIN_VALUE < b + Long.MIN_VALUE;
            default -> a + Long.MIN_VALUE >= b + Long.MIN_VALUE;
        };
    }

    private long compute(AssemblyLine line) {
        var mnemonic = line.mnemonic();
        long a = read(line.rs1());
        if (mnemonic.equals("li")) {
            return line.immediate();
        }
        if (mnemonic.equals("lui")) {
            return (int) (line.immediate() << 12);
        }
        if (AssemblyLine.REGISTERS.contains(mnemonic)) {
            return compute(mnemonic, a, read(line.rs2()));
        }
        if (AssemblyLine.UNARIES.contains(mnemonic)) {
            return compute(mnemonic, a, 0);
        }
        // The name without its i: addi, addiw, sltiu.
        var operation = mnemonic.equals("sltiu") ? "sltu" : mnemonic.replaceFirst("i(w?)$", "$1");
        return compute(operation, a, line.immediate());
    }

    /** The result of an instruction on registers. */
    static long compute(String operation, long a, long b) {
        int shift = (int) b & 63;
        int shortShift = (int) b & 31;
        int low = (int) a;
        return switch (operation) {
            case "add" -> a + b;
            case "sub" -> a - b;
            case "and" -> a & b;
            case "or" -> a | b;
            case "xor" -> a ^ b;
            case "andn" -> a & ~b;
            case "orn" -> a | ~b;
            case "xnor" -> ~(a ^ b);
            case "slt" -> holds("blt", a, b) ? 1 : 0;
            case "sltu" -> holds("bltu", a, b) ? 1 : 0;
            case "sll" -> a << shift;
            case "srl" -> a >>> shift;
            case "sra" -> a >> shift;
            case "rol" -> a << shift | a >>> 64 - shift;
            case "ror" -> a >>> shift | a << 64 - shift;
            case "addw" -> (int) (a + b);
            case "subw" -> (int) (a - b);
            case "sllw" -> low << shortShift;
            case "srlw" -> low >>> shortShift;
            case "sraw" -> low >> shortShift;
            case "rolw" -> low << shortShift | low >>> 32 - shortShift;
            case "rorw" -> low >>> shortShift | low << 32 - shortShift;
            case "mul" -> a * b;
            case "mulw" -> (int) (a * b);
            case "mulh" -> upper(BigInteger.valueOf(a), BigInteger.valueOf(b));
            case "mulhu" -> upper(unsigned(a), unsigned(b));
            case "mulhsu" -> upper(BigInteger.valueOf(a), unsigned(b));
            case "div" -> b == 0 ? -1 : BigInteger.valueOf(a).divide(BigInteger.valueOf(b)).longValue();
            case "divu" -> b == 0 ? -1 : unsigned(a).divide(unsigned(b)).longValue();
            case "rem" -> b == 0 ? a : BigInteger.valueOf(a).remainder(BigInteger.valueOf(b)).longValue();
            case "remu" -> b == 0 ? a : unsigned(a).remainder(unsigned(b)).longValue();
            case "divw" -> (int) compute("div", low, (int) b);
            case "remw" -> (int) compute("rem", low, (int) b);
            case "divuw" -> (int) compute("divu", low & 0xffff_ffffL, b & 0xffff_ffffL);
            case "remuw" -> (int) compute("remu", low & 0xffff_ffffL, b & 0xffff_ffffL);
            case "min" -> a < b ? a : b;
            case "max" -> a < b ? b : a;
            case "minu" -> holds("bltu", a, b) ? a : b;
            case "maxu" -> holds("bltu", a, b) ? b : a;
            case "clz" -> 64 - unsigned(a).bitLength();
            case "clzw" -> 32 - unsigned(a & 0xffff_ffffL).bitLength();
            case "ctz" -> a == 0 ? 64 : unsigned(a).getLowestSetBit();
            case "ctzw" -> low == 0 ? 32 : unsigned(a).getLowestSetBit();
            case "cpop" -> unsigned(a).bitCount();
            case "cpopw" -> unsigned(a & 0xffff_ffffL).bitCount();
            case "sext.b" -> (byte) a;
            case "sext.h" -> (short) a;
            case "zext.h" -> a & 0xffff;
            case "rev8" -> ByteBuffer.allocate(8).putLong(0, a).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
            case "orc.b" -> {
                long filled = 0;
                for (int at = 0; at < 64; at += 8) {
                    filled |= (a >>> at & 0xff) == 0 ? 0 : 0xffL << at;
                }
                yield filled;
            }
            default -> throw new IllegalArgumentException(operation);
        };
    }

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }

    private static long upper(BigInteger a, BigInteger b) {
        return a.multiply(b).shiftRight(64).longValue();
    }
}
