package io.pvmjit.hostcalls.refine.model;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** The inner programs, each with what it consists of and what its blocks cost: nothing is computed from the blobs. */
enum InnerProgram {
    TRAP("0000010001", List.of(new Op.Block(2)), at(0, new Op.Trap())),
    HALT("000002320001", List.of(new Op.Block(22)), at(0, new Op.JumpIndirect(0))),
    CALLS("0000050a050a990015", List.of(new Op.Block(101)), at(0, new Op.HostCall(5, 2)),
            at(2, new Op.HostCall(-103, 4)),
            at(4, new Op.Trap())),
    STORE("0000037b870005", List.of(new Op.Block(25)), at(0, new Op.Store(7, 8, 2)), at(2, new Op.Trap())),
    LOAD("0000048287320005", List.of(new Op.Block(25)), at(0, new Op.Load(7, 8, 2)), at(2, new Op.JumpIndirect(0))),
    SPIN("0000089577ff28fdffffff09", List.of(new Op.Block(15)), at(0, new Op.Add(7, 7, -1, 3)), at(3, new Op.Jump(0))),
    BLOCKS("00001514024d000000000000000a01952205013303093200019409", List.of(new Op.Block(101), new Op.Block(16, 22)),
            at(0, new Op.Set(2, 77, 10)), at(10, new Op.HostCall(1, 12)), at(12, new Op.Add(2, 2, 5, 15)),
            at(15, new Op.Jump(16)), at(16, new Op.Set(3, 9, 19)), at(19, new Op.JumpIndirect(0))),
    COUNT("0000099577ff5207fdff32008900", List.of(new Op.Block(21), new Op.Block(7, 22)),
            at(0, new Op.Add(7, 7, -1, 3)),
            at(3, new Op.BranchUnlessZero(7, 0, 7)), at(7, new Op.JumpIndirect(0)));

    /** What an instruction does. The last number of those that go on is where the next one stands. */
    sealed interface Op {
        /** Where a block begins and what it costs. */
        record Block(int pc, int cost) {
            Block(int cost) {
                this(0, cost);
            }
        }

        record Trap() implements Op {}

        /** There is no jump table: any address but the one that halts panics. */
        record JumpIndirect(int register) implements Op {}

        record HostCall(long number, int next) implements Op {}

        record Store(int value, int base, int next) implements Op {}

        record Load(int target, int base, int next) implements Op {}

        record Add(int target, int source, long value, int next) implements Op {}

        record Set(int target, long value, int next) implements Op {}

        record Jump(int target) implements Op {}

        record BranchUnlessZero(int register, int target, int next) implements Op {}
    }

    private record At(int pc, Op op) {}

    private final byte[] blob;
    private final List<Op.Block> blocks;
    private final At[] code;

    InnerProgram(String blob, List<Op.Block> blocks, At... code) {
        this.blob = HexFormat.of().parseHex(blob);
        this.blocks = blocks;
        this.code = code;
    }

    private static At at(int pc, Op op) {
        return new At(pc, op);
    }

    byte[] blob() {
        return blob.clone();
    }

    /** The program with exactly this blob; null when it is none of them: no other octets in the model are a program. */
    static InnerProgram of(byte[] octets) {
        for (var program : values()) {
            if (Arrays.equals(program.blob, octets)) {
                return program;
            }
        }
        return null;
    }

    /** The instruction at a pc of any 64 bits; null where none starts. */
    Op at(long pc) {
        for (var at : code) {
            if (at.pc == pc) {
                return at.op;
            }
        }
        return null;
    }

    int[] starts() {
        return Arrays.stream(code).mapToInt(At::pc).toArray();
    }

    /** What the block costs that contains this instruction. */
    int cost(long pc) {
        int cost = 0;
        for (var block : blocks) {
            cost = block.pc() <= pc ? block.cost() : cost;
        }
        return cost;
    }
}
