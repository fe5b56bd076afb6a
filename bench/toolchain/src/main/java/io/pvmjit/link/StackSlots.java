package io.pvmjit.link;

import java.util.HashSet;
import java.util.Set;

/** Words of the stack in which functions keep what came of arithmetic. */
final class StackSlots {
    /** By the register and offset that a function names it with. */
    private record Slot(int function, int base, int offset) {}

    private final Set<Slot> computed = new HashSet<>();
    private final Set<Slot> loaded = new HashSet<>();

    /** Notes a load; whether it may load what came of arithmetic. */
    boolean load(int function, RiscvInstruction load) {
        if (load.opcode() != RiscvOpcode.LD || !Registers.isFrame(load.rs1())) {
            return false;
        }
        var slot = new Slot(function, load.rs1(), load.immediate());
        loaded.add(slot);
        return computed.contains(slot);
    }

    /** Notes a store of what came of arithmetic; whether that is news to a load that was noted. */
    boolean store(int function, RiscvInstruction store) {
        var slot = new Slot(function, store.rs1(), store.immediate());
        return Registers.isFrame(store.rs1()) && computed.add(slot) && loaded.contains(slot);
    }
}
