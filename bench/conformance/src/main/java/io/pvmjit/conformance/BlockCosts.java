package io.pvmjit.conformance;

import io.pvmjit.BlockCost;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The price of every basic block of a program, as a vector tells it. */
final class BlockCosts {
    private BlockCosts() {}

    /** @param blocks pairs of pc and cost, or objects with these fields */
    static Map<Long, Long> expected(Fields blocks) {
        var costs = new TreeMap<Long, Long>();
        for (var block : blocks.elements()) {
            Fields pc;
            Fields cost;
            if (block.isArray()) {
                var pair = block.elements(2);
                pc = pair.get(0);
                cost = pair.get(1);
            } else {
                pc = block.get("pc");
                cost = block.get("cost");
            }
            if (costs.put(pc.unsigned(), cost.unsigned()) != null) {
                throw new MalformedVectorException("malformed: two blocks at " + pc.unsigned());
            }
        }
        return costs;
    }

    /** Compares both ways: no block may be missing, none may be there in addition. */
    static void compare(List<BlockCost> actual, Map<Long, Long> expected, Differences differences) {
        var missing = new TreeMap<>(expected);
        for (var block : actual) {
            var cost = missing.remove((long) block.pc());
            if (cost == null) {
                differences.add("a block at " + block.pc() + " that costs " + block.cost() + ", expected none");
            } else {
                differences.expect("the cost of the block at " + block.pc(), block.cost(), cost.longValue());
            }
        }
        missing.forEach((pc, cost) -> differences.add("no block at " + Long.toUnsignedString(pc)
                + ", expected one that costs " + Long.toUnsignedString(cost)));
    }
}
