package io.pvmjit.interpreter;

import static io.pvmjit.interpreter.Stretch.NO_BLOCK;
import static io.pvmjit.interpreter.Stretch.registerA;
import static io.pvmjit.interpreter.Stretch.registerB;
import static io.pvmjit.interpreter.Stretch.registerD;

import io.pvmjit.ExitKind;
import io.pvmjit.MemoryImage;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.StandardProgram;
import io.pvmjit.program.Access;
import java.util.Set;

/**
 * A machine of the interpreter: runs a decoded program instruction by instruction, by the letter of the Gray Paper A.4
 * and A.5.
 */
final class InterpreterMachine extends MachineState {
    /** What {@link #execute} does after an instruction, beside going to the block of a number from 0. */
    private static final int STEP = -2;
    private static final int HALT = -3;
    private static final int FAULT = -4;
    private static final int HOST_CALL = -5;
    /** What has no block to go to panics. */
    private static final int PANIC = NO_BLOCK;

    private static final int JUMP_ALIGNMENT = 2;
    /** Octets at the bottom of RAM that are never accessible: touching them panics. */
    private static final long NEVER_ACCESSIBLE = (long) MemoryImage.FIRST_PAGE * MemoryImage.PAGE_SIZE;

    private static final long LOW_16 = 0xFFFFL;
    private static final long LOW_32 = 0xFFFF_FFFFL;

    private final DecodedProgram program;
    private final Set<InterpreterMachine> alive;

    /** @param alive what to leave when closed */
    InterpreterMachine(DecodedProgram program, Set<InterpreterMachine> alive) {
        this.program = program;
        this.alive = alive;
    }

    @Override
    public ExitKind run() {
        var exit = begin();
        return exit != null ? exit : execute(program.stretch((int) pc));
    }

    @Override
    public ExitKind step() {
        var exit = begin();
        if (exit != null) {
            return exit;
        }
        var stretch = program.stretch((int) pc);
        int next = step(stretch, 0);
        if (next == STEP) {
            pc = stretch.address(1);
            return null;
        }
        if (next < 0) {
            return exit(next, stretch, 0);
        }
        pc = next;
        gasCharged = false;
        return null;
    }

    /** Pays for the block that pc is in, unless that is done; null when the instruction there is to run. */
    private ExitKind begin() {
        if (takeInterrupt()) {
            return stopped(ExitKind.INTERRUPTED, pc, 0);
        }
        if (!program.program().isStart(pc)) {
            return ended(ExitKind.PANIC, pc);
        }
        var stretch = program.stretch((int) pc);
        if (!gasCharged && !charge(stretch)) {
            return stopped(ExitKind.OUT_OF_GAS, stretch.pc(), 0);
        }
        return null;
    }

    /** Pays for the block that a stretch is in; false, and nothing changed, when the gas does not suffice. */
    private boolean charge(Stretch stretch) {
        int cost = program.cost(stretch);
        if (Long.compareUnsigned(gas, cost) < 0) {
            return false;
        }
        gas -= cost;
        gasCharged = true;
        return true;
    }

    /** Runs a stretch whose block has been paid for, and what follows. */
    private ExitKind execute(Stretch start) {
        var stretch = start;
        int index = 0;
        int target = 0;
        try {
            while (true) {
                int next = step(stretch, index);
                if (next == STEP) {
                    index++;
                    if (index < stretch.length()) {
                        continue;
                    }
                    // The block goes on.
                    target = stretch.end();
                    stretch = null;
                    index = 0;
                    stretch = program.stretch(target);
                    continue;
                }
                if (next < 0) {
                    return exit(next, stretch, index);
                }
                target = next;
                stretch = null;
                index = 0;
                gasCharged = false;
                if (interrupted.getOpaque() && takeInterrupt()) {
                    return stopped(ExitKind.INTERRUPTED, target, 0);
                }
                stretch = program.stretch(target);
                if (!charge(stretch)) {
                    return stopped(ExitKind.OUT_OF_GAS, target, 0);
                }
            }
        } catch (ResourceLimitException e) {
            // No room for a page of RAM: the instruction had no effect and can be tried again. Or none for the
            // instructions that follow it.
            failed(stretch == null ? target : stretch.address(index));
            throw e;
        }
    }

