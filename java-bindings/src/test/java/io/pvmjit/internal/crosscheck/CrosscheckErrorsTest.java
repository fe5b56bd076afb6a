package io.pvmjit.internal.crosscheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pvmjit.EngineConfig;
import io.pvmjit.ExitKind;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.Faults;
import io.pvmjit.internal.sharing.Unbounded;
import io.pvmjit.interpreter.InterpreterEngine;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.TestProgram;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Errors between the two halves of what a {@link CrosscheckEngine} does: neither half is lost, and it is no difference. Both
 * are interpreters.
 */
class CrosscheckErrorsTest {
    private static final int PAGE = MemoryImage.PAGE_SIZE;

    /** 0: store_imm_u8 to page 17. 10: ecalli. 12: trap. */
    private static final MemorySegment PROGRAM = MemorySegment.ofArray(new TestProgram()
            .twoImmediates(Opcode.STORE_IMM_U8, 17 * PAGE + 5, 42).ecalli(9).none(Opcode.TRAP).blob());

    private static final MemoryImage IMAGE = MemoryImage.of(List.of(
            MemoryImage.Region.of(16, 1, PageAccess.READ, new byte[] {1, 2, 3}),
            MemoryImage.Region.of(17, 2, PageAccess.WRITE, new byte[] {4, 5, 6})));

    private final InterpreterEngine first = new InterpreterEngine(EngineConfig.defaults());
    private final InterpreterEngine second = new InterpreterEngine(EngineConfig.defaults());
    private final Faults ofFirst = new Faults();
    private final Faults ofSecond = new Faults();
    private final CrosscheckEngine engine =
            new CrosscheckEngine(Rules.defaults(), ofFirst.in(first), ofSecond.in(second));

    private void assertNothingAlive() {
        for (var half : List.of(first, second)) {
            assertEquals(0, half.statistics().modulesAlive());
            assertEquals(0, half.statistics().instancesAlive());
        }
        assertEquals(List.of(), ofFirst.planned());
        assertEquals(List.of(), ofSecond.planned());
    }

    /** Closing meets the end of the stack, too, as it does where the stack is at its end. */
    @ParameterizedTest
    @ValueSource(strings = {"BackendEngine.compile", "BackendModule.blockCosts"})
    void losesNoModule(String call) {
        for (var plan : List.of(
                List.of(call),
                List.of(call, "BackendModule.close"),
                List.of(call, "BackendModule.close", "BackendModule.close"))) {
            ofSecond.plan(call);
            plan.subList(1, plan.size()).forEach(ofFirst::plan);
            assertThrows(StackOverflowError.class, () -> engine.compile(PROGRAM));
            if (plan.size() == 3) {
                assertThrows(StackOverflowError.class, engine::statistics);
            }
            engine.statistics();
            assertNothingAlive();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"BackendModule.instantiate", "BackendMachine.gas", "BackendMachine.access"})
    void losesNoMachine(String call) {
        var module = engine.compile(PROGRAM);
        ofSecond.plan(call);
        ofFirst.plan("BackendMachine.close");
        assertThrows(StackOverflowError.class, () -> module.instantiate(IMAGE, Unbounded.spending()));
        module.instantiate(IMAGE, Unbounded.spending()).close();
        module.close();
        assertNothingAlive();
    }

    @Test
    void whatWasLeftIsClosedWithTheEngine() {
        ofSecond.plan("BackendEngine.compile");
        ofFirst.plan("BackendModule.close");
        assertThrows(StackOverflowError.class, () -> engine.compile(PROGRAM));
        assertEquals(1, first.statistics().modulesAlive());
        engine.close();
        assertNothingAlive();
    }

    @Test
    void closesBothHalvesOnce() {
        var module = engine.compile(PROGRAM);
        var machine = module.instantiate(IMAGE, Unbounded.spending());
        ofSecond.plan("BackendMachine.close", "BackendModule.close");
        assertThrows(StackOverflowError.class, machine::close);
        machine.close();
        assertThrows(StackOverflowError.class, module::close);
        module.close();
        assertNothingAlive();
    }

    // Operations of machines.

    private record Operation(String call, Consumer<BackendMachine> action) {
        @Override
        public String toString() {
            return call;
        }
    }

