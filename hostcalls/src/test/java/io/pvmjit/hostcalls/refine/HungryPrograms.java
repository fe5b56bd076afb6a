package io.pvmjit.hostcalls.refine;

import io.pvmjit.asm.Assembler;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;

/** Service code of guests that take what they can get, until their gas is used up, and of an honest one. */
final class HungryPrograms {
    /** Machines that one invocation may have at a time. */
    private static final int MACHINES = 63;

    private HungryPrograms() {}

    /** Compiles a program with another number in it again and again; keeps the modules, or drops them. */
    static MemorySegment compiler(int codeLength, boolean keeps) {
        var code = new byte[codeLength];
        Arrays.fill(code, (byte) Opcode.JUMP_IND.code());
        code[0] = (byte) Opcode.LOAD_IMM_64.code();
        code[1] = 4;
        Arrays.fill(code, 2, 10, (byte) 0);
        code[codeLength - 1] = (byte) Opcode.TRAP.code();
        var starts = new BitSet();
        starts.set(0);
        starts.set(10, codeLength);
        var blob = Program.encode(code, starts, new long[0], 0);
        int number = blob.length - (codeLength + 7) / 8 - codeLength + 2;
        return OuterProgram.serviceCode(Assembler.assembleStandard("""
                .data
                blob: .hex %s
                .code
                fallthrough
                next:
                    add_imm_64 s0, s0, 1
                    store_u64 [blob + %d], s0
                    load_imm a0, 0
                    load_imm a1, blob
                    load_imm a2, %d
                    ecalli 9
                    load_imm a0, 1
                    load_imm a1, %d
                    ecalli 15
                    jump next
                """.formatted(HexFormat.of().formatHex(blob), number, blob.length, keeps ? 1000 : 0)), 0);
    }

    /** Makes machines, and all pages of them accessible. */
    static MemorySegment eater() {
        return OuterProgram.serviceCode(Assembler.assembleStandard("""
                .rodata
                blob: .hex 0000010001
                .code
                    load_imm a0, 0
                    load_imm a1, blob
                    load_imm a2, 5
                    ecalli 9
                    fallthrough
                next:
                    load_imm a0, 0
                    load_imm a1, 0
                    ecalli 10
                    load_imm a1, 16
                    load_imm a2, 1000
                    load_imm a3, 2
                    ecalli 13
                    jump next
                """), 0);
    }

    /** Makes a machine, runs it with RAM, and answers what it answers. */
    static MemorySegment honest() {
        var inner = Assembler.assemble("""
                    fallthrough
                next:
                    add_64 t1, t1, a0
                    add_imm_64 a0, a0, -1
                    store_ind_u64 [a1], t1
                    branch_ne_imm a0, 0, next
                    load_ind_u64 a0, [a1]
                    jump_ind ra
                """);
        var program = new OuterProgram().data("inner", inner);
        program.call(9, 0, "inner", inner.length).call(10, 0, 0).call(13, 0, 32, 40, 2).frame(100_000);
        program.lines("load_imm_64 t0, 300\nstore_u64 [frame + 64], t0\n"
                + "load_imm_64 t0, 0x20ff0\nstore_u64 [frame + 72], t0");
        program.call(14, 0, "frame").lines("load_u64 a0, [frame + 64]\nload_u64 t0, [frame]\nadd_64 a0, a0, t0");
        return program.lines("store_u64 [results + 40], a0").lines(
                "load_imm_64 a0, results\nload_imm a1, 48\nload_imm_64 ra, 0xffff0000\njump_ind ra").serviceCode();
    }

    /** Splits the RAM of all its machines into pages that are accessible and pages that are not, and begins anew. */
    static MemorySegment stormer() {
        return OuterProgram.serviceCode(Assembler.assembleStandard("""
                .equ MACHINES, %d
                .rodata
                blob: .hex 0000010001
                .code
                    load_imm a0, 0
                    load_imm a1, blob
                    load_imm a2, 5
                    ecalli 9
                    move_reg s0, a0
                    fallthrough
                again:
                    load_imm s1, 0
                    fallthrough
                make:
                    move_reg a0, s0
                    load_imm a1, 0
                    ecalli 10
                    add_imm_64 s1, s1, 1
                    branch_ne_imm s1, MACHINES, make
                    load_imm t2, 16
                    fallthrough
                page:
                    load_imm s1, 0
                    fallthrough
                each:
                    move_reg a0, s1
                    move_reg a1, t2
                    load_imm a2, 1
                    load_imm a3, 2
                    ecalli 13
                    move_reg a0, s1
                    load_imm a1, blob
                    shlo_l_imm_64 a2, t2, 12
                    load_imm a3, 1
                    ecalli 12
                    branch_ne_imm a0, 0, failed
                    add_imm_64 s1, s1, 1
                    branch_ne_imm s1, MACHINES, each
                    add_imm_64 t2, t2, 2
                    branch_ne_imm t2, 216, page
                    load_imm s1, 0
                    fallthrough
                drop:
                    load_imm a0, 0
                    move_reg a1, s1
                    ecalli 15
                    add_imm_64 s1, s1, 1
                    branch_ne_imm s1, MACHINES, drop
                    jump again
                failed:
                    trap
                """.formatted(MACHINES)), 0);
    }

    /** Compiles a program with a jump table of so many entries again and again, and keeps the modules while it may. */
    static MemorySegment tabulator(int entries) {
        var blob = Program.encode(new byte[] {(byte) Opcode.TRAP.code()}, BitSet.valueOf(new long[] {1}),
                new long[entries], 1);
        return OuterProgram.serviceCode(Assembler.assembleStandard("""
                .rodata
                blob: .hex %s
                .code
                    fallthrough
                next:
                    load_imm a0, 0
                    load_imm a1, blob
                    load_imm a2, %d
                    ecalli 9
                    jump next
                """.formatted(HexFormat.of().formatHex(blob), blob.length)), 0);
    }

    static MemorySegment spinner() {
        return new OuterProgram().spin().serviceCode();
    }
}
