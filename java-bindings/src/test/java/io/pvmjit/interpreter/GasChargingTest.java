package io.pvmjit.interpreter;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.pvmjit.ExitKind;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.interpreter.TestMachine.Stop;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.TestProgram;
import org.junit.jupiter.api.Test;

/** When gas is charged, and what the flag says. How much a block costs is {@link GasModelTest}'s business. */
class GasChargingTest {
    private static final int A = 1;

    /**
     * A block: at 0 ecalli 7, at 5 load_imm, at 11 store_imm_u8 to the writable page of TestMachine, at 21 jump to 26.
     * Another: at 26 trap.
     */
    private static final TestProgram PROGRAM = new TestProgram().ecalli(7).immediate(Opcode.LOAD_IMM, A, 5)
            .twoImmediates(Opcode.STORE_IMM_U8, TestMachine.WRITABLE, 1).jump(26).none(Opcode.TRAP);
    private static final int TRAP_COST = 2;

    private static int firstCost() {
        var program = PROGRAM.parse();
        return new GasModel(program).cost(0);
    }

    private static BackendMachine machine(long gas) {
        var machine = TestMachine.of(PROGRAM);
        machine.gas(gas);
        return machine;
    }

    @Test
    void allOrNothing() {
        int cost = firstCost();
        for (long gas : new long[] {0, 1, cost - 1}) {
            var machine = machine(gas);
            assertEquals(new Stop(ExitKind.OUT_OF_GAS, 0, 0, 0, gas, false), Stop.of(machine));
            // Again, with as little; then with enough.
            assertEquals(new Stop(ExitKind.OUT_OF_GAS, 0, 0, 0, gas, false), Stop.of(machine));
            machine.gas(cost);
            assertEquals(new Stop(ExitKind.HOST_CALL, 7, 0, 5, 0, true), Stop.of(machine));
        }
        assertEquals(new Stop(ExitKind.HOST_CALL, 7, 0, 5, 1, true), Stop.of(machine(cost + 1)));
    }

    @Test
    void gasIsUnsigned() {
        assertEquals(new Stop(ExitKind.HOST_CALL, 7, 0, 5, -1L - firstCost(), true), Stop.of(machine(-1)));
        assertEquals(new Stop(ExitKind.HOST_CALL, 7, 0, 5, Long.MIN_VALUE - firstCost(), true),
                Stop.of(machine(Long.MIN_VALUE)));
    }

    @Test
    void onceForABlock() {
        int cost = firstCost();
        var machine = machine(cost + TRAP_COST);
        assertEquals(new Stop(ExitKind.HOST_CALL, 7, 0, 5, TRAP_COST, true), Stop.of(machine));
        // The page fault comes again and again; the block has been paid for.
        var fault = new Stop(ExitKind.PAGE_FAULT, TestMachine.WRITABLE, 11, 11, TRAP_COST, true);
        assertEquals(fault, Stop.of(machine));
        assertEquals(5, machine.register(A));
        assertEquals(fault, Stop.of(machine));
        machine.protect(TestMachine.WRITABLE / MemoryImage.PAGE_SIZE, 1, PageAccess.WRITE, true);
        assertEquals(new Stop(ExitKind.PANIC, 0, 26, 0, 0, true), Stop.of(machine));
    }

    @Test
    void outOfGasAtTheNextBlock() {
        var machine = TestMachine.of(PROGRAM, TestMachine.memory());
        machine.gas(firstCost() + TRAP_COST - 1);
        assertEquals(ExitKind.HOST_CALL, machine.run());
        var stop = new Stop(ExitKind.OUT_OF_GAS, 0, 26, 26, TRAP_COST - 1, false);
        assertEquals(stop, Stop.of(machine));
        // What came before stands.
        assertEquals(5, machine.register(A));
        assertEquals(1, TestMachine.octets(machine, TestMachine.WRITABLE, 1)[0]);
        assertEquals(stop, Stop.of(machine));
        machine.gas(TRAP_COST);
        assertEquals(new Stop(ExitKind.PANIC, 0, 26, 0, 0, true), Stop.of(machine));
    }

    /** The flag stays set after a halt or panic, by the letter: block 0 then runs without charge. */
    @Test
    void afterAPanicTheFirstBlockIsFree() {
        var machine = machine(firstCost());
        machine.gasCharged(true);
        machine.pc(26);
        assertEquals(new Stop(ExitKind.PANIC, 0, 26, 0, firstCost(), true), Stop.of(machine));
        assertEquals(new Stop(ExitKind.HOST_CALL, 7, 0, 5, firstCost(), true), Stop.of(machine));
    }

    @Test
    void startInMidBlockPaysTheWholeBlock() {
        int cost = firstCost();
        for (int pc : new int[] {0, 5, 11}) {
            var machine = machine(cost - 1);
            machine.pc(pc);
            assertEquals(new Stop(ExitKind.OUT_OF_GAS, 0, pc, pc, cost - 1, false), Stop.of(machine));
        }
        var machine = machine(cost);
        machine.pc(11);
        assertEquals(new Stop(ExitKind.PAGE_FAULT, TestMachine.WRITABLE, 11, 11, 0, true), Stop.of(machine));
        machine = machine(0);
        machine.pc(11);
        machine.gasCharged(true);
        assertEquals(new Stop(ExitKind.PAGE_FAULT, TestMachine.WRITABLE, 11, 11, 0, true), Stop.of(machine));
    }

    @Test
    void everyRoundOfALoopPays() {
        // 0: add_imm_64 A, A, 1. 6: jump 0.
        var program = new TestProgram().immediate(Opcode.ADD_IMM_64, A, A, 1).jump(0);
        int cost = new GasModel(program.parse()).cost(0);
        var machine = TestMachine.of(program);
        machine.gas(10L * cost + cost - 1);
        assertEquals(new Stop(ExitKind.OUT_OF_GAS, 0, 0, 0, cost - 1, false), Stop.of(machine));
        assertEquals(10, machine.register(A));
    }

    @Test
    void panicHalfWayHasPaidForAll() {
        var program = new TestProgram().immediate(Opcode.LOAD_U8, A, 0).ecalli(1).ecalli(2).none(Opcode.TRAP);
        int cost = new GasModel(program.parse()).cost(0);
        var machine = TestMachine.of(program);
        machine.gas(cost);
        assertEquals(new Stop(ExitKind.PANIC, 0, 0, 0, 0, true), Stop.of(machine));
    }
}
