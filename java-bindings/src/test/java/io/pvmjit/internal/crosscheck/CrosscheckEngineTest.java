package io.pvmjit.internal.crosscheck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.BlockCost;
import io.pvmjit.EngineConfig;
import io.pvmjit.ExitKind;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.sharing.Unbounded;
import io.pvmjit.interpreter.InterpreterEngine;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.TestProgram;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two interpreters side by side, one of which lies in one point. */
class CrosscheckEngineTest {
    private static final int PAGE = MemoryImage.PAGE_SIZE;
    private static final int FIRST = 16;

    /** 0: store_imm_u8 to page 17. 10: load_imm_64. 20: ecalli. 25: trap. */
    private static final byte[] PROGRAM = new TestProgram().twoImmediates(Opcode.STORE_IMM_U8, 17 * PAGE + 5, 42)
            .loadImmediate64(3, 0x123456789ABCDEFL).ecalli(9).none(Opcode.TRAP).blob();

    private static final MemoryImage IMAGE = MemoryImage.of(List.of(
            MemoryImage.Region.of(FIRST, 1, PageAccess.READ, new byte[] {1, 2, 3}),
            MemoryImage.Region.of(FIRST + 1, 2, PageAccess.WRITE, new byte[0])));

    private final InterpreterEngine honest = new InterpreterEngine(EngineConfig.defaults());
    private final InterpreterEngine other = new InterpreterEngine(EngineConfig.defaults());