    private static Stream<Operation> operations() {
        var octets = MemorySegment.ofArray(new byte[] {7, 8});
        return Stream.of(
                new Operation("BackendMachine.run", BackendMachine::run),
                new Operation("BackendMachine.register", machine -> machine.register(3, 5)),
                new Operation("BackendMachine.gas", machine -> machine.gas(77)),
                new Operation("BackendMachine.pc", machine -> machine.pc(10)),
                new Operation("BackendMachine.gasCharged", machine -> machine.gasCharged(true)),
                new Operation("BackendMachine.write", machine -> machine.write(18L * PAGE, octets, 0, 2)),
                new Operation("BackendMachine.fill", machine -> machine.fill(16L * PAGE, octets, 0, 2)),
                new Operation("BackendMachine.protect", machine -> machine.protect(17, 1, PageAccess.NONE, true)),
                new Operation("BackendMachine.protect", machine -> machine.protect(17, 1, PageAccess.NONE, false)),
                new Operation("BackendMachine.protect", machine -> machine.protect(40, 1, PageAccess.WRITE, false)));
    }

    /** The operation is done again, as after an error that an embedder has survived, and the machine goes on. */
    @ParameterizedTest
    @MethodSource("operations")
    void isNoDifference(Operation operation) {
        for (var faults : List.of(ofFirst, ofSecond)) {
            var module = engine.compile(PROGRAM);
            var machine = module.instantiate(IMAGE, Unbounded.spending());
            machine.gas(1000);
            faults.plan(operation.call());
            assertThrows(StackOverflowError.class, () -> operation.action().accept(machine));
            // Of the first half, what the next operation does first meets the error again.
            operation.action().accept(machine);
            machine.protect(17, 2, PageAccess.WRITE, false);
            machine.pc(0);
            machine.gasCharged(false);
            machine.gas(1000);
            assertEquals(ExitKind.HOST_CALL, machine.run());
            assertEquals(ExitKind.PANIC, machine.run());
            machine.close();
            module.close();
        }
        assertNothingAlive();
    }

    /** What the native machine has done counts: it is the one that answers. The oracle has run already, and begins anew. */
    @Test
    void theOracleFollows() {
        var machine = engine.compile(PROGRAM).instantiate(IMAGE, Unbounded.spending());
        machine.gas(1000);
        ofFirst.plan("BackendMachine.run");
        assertThrows(StackOverflowError.class, machine::run);
        assertEquals(1000, machine.gas());
        ofSecond.plan("BackendMachine.fill"); // While the oracle is given the state.
        assertThrows(StackOverflowError.class, machine::run);
        assertEquals(1000, machine.gas());
        assertEquals(ExitKind.HOST_CALL, machine.run());
        var octet = machine.view(17L * PAGE + 5, 1);
        assertEquals(42, octet.get(ValueLayout.JAVA_BYTE, 0));
        assertEquals(ExitKind.PANIC, machine.run(), "from behind the host call");
    }

    /** Errors where the native machine is to stop as the oracle did change nothing, and the interrupt is spent. */
    @Test
    void errorsOfInterruptedRunsChangeNothing() {
        var machine = engine.compile(PROGRAM).instantiate(IMAGE, Unbounded.spending());
        machine.gas(1000);
        for (var call : List.of("BackendMachine.interrupt", "BackendMachine.run")) {
            machine.interrupt();
            ofFirst.plan(call);
            assertThrows(StackOverflowError.class, machine::run);
            assertEquals(1000, machine.gas());
            assertFalse(machine.takeInterrupt());
        }
        assertEquals(ExitKind.HOST_CALL, machine.run());
    }

    /** The contents of a page that is not accessible, and stays so, are looked at through the native machine. */
    @Test
    void contentsOfInaccessiblePages() {
        var machine = engine.compile(PROGRAM).instantiate(IMAGE, Unbounded.spending());
        machine.gas(1000);
        machine.protect(17, 1, PageAccess.NONE, false);
        ofSecond.plan("BackendMachine.protect");
        assertThrows(StackOverflowError.class, () -> machine.protect(17, 1, PageAccess.NONE, true));
        ofSecond.plan("BackendMachine.protect");
        assertThrows(StackOverflowError.class, machine::run);
        assertEquals(PageAccess.NONE, machine.access(17));
        assertEquals(ExitKind.PAGE_FAULT, machine.run());
        machine.protect(17, 1, PageAccess.READ, false);
        assertEquals(0, machine.view(17L * PAGE, 1).get(ValueLayout.JAVA_BYTE, 0));
        machine.pc(0);
        assertEquals(ExitKind.PAGE_FAULT, machine.run());
    }
}
