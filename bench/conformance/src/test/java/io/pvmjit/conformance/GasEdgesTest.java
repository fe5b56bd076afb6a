package io.pvmjit.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.PageAccess;
import io.pvmjit.Revision;
import io.pvmjit.input.Inputs;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The gas of every block in the vectors is exact at its edges: a machine that stands at a block, which is not paid for,
 * gets one unit of gas too little, just enough, and one too much. All runs are on both machines side by side.
 */
class GasEdgesTest {
    /** Where a run stopped, with what. */
    private record Stop(ExitKind kind, long pc, long argument, long gas, boolean charged) {}

    @ParameterizedTest
    @EnumSource(names = {"PROGRAMS", "KOUTE", "GAS", "FUZZ"})
    void chargesExactly(VectorKind kind) {
        int blocks = 0;
        try (var engine =
                Engine.create(EngineConfig.defaults().withBackend(Backend.CROSSCHECK).withRevision(Revision.V0_8_0))) {
            for (var file : PublishedVectors.files(kind)) {
                for (var vector : VectorFile.cases(Inputs.file(file.path()))) {
                    blocks += checkProgram(engine, vector);
                }
            }
        }
        assertTrue(blocks > 0, "no blocks");
    }

    private static int checkProgram(Engine engine, Fields vector) {
        var name = vector.get("name").text();
        var blob = vector.has("program-hex") ? vector.get("program-hex").hex() : vector.get("program").octets();
        var steps = vector.has("steps") ? vector.get("steps").elements() : List.<Fields>of();
        var costs = BlockCosts.expected(vector.get("block-gas-costs"));
        try (var module = engine.compile(blob)) {
            costs.forEach((pc, cost) -> checkBlock(name, module, steps, costs, pc, cost));
        } catch (InvalidProgramException _) {
            assertTrue(costs.isEmpty(), name);
        }
        return costs.size();
    }

    private static void checkBlock(
            String name, Module module, List<Fields> steps, Map<Long, Long> costs, long pc, long cost) {
        var place = name + ", block at " + pc;
        var tooLittle = run(module, steps, pc, cost - 1);
        assertEquals(new Stop(ExitKind.OUT_OF_GAS, pc, 0, cost - 1, false), tooLittle, place);

        // Every block costs something: with nothing left the run cannot get beyond the next one.
        var enough = run(module, steps, pc, cost);
        assertEquals(0, enough.gas, place);
        var more = run(module, steps, pc, cost + 1);
        if (enough.kind != ExitKind.OUT_OF_GAS) {
            assertTrue(enough.charged, place);
            assertEquals(new Stop(enough.kind, enough.pc, enough.argument, 1, true), more, place);
            return;
        }
        // It stopped in front of another block, or of the same again.
        assertFalse(enough.charged, place);
        assertTrue(costs.containsKey(enough.pc), place);
        if (costs.get(enough.pc) > 1) {
            assertEquals(new Stop(ExitKind.OUT_OF_GAS, enough.pc, 0, 1, false), more, place);
        } else {
            assertEquals(0, more.gas, place);
        }
    }

    /** Runs a new machine from a block that is not paid for, in the state that the vector begins with. */
    private static Stop run(Module module, List<Fields> steps, long pc, long gas) {
        try (var instance = module.instantiate();
                var _ = instance.hold()) {
            for (var step : steps) {
                if (step.has("run")) {
                    break;
                }
                perform(instance, step);
            }
            var before = instance.registers();
            var kind = instance.pc(pc).gas(gas).gasCharged(false).resume();
            if (kind == ExitKind.OUT_OF_GAS && instance.exitPc() == pc && instance.gas() == gas) {
                assertArrayEquals(before, instance.registers());
                assertEquals(pc, instance.pc());
            }
            return new Stop(kind, instance.exitPc(), instance.exitArgument(), instance.gas(), instance.gasCharged());
        }
    }

    private static void perform(Instance instance, Fields step) {
        if (step.has("map")) {
            var map = step.get("map");
            var access = map.get("is-writable").flag() ? PageAccess.WRITE : PageAccess.READ;
            assertTrue(instance.memory().protect(map.get("address").unsigned() / Ram.PAGE_SIZE,
                    map.get("length").unsigned() / Ram.PAGE_SIZE, access, true));
        } else if (step.has("write")) {
            var write = step.get("write");
            assertTrue(instance.memory().fill(write.get("address").unsigned(), write.get("contents").octets()));
        } else if (step.has("set-reg")) {
            var set = step.get("set-reg");
            instance.register(set.get("reg").index(12), set.get("value").unsigned());
        }
    }
}