    /**
     * Executes one instruction.
     *
     * <p>Java's shifts take the amount modulo 32 or 64 by the width of what is shifted, as the PVM's do.
     *
     * @return the block to go to, or one of the constants
     */
    private int step(Stretch stretch, int index) {
        int operation = stretch.operation(index);
        int a = registerA(operation);
        int b = registerB(operation);
        int d = registerD(operation);
        long x = stretch.first(index);
        int second = stretch.second(index);
        long[] r = registers;
        var opcode = Stretch.opcode(operation);
        return switch (opcode) {
            // Control and host calls
            case TRAP -> PANIC;
            case FALLTHROUGH -> stretch.blockBehind();
            case UNLIKELY -> STEP;
            case ECALLI -> HOST_CALL;
            case JUMP -> second;
            case JUMP_IND -> jumpThroughTable(r[a] + x);
            case LOAD_IMM_JUMP -> {
                r[a] = x;
                yield second;
            }
            case LOAD_IMM_JUMP_IND -> {
                // The address comes from the register before it is written: both may be one.
                int next = jumpThroughTable(r[b] + second);
                r[a] = x;
                yield next;
            }

            // Branches: `second` is the target, or NO_BLOCK where a branch panics even when not taken
            case BRANCH_EQ_IMM -> branch(r[a] == x, second, stretch);
            case BRANCH_NE_IMM -> branch(r[a] != x, second, stretch);
            case BRANCH_LT_U_IMM -> branch(Long.compareUnsigned(r[a], x) < 0, second, stretch);
            case BRANCH_LE_U_IMM -> branch(Long.compareUnsigned(r[a], x) <= 0, second, stretch);
            case BRANCH_GE_U_IMM -> branch(Long.compareUnsigned(r[a], x) >= 0, second, stretch);
            case BRANCH_GT_U_IMM -> branch(Long.compareUnsigned(r[a], x) > 0, second, stretch);
            case BRANCH_LT_S_IMM -> branch(r[a] < x, second, stretch);
            case BRANCH_LE_S_IMM -> branch(r[a] <= x, second, stretch);
            case BRANCH_GE_S_IMM -> branch(r[a] >= x, second, stretch);
            case BRANCH_GT_S_IMM -> branch(r[a] > x, second, stretch);
            case BRANCH_EQ -> branch(r[a] == r[b], second, stretch);
            case BRANCH_NE -> branch(r[a] != r[b], second, stretch);
            case BRANCH_LT_U -> branch(Long.compareUnsigned(r[a], r[b]) < 0, second, stretch);
            case BRANCH_LT_S -> branch(r[a] < r[b], second, stretch);
            case BRANCH_GE_U -> branch(Long.compareUnsigned(r[a], r[b]) >= 0, second, stretch);
            case BRANCH_GE_S -> branch(r[a] >= r[b], second, stretch);

            // Constants and moves
            case LOAD_IMM_64 -> set(a, (long) second << 32 | x & LOW_32);
            case LOAD_IMM -> set(a, x);
            case MOVE_REG -> set(d, r[a]);
            case CMOV_IZ_IMM -> set(a, r[b] == 0 ? x : r[a]);
            case CMOV_NZ_IMM -> set(a, r[b] != 0 ? x : r[a]);
            case CMOV_IZ -> set(d, r[b] == 0 ? r[a] : r[d]);
            case CMOV_NZ -> set(d, r[b] != 0 ? r[a] : r[d]);

            // Memory
            case LOAD_U8, LOAD_I8, LOAD_U16, LOAD_I16, LOAD_U32, LOAD_I32, LOAD_U64 -> load(a, x, opcode.access());
            case LOAD_IND_U8, LOAD_IND_I8, LOAD_IND_U16, LOAD_IND_I16, LOAD_IND_U32, LOAD_IND_I32, LOAD_IND_U64 ->
                load(a, r[b] + x, opcode.access());
            case STORE_U8, STORE_U16, STORE_U32, STORE_U64 -> store(x, opcode.access(), r[a]);
            case STORE_IND_U8, STORE_IND_U16, STORE_IND_U32, STORE_IND_U64 -> store(r[b] + x, opcode.access(), r[a]);
            case STORE_IMM_U8, STORE_IMM_U16, STORE_IMM_U32, STORE_IMM_U64 -> store(x, opcode.access(), second);
            case STORE_IMM_IND_U8, STORE_IMM_IND_U16, STORE_IMM_IND_U32, STORE_IMM_IND_U64 ->
                store(r[a] + x, opcode.access(), second);

            // Bits of one register
            case COUNT_SET_BITS_64 -> set(d, Long.bitCount(r[a]));
            case COUNT_SET_BITS_32 -> set(d, Integer.bitCount((int) r[a]));
            case LEADING_ZERO_BITS_64 -> set(d, Long.numberOfLeadingZeros(r[a]));
            case LEADING_ZERO_BITS_32 -> set(d, Integer.numberOfLeadingZeros((int) r[a]));
            case TRAILING_ZERO_BITS_64 -> set(d, Long.numberOfTrailingZeros(r[a]));
            case TRAILING_ZERO_BITS_32 -> set(d, Integer.numberOfTrailingZeros((int) r[a]));
            case SIGN_EXTEND_8 -> set(d, (byte) r[a]);
            case SIGN_EXTEND_16 -> set(d, (short) r[a]);
            case ZERO_EXTEND_16 -> set(d, r[a] & LOW_16);
            case REVERSE_BYTES -> set(d, Long.reverseBytes(r[a]));

            // A register and an immediate; results of 32 bits are sign-extended by widening from int
            case ADD_IMM_32 -> set(a, (int) (r[b] + x));
            case ADD_IMM_64 -> set(a, r[b] + x);
            case NEG_ADD_IMM_32 -> set(a, (int) (x - r[b]));
            case NEG_ADD_IMM_64 -> set(a, x - r[b]);
            case MUL_IMM_32 -> set(a, (int) (r[b] * x));
            case MUL_IMM_64 -> set(a, r[b] * x);
            case AND_IMM -> set(a, r[b] & x);
            case XOR_IMM -> set(a, r[b] ^ x);
            case OR_IMM -> set(a, r[b] | x);
            case SET_LT_U_IMM -> set(a, bit(Long.compareUnsigned(r[b], x) < 0));
            case SET_LT_S_IMM -> set(a, bit(r[b] < x));
            case SET_GT_U_IMM -> set(a, bit(Long.compareUnsigned(r[b], x) > 0));
            case SET_GT_S_IMM -> set(a, bit(r[b] > x));
            case SHLO_L_IMM_32 -> set(a, (int) r[b] << x);
            case SHLO_R_IMM_32 -> set(a, (int) r[b] >>> x);
            case SHAR_R_IMM_32 -> set(a, (int) r[b] >> x);
            case SHLO_L_IMM_64 -> set(a, r[b] << x);
            case SHLO_R_IMM_64 -> set(a, r[b] >>> x);
            case SHAR_R_IMM_64 -> set(a, r[b] >> x);
            case SHLO_L_IMM_ALT_32 -> set(a, (int) x << r[b]);
            case SHLO_R_IMM_ALT_32 -> set(a, (int) x >>> r[b]);
            case SHAR_R_IMM_ALT_32 -> set(a, (int) x >> r[b]);
            case SHLO_L_IMM_ALT_64 -> set(a, x << r[b]);
            case SHLO_R_IMM_ALT_64 -> set(a, x >>> r[b]);
            case SHAR_R_IMM_ALT_64 -> set(a, x >> r[b]);
            case ROT_R_64_IMM -> set(a, Long.rotateRight(r[b], (int) x));
            case ROT_R_64_IMM_ALT -> set(a, Long.rotateRight(x, (int) r[b]));
            case ROT_R_32_IMM -> set(a, Integer.rotateRight((int) r[b], (int) x));
            case ROT_R_32_IMM_ALT -> set(a, Integer.rotateRight((int) x, (int) r[b]));

            // Two registers
            case ADD_32 -> set(d, (int) (r[a] + r[b]));
            case ADD_64 -> set(d, r[a] + r[b]);
            case SUB_32 -> set(d, (int) (r[a] - r[b]));
            case SUB_64 -> set(d, r[a] - r[b]);
            case MUL_32 -> set(d, (int) (r[a] * r[b]));
            case MUL_64 -> set(d, r[a] * r[b]);
            case MUL_UPPER_S_S -> set(d, Math.multiplyHigh(r[a], r[b]));
            case MUL_UPPER_U_U -> set(d, Math.unsignedMultiplyHigh(r[a], r[b]));
            case MUL_UPPER_S_U -> set(d, multiplyHighSignedUnsigned(r[a], r[b]));
            case DIV_U_32 -> set(d, Division.quotientUnsigned((int) r[a], (int) r[b]));
            case DIV_S_32 -> set(d, Division.quotientSigned((int) r[a], (int) r[b]));
            case REM_U_32 -> set(d, Division.remainderUnsigned((int) r[a], (int) r[b]));
            case REM_S_32 -> set(d, Division.remainderSigned((int) r[a], (int) r[b]));
            case DIV_U_64 -> set(d, Division.quotientUnsigned(r[a], r[b]));
            case DIV_S_64 -> set(d, Division.quotientSigned(r[a], r[b]));
            case REM_U_64 -> set(d, Division.remainderUnsigned(r[a], r[b]));
            case REM_S_64 -> set(d, Division.remainderSigned(r[a], r[b]));
            case SHLO_L_32 -> set(d, (int) r[a] << r[b]);
            case SHLO_R_32 -> set(d, (int) r[a] >>> r[b]);
            case SHAR_R_32 -> set(d, (int) r[a] >> r[b]);
            case SHLO_L_64 -> set(d, r[a] << r[b]);
            case SHLO_R_64 -> set(d, r[a] >>> r[b]);
            case SHAR_R_64 -> set(d, r[a] >> r[b]);
            case ROT_L_64 -> set(d, Long.rotateLeft(r[a], (int) r[b]));
            case ROT_L_32 -> set(d, Integer.rotateLeft((int) r[a], (int) r[b]));
            case ROT_R_64 -> set(d, Long.rotateRight(r[a], (int) r[b]));
            case ROT_R_32 -> set(d, Integer.rotateRight((int) r[a], (int) r[b]));
            case AND -> set(d, r[a] & r[b]);
            case XOR -> set(d, r[a] ^ r[b]);
            case OR -> set(d, r[a] | r[b]);
            case AND_INV -> set(d, r[a] & ~r[b]);
            case OR_INV -> set(d, r[a] | ~r[b]);
            case XNOR -> set(d, ~(r[a] ^ r[b]));
            case SET_LT_U -> set(d, bit(Long.compareUnsigned(r[a], r[b]) < 0));
            case SET_LT_S -> set(d, bit(r[a] < r[b]));
            case MAX -> set(d, Math.max(r[a], r[b]));
            case MAX_U -> set(d, Long.compareUnsigned(r[a], r[b]) > 0 ? r[a] : r[b]);
            case MIN -> set(d, Math.min(r[a], r[b]));
            case MIN_U -> set(d, Long.compareUnsigned(r[a], r[b]) < 0 ? r[a] : r[b]);
        };
    }

