package io.pvmjit.hostcalls.refine.model;

/** An inner machine of the model. */
final class InnerMachine {
    /** The results of invoke. */
    static final int HALT = 0;
    static final int PANIC = 1;
    static final int FAULT = 2;
    static final int HOST = 3;
    static final int OUT_OF_GAS = 4;

    private static final long HALT_ADDRESS = 0xFFFF_0000L;
    private static final long MASK_32 = 0xFFFF_FFFFL;

    /** Of machines that were made from code itself. */
    static final long NO_HANDLE = -1;

    private final InnerProgram program;
    /** What it was made from. */
    final long handle;
    final Ram ram = new Ram();
    long pc;
    boolean charged;

    /** What a run leaves beside the machine's own state. */
    long gas;
    long argument;

    InnerMachine(InnerProgram program, long handle, long pc) {
        this.program = program;
        this.handle = handle;
        this.pc = pc;
    }

    /** Runs with this gas, on these registers. */
    int run(long gasGiven, long[] registers) {
        gas = gasGiven;
        while (true) {
            if (!charged) {
                if (Long.compareUnsigned(gas, program.cost(pc)) < 0) {
                    return OUT_OF_GAS;
                }
                gas -= program.cost(pc);
                charged = true;
            }
            switch (program.at(pc)) {
                case InnerProgram.Op.Trap() -> {
                    return ended(PANIC);
                }
                case InnerProgram.Op.JumpIndirect(int register) -> {
                    return ended((registers[register] & MASK_32) == HALT_ADDRESS ? HALT : PANIC);
                }
                case InnerProgram.Op.HostCall(long number, int next) -> {
                    pc = next;
                    argument = number;
                    return HOST;
                }
                case InnerProgram.Op.Store(int value, int base, int next) -> {
                    if (!accessible(registers[base], true)) {
                        return inaccessible(registers[base], true);
                    }
                    var octets = Numbers.littleEndian(registers[value]);
                    for (int i = 0; i < octets.length; i++) {
                        ram.octet(registers[base] + i & MASK_32, octets[i]);
                    }
                    pc = next;
                }
                case InnerProgram.Op.Load(int target, int base, int next) -> {
                    if (!accessible(registers[base], false)) {
                        return inaccessible(registers[base], false);
                    }
                    var octets = new byte[Long.BYTES];
                    for (int i = 0; i < octets.length; i++) {
                        octets[i] = ram.octet(registers[base] + i & MASK_32);
                    }
                    registers[target] = Numbers.littleEndian(octets);
                    pc = next;
                }
                case InnerProgram.Op.Add(int target, int source, long value, int next) -> {
                    registers[target] = registers[source] + value;
                    pc = next;
                }
                case InnerProgram.Op.Set(int target, long value, int next) -> {
                    registers[target] = value;
                    pc = next;
                }
                case InnerProgram.Op.Jump(int target) -> enter(target);
                case InnerProgram.Op.BranchUnlessZero(int register, int target, int next) ->
                    enter(registers[register] != 0 ? target : next);
            }
        }
    }

    private void enter(int block) {
        pc = block;
        charged = false;
    }

    /** By the letter the block stays paid for, whatever block 0 is. */
    private int ended(int result) {
        pc = 0;
        return result;
    }

    private boolean accessible(long address, boolean write) {
        return firstInaccessible(address, write) < 0;
    }

    /** The lowest octet, before the wrap at 2^32, that may not be touched; -1 for none. */
    private long firstInaccessible(long address, boolean write) {
        for (int i = 0; i < Long.BYTES; i++) {
            long octet = address + i & MASK_32;
            if (write ? !ram.writable(octet, 1) : !ram.readable(octet, 1)) {
                return octet;
            }
        }
        return -1;
    }

    private int inaccessible(long address, boolean write) {
        long octet = firstInaccessible(address, write);
        if (octet < 1 << 16) {
            return ended(PANIC);
        }
        argument = octet / Ram.PAGE * Ram.PAGE;
        return FAULT;
    }
}
