package io.pvmjit.conformance;

import io.pvmjit.BlockCost;
import io.pvmjit.Engine;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Kind deblob: which blobs are valid, where their instructions and blocks start. */
final class DeblobVectors {
    /** Addresses behind the code that are tried as well. */
    private static final int BEYOND = 64;
    private static final long[] FAR = {1L << 31, (1L << 32) - 1, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, -1};

    private DeblobVectors() {}

    static void check(Engine engine, VectorFile file, Fields vector, Differences differences) {
        boolean valid = vector.get("valid").flag();
        try (var module = engine.compile(vector.get("blob").hex())) {
            if (!valid) {
                var reason = vector.has("reason") ? " (" + vector.get("reason").text() + ")" : "";
                differences.add("accepted, expected to be invalid" + reason);
                return;
            }
            if (vector.has("valid-pcs")) {
                compareStarts(module, vector.get("valid-pcs"), differences);
            }
            if (vector.has("block-starts")) {
                var expected = addresses(vector.get("block-starts"));
                var actual = module.blockCosts().stream().map(BlockCost::pc).map(Integer::longValue)
                        .collect(Collectors.toCollection(TreeSet::new));
                differences.expect("the set of block starts", actual, expected);
            }
        } catch (InvalidProgramException e) {
            if (valid) {
                differences.add("rejected, expected to be valid: " + e.getMessage());
            }
        }
    }

    private static TreeSet<Long> addresses(Fields array) {
        return array.elements().stream().map(Fields::unsigned).collect(Collectors.toCollection(TreeSet::new));
    }

    /** Execution may start at the given addresses and at no other. */
    private static void compareStarts(Module module, Fields validPcs, Differences differences) {
        var expected = addresses(validPcs);
        var actual = new TreeSet<Long>();
        long end = module.statistics().codeLength() + BEYOND;
        for (long pc = 0; pc < end; pc++) {
            if (module.isStart(pc)) {
                actual.add(pc);
            }
        }
        for (long pc : FAR) {
            if (module.isStart(pc)) {
                actual.add(pc);
            }
        }
        differences.expect("the set of valid pcs", actual, expected);
    }
}