    private static int branch(boolean condition, int target, Stretch stretch) {
        return condition || target == NO_BLOCK ? target : stretch.blockBehind();
    }

    /** A dynamic jump: to the block that the jump table names (Gray Paper A.4, djump). */
    private int jumpThroughTable(long where) {
        long address = where & LOW_32;
        if (address == StandardProgram.HALT_ADDRESS) {
            return HALT;
        }
        long entry = address / JUMP_ALIGNMENT;
        if (address == 0 || address % JUMP_ALIGNMENT != 0 || entry > program.program().jumpTableLength()) {
            return PANIC;
        }
        long target = program.program().jumpTarget((int) (entry - 1));
        return program.program().isBlockStart(target) ? (int) target : PANIC;
    }

    private int load(int register, long address, Access access) {
        if (!memory.load(address, access.octets())) {
            return FAULT;
        }
        int unused = access.signed() ? Long.SIZE - 8 * access.octets() : 0;
        return set(register, memory.loaded() << unused >> unused);
    }

    private int store(long address, Access access, long value) {
        return memory.store(address, access.octets(), value) ? STEP : FAULT;
    }

    private int set(int register, long value) {
        registers[register] = value;
        return STEP;
    }

    private static long bit(boolean condition) {
        return condition ? 1 : 0;
    }

    private static long multiplyHighSignedUnsigned(long signed, long unsigned) {
        // As a signed factor `unsigned` counts 2^64 too little when its top bit is set.
        return Math.multiplyHigh(signed, unsigned) + (unsigned < 0 ? signed : 0);
    }

    private ExitKind exit(int reason, Stretch stretch, int index) {
        int at = stretch.address(index);
        return switch (reason) {
            case HALT -> ended(ExitKind.HALT, at);
            case PANIC -> ended(ExitKind.PANIC, at);
            case FAULT -> {
                long address = memory.inaccessible();
                yield address < NEVER_ACCESSIBLE
                        ? ended(ExitKind.PANIC, at)
                        : stopped(ExitKind.PAGE_FAULT, at, address & -MemoryImage.PAGE_SIZE);
            }
            case HOST_CALL -> {
                stopped(ExitKind.HOST_CALL, at, stretch.first(index));
                // It does not end a block, so there is an instruction behind it.
                pc = stretch.end();
                yield ExitKind.HOST_CALL;
            }
            default -> throw new AssertionError("no such reason to stop: " + reason);
        };
    }

    @Override
    public void close() {
        if (memory != null) {
            memory.close();
            memory = null;
        }
        alive.remove(this);
    }
}
