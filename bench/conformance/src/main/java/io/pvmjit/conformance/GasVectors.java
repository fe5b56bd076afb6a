package io.pvmjit.conformance;

import io.pvmjit.Engine;
import io.pvmjit.InvalidProgramException;
import java.util.List;

/** Kind gas: the price of every basic block. The programs are not meant to be run. */
final class GasVectors {
    private GasVectors() {}

    static void check(Engine engine, VectorFile file, Fields vector, Differences differences) {
        var blob = vector.get("program-hex").hex();
        var expected = BlockCosts.expected(vector.get("block-gas-costs"));
        try (var module = engine.compile(blob)) {
            BlockCosts.compare(module.blockCosts(), expected, differences);
        } catch (InvalidProgramException e) {
            // As in step tests, a program that is not valid has no blocks.
            if (!expected.isEmpty()) {
                differences.add("rejected: " + e.getMessage());
            }
            BlockCosts.compare(List.of(), expected, differences);
        }
    }
}
