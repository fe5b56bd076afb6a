package io.pvmjit.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.EngineConfig;
import io.pvmjit.ExitKind;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.interpreter.InterpreterEngine;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The search finds engines with mistakes and shows them by small programs, and its programs reach what they should. */
class FindingDifferencesTest {
    private static final int PROGRAMS = 20_000;

    private static InterpreterEngine interpreter() {
        return new InterpreterEngine(EngineConfig.defaults());
    }

    private static Campaign.Failure find(BackendEngine mistaken) throws InterruptedException {
        var campaign = new Campaign(List.of(new Campaign.Pair("mistaken", mistaken, interpreter())));
        return campaign.run(1, 0, number -> number < PROGRAMS, new AtomicLong());
    }

    @ParameterizedTest
    @CsvSource({
        "DIV_S_32, DIV_U_32", "SET_LT_S, SET_LT_U", "LOAD_IND_I16, LOAD_IND_U16", "BRANCH_GE_S, BRANCH_GE_U",
        "STORE_IND_U32, STORE_IND_U16", "SHAR_R_IMM_64, SHLO_R_IMM_64", "MUL_UPPER_S_U, MUL_UPPER_S_S",
        "CMOV_IZ, CMOV_NZ", "LOAD_IMM_JUMP, BRANCH_NE_IMM", "ROT_R_32_IMM_ALT, ROT_R_32_IMM",
        "STORE_IMM_IND_U64, STORE_IMM_IND_U32", "REM_S_64, REM_U_64", "FALLTHROUGH, TRAP", "LOAD_U32, LOAD_I32"
    })
    void anInstructionTakenForAnother(Opcode given, Opcode taken) throws InterruptedException {
        var failure = find(new MistakenEngine(interpreter(), given, taken));
        assertNotNull(failure);
        assertTrue(failure.shrunk().items().size() <= 4, failure.text());
        assertTrue(failure.text().contains(given.mnemonic()), failure.text());
        assertTrue(failure.text().contains("-Dpvmjit.differential.first=" + failure.number()), failure.text());
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "OUT_OF_GAS")
    void aBlockThatCountsAsUnpaid(ExitKind kind) throws InterruptedException {
        var failure = find(new ForgetfulEngine(interpreter(), kind));
        assertNotNull(failure);
        assertTrue(failure.text().contains("gas charged: false against true"), failure.text());
        assertTrue(failure.shrunk().items().size() <= 3, failure.text());
    }

    /** Two engines that fail alike have not been compared. */
    @Test
    void anExceptionOfBothIsADifference() throws InterruptedException {
        var broken = new MistakenEngine(null, Opcode.XOR, Opcode.XOR);
        var campaign = new Campaign(List.of(new Campaign.Pair("broken", broken, broken)));
        var failure = campaign.run(1, 0, number -> number < 10, new AtomicLong());
        assertNotNull(failure);
        assertTrue(failure.text().contains("NullPointerException"), failure.text());
    }

    @Test
    void noDifferenceWhereThereIsNone() throws InterruptedException {
        var campaign = new Campaign(List.of(new Campaign.Pair("same", interpreter(), interpreter())));
        assertNull(campaign.run(1, 0, number -> number < 2_000, new AtomicLong()));
    }

    /** In pieces of services, too, what differs becomes small. */
    @Test
    void aMistakeInAPieceOfAService() throws InterruptedException {
        var folder = Path.of(Objects.requireNonNullElse(System.getenv("PVM_VECTORS"), "../../shared/vectors"), "services");
        Assumptions.assumeTrue(Files.isDirectory(folder), folder + " is no folder");
        var mistaken = new MistakenEngine(interpreter(), Opcode.AND, Opcode.OR);
        var campaign = new Campaign(List.of(new Campaign.Pair("mistaken", mistaken, interpreter())))
                .of(RealPrograms.of(folder));
        var failure = campaign.run(1, 0, number -> number < PROGRAMS, new AtomicLong());
        assertNotNull(failure);
        assertTrue(failure.shrunk().items().size() <= 4, failure.text());
        assertTrue(failure.text().contains("and "), failure.text());
        assertTrue(failure.text().contains("scripts/fuzz --services --seed 1 --first " + failure.number()), failure.text());
    }

    @Test
    void aFailureIsFoundAgainByItsNumber() throws InterruptedException {
        var mistaken = new MistakenEngine(interpreter(), Opcode.XOR, Opcode.OR);
        var failure = find(mistaken);
        var campaign = new Campaign(List.of(new Campaign.Pair("mistaken", mistaken, interpreter())));
        var again = campaign.run(1, failure.number(), number -> number == failure.number(), new AtomicLong());
        assertEquals(failure.text(), again.text());
    }

    @Test
    void programsReachEverything() {
        var engine = interpreter();
        var exits = new EnumMap<ExitKind, Integer>(ExitKind.class);
        var opcodes = EnumSet.noneOf(Opcode.class);
        int invalid = 0;
        int resumed = 0;
        int repeatedFaults = 0;
        for (int seed = 0; seed < 5_000; seed++) {
            var scenario = Generator.scenario(seed);
            var trace = Runner.run(engine, scenario);
            if (trace.problem() != null) {
                assertEquals(Trace.INVALID, trace.problem());
                assertTrue(!scenario.flips().isEmpty());
                invalid++;
                continue;
            }
            Trace.Stop before = null;
            for (var stop : trace.stops()) {
                exits.merge(stop.kind(), 1, Integer::sum);
                if (before != null && before.kind() == ExitKind.PAGE_FAULT) {
                    resumed++;
                    boolean again = stop.kind() == ExitKind.PAGE_FAULT && stop.argument() == before.argument();
                    repeatedFaults += again ? 1 : 0;
                }
                before = stop;
            }
            var program = Program.parse(scenario.blob());
            for (var stop : trace.stops()) {
                if (program.isStart(stop.exitPc())) {
                    opcodes.add(program.decode((int) stop.exitPc()).opcode());
                }
            }
        }
        for (var kind : ExitKind.values()) {
            assertTrue(exits.get(kind) > 200, exits.toString());
        }
        assertTrue(invalid < 250 && resumed > 500 && repeatedFaults > 50,
                invalid + " invalid, " + resumed + " resumed after faults, " + repeatedFaults + " faulted again");
        assertTrue(opcodes.size() > 80, "exits at " + opcodes);
    }
}