    /** An object of an interface that answers for one method as told, and passes everything else on. */
    private static <T> T lying(Class<T> type, T truthful, String method, UnaryOperator<Object> lie) {
        InvocationHandler handler = (_, called, arguments) -> {
            try {
                var answer = called.invoke(truthful, arguments);
                boolean asked = called.getName().equals(method) && called.getReturnType() != void.class;
                return asked ? lie.apply(answer) : answer;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static BackendEngine lyingMachines(BackendEngine engine, String method, UnaryOperator<Object> lie) {
        UnaryOperator<Object> lyingMachine = machine -> lying(BackendMachine.class, (BackendMachine) machine, method, lie);
        return lyingModules(engine, "instantiate", lyingMachine);
    }

    private static BackendEngine lyingModules(BackendEngine engine, String method, UnaryOperator<Object> lie) {
        return lying(BackendEngine.class, engine, "compile",
                module -> lying(BackendModule.class, (BackendModule) module, method, lie));
    }

    private static BackendModule compile(BackendEngine tested, BackendEngine oracle) {
        return new CrosscheckEngine(Rules.defaults(), tested, oracle).compile(MemorySegment.ofArray(PROGRAM));
    }

    private BackendMachine machine() {
        var machine = compile(other, honest).instantiate(IMAGE, Unbounded.spending());
        machine.gas(1000);
        return machine;
    }

    private void expectNothingAlive() {
        for (var engine : List.of(honest, other)) {
            assertEquals(0, engine.statistics().modulesAlive());
            assertEquals(0, engine.statistics().instancesAlive());
        }
    }

    @Test
    void truthfulBackendsAgree() {
        var engine = new CrosscheckEngine(Rules.defaults(), other, honest);
        var module = engine.compile(MemorySegment.ofArray(PROGRAM));
        assertTrue(module.isStart(25));
        assertFalse(module.isStart(26));
        assertEquals(2, other.statistics().modulesAlive() + honest.statistics().modulesAlive());
        assertEquals(1, engine.statistics().modulesAlive());
        assertEquals("", module.listing());
        assertEquals(4, module.statistics().instructionCount());
        var machine = module.instantiate(IMAGE, Unbounded.spending());
        machine.gas(1000);
        assertEquals(ExitKind.HOST_CALL, machine.run());
        assertEquals(9, machine.exitArgument());
        assertEquals(20, machine.exitPc());
        assertEquals(25, machine.pc());
        assertTrue(machine.gasCharged());
        assertEquals(0x123456789ABCDEFL, machine.register(3));
        assertFalse(machine.checked());
        machine.close();
        module.close();
        engine.close();
        expectNothingAlive();
    }

    /** Everything that is done to a machine is done to both of its halves. */
    @Test
    void bothAreDriven() {
        var machine = machine();
        machine.register(5, 77);
        machine.gas(500);
        machine.pc(10);
        machine.gasCharged(true);
        assertEquals(ExitKind.HOST_CALL, machine.run());
        assertEquals(500, machine.gas());
        machine.protect(FIRST + 1, 1, PageAccess.NONE, false);
        machine.protect(FIRST + 8, 1, PageAccess.WRITE, true);
        assertEquals(PageAccess.NONE, machine.access(FIRST + 1));
        assertEquals(PageAccess.WRITE, machine.access(FIRST + 8));
        machine.pc(0);
        assertEquals(ExitKind.PAGE_FAULT, machine.run());
        assertEquals(17L * PAGE, machine.exitArgument());
        machine.protect(FIRST + 1, 1, PageAccess.WRITE, false);
        var octets = MemorySegment.ofArray(new byte[] {4, 5, 6});
        assertTrue(machine.write(17L * PAGE, octets, 0, 3));
        assertFalse(machine.write(16L * PAGE, octets, 0, 3));
        assertTrue(machine.fill(16L * PAGE, octets, 1, 2));
        assertFalse(machine.fill(0, octets, 1, 2));
        assertTrue(machine.readable(16L * PAGE, 3 * PAGE));
        assertFalse(machine.writable(16L * PAGE, 1));
        var read = new byte[4];
        assertTrue(machine.read(16L * PAGE, MemorySegment.ofArray(read), 1, 3));
        assertArrayEquals(new byte[] {0, 5, 6, 3}, read);
        assertNotNull(machine.view(16L * PAGE, 1));
        assertNull(machine.view(0, 1));
        assertEquals(ExitKind.HOST_CALL, machine.run());
        assertEquals(77, machine.register(5));
    }

    private static String difference(BackendMachine machine) {
        machine.gas(1000);
        var message = assertThrows(AssertionError.class, machine::run).getMessage();
        assertTrue(message.contains("native"), message);
        assertTrue(message.contains("oracle"), message);
        return message;
    }

    @Test
    void exitKindDiffers() {
        var lie = lyingMachines(other, "run", _ -> ExitKind.OUT_OF_GAS);
        var report = difference(compile(lie, honest).instantiate(IMAGE, Unbounded.spending()));
        assertTrue(report.contains("OUT_OF_GAS"), report);
        assertTrue(report.contains("HOST_CALL"), report);
        assertTrue(report.contains("20: ecalli"), report);
        assertTrue(report.contains("0: store_imm_u8"), report);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exitArgument", "exitPc", "pc", "gas", "register"})
    void numberDiffers(String method) {
        // True before the run, when the machines are compared for the first time.
        var ran = new boolean[1];
        UnaryOperator<Object> lie = answer -> ran[0] ? (Long) answer + 1 : answer;
        for (boolean oracleLies : new boolean[] {false, true}) {
            ran[0] = false;
            var liar = lyingMachines(other, method, lie);
            var module = oracleLies ? compile(honest, liar) : compile(liar, honest);
            var machine = module.instantiate(IMAGE, Unbounded.spending());
            ran[0] = true;
            var report = difference(machine);
            assertTrue(report.contains("<- differs"), report);
        }
    }

    @Test
    void gasChargedDiffers() {
        var ran = new boolean[1];
        var liar = lyingMachines(other, "gasCharged", answer -> (Boolean) answer ^ ran[0]);
        var machine = compile(liar, honest).instantiate(IMAGE, Unbounded.spending());
        ran[0] = true;
        assertTrue(difference(machine).contains("gas charged"));
    }

    /** One octet of RAM, written behind the back of the other half. */
    @Test
    void memoryDiffers() {
        var halves = new BackendMachine[1];
        var engine = lying(BackendEngine.class, other, "compile", module -> lying(BackendModule.class,
                (BackendModule) module, "instantiate", machine -> halves[0] = (BackendMachine) machine));
        for (long address : new long[] {17L * PAGE, 18L * PAGE + 7, 19L * PAGE - 1}) {
            var machine = compile(engine, honest).instantiate(IMAGE, Unbounded.spending());
            halves[0].write(address, MemorySegment.ofArray(new byte[] {(byte) 0xEE}), 0, 1);
            var report = difference(machine);
            assertTrue(report.contains("octet at 0x%x: native 0xee, oracle 0x00".formatted(address)), report);
        }
        // A page that became accessible later.
        var machine = compile(engine, honest).instantiate(MemoryImage.empty(), Unbounded.spending());
        machine.protect(100, 1, PageAccess.READ, true);
        halves[0].fill(100L * PAGE, MemorySegment.ofArray(new byte[] {1}), 0, 1);
        assertTrue(difference(machine).contains("octet at 0x64000: native 0x01, oracle 0x00"));
        // Access of a page.
        machine = compile(engine, honest).instantiate(IMAGE, Unbounded.spending());
        halves[0].protect(18, 1, PageAccess.READ, false);
        assertTrue(difference(machine).contains("access of page 0x12000: native READ, oracle WRITE"));
    }

    @Test
    void initialStateDiffers() {
        var liar = lyingMachines(other, "gas", answer -> (Long) answer + 1);
        assertThrows(AssertionError.class, () -> compile(liar, honest).instantiate(IMAGE, Unbounded.spending()));
        assertEquals(0, other.statistics().instancesAlive());
        assertEquals(0, honest.statistics().instancesAlive());
    }

    @ParameterizedTest
    @ValueSource(strings = {"readable", "writable", "read", "write", "fill"})
    void answerAboutMemoryDiffers(String method) {
        var module = compile(lyingMachines(other, method, answer -> !(Boolean) answer), honest);
        var machine = module.instantiate(IMAGE, Unbounded.spending());
        var octets = MemorySegment.ofArray(new byte[4]);
        var thrown = assertThrows(AssertionError.class, () -> {
            switch (method) {
                case "readable" -> machine.readable(17L * PAGE, 4);
                case "writable" -> machine.writable(17L * PAGE, 4);
                case "read" -> machine.read(17L * PAGE, octets, 0, 4);
                case "write" -> machine.write(17L * PAGE, octets, 0, 4);
                default -> machine.fill(17L * PAGE, octets, 0, 4);
            }
        });
        assertTrue(thrown.getMessage().contains("0x11000"), thrown.getMessage());
    }

    @Test
    void validityDiffers() {
        var invalid = MemorySegment.ofArray(new byte[] {0, 0, 0});
        var strict = lying(BackendEngine.class, other, "compile", module -> {
            ((BackendModule) module).close();
            throw new InvalidProgramException("for no reason", 3);
        });
        for (var pair : List.of(List.of(strict, honest), List.of(honest, strict))) {
            var engine = new CrosscheckEngine(Rules.defaults(), pair.getFirst(), pair.getLast());
            var blob = MemorySegment.ofArray(PROGRAM);
            var message = assertThrows(AssertionError.class, () -> engine.compile(blob)).getMessage();
            assertTrue(message.contains("accepted"), message);
            assertTrue(message.contains("for no reason"), message);
            expectNothingAlive();
            // Both reject.
            assertThrows(InvalidProgramException.class, () -> engine.compile(invalid));
        }
    }

    @Test
    void limitsOfOneBackendPassThrough() {
        var full = lying(BackendEngine.class, other, "compile", module -> {
            ((BackendModule) module).close();
            throw new ResourceLimitException("full");
        });
        assertThrows(ResourceLimitException.class, () -> compile(full, honest));
        assertThrows(ResourceLimitException.class, () -> compile(honest, full));
        expectNothingAlive();
    }

    @Test
    void startsDiffer() {
        var module = compile(lyingModules(other, "isStart", answer -> !(Boolean) answer), honest);
        assertThrows(AssertionError.class, () -> module.isStart(0));
    }

    @Test
    void costsDiffer() {
        for (var lie : List.of(List.of(new BlockCost(0, 1)), List.<BlockCost>of())) {
            var liar = lyingModules(other, "blockCosts", _ -> lie);
            var message = assertThrows(AssertionError.class, () -> compile(liar, honest)).getMessage();
            assertTrue(message.contains("basic block"), message);
            expectNothingAlive();
        }
    }
}
