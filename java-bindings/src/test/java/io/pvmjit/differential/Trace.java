package io.pvmjit.differential;

import io.pvmjit.BlockCost;
import io.pvmjit.ExitKind;
import io.pvmjit.PageAccess;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SortedMap;

/**
 * What an engine made of a scenario.
 *
 * @param problem why the program was refused, or the exception that ended it all; null for neither
 * @param blockCosts of the module
 * @param starts where the module says that instructions start
 * @param stops of the machine, in order
 */
record Trace(String problem, List<BlockCost> blockCosts, BitSet starts, List<Stop> stops) {
    /** The problem of a program that was refused. */
    static final String INVALID = "invalid program";

    /** A page at a stop; the octets of one that cannot be read are null. */
    record PageState(PageAccess access, byte[] octets) {
        boolean same(PageState other) {
            return access == other.access && Arrays.equals(octets, other.octets);
        }
    }

    /** Everything that can be seen of a machine at a stop. */
    record Stop(ExitKind kind, long argument, long pc, long exitPc, boolean gasCharged, long gas, long[] registers,
            SortedMap<Integer, PageState> pages) {}

    /** The first difference between two traces; null when there is none. */
    static String difference(Trace first, Trace second) {
        if (first.problem != null || second.problem != null) {
            // An exception of both engines is one too many: whoever compares nothing finds no difference.
            return INVALID.equals(first.problem) && INVALID.equals(second.problem)
                    ? null
                    : "problem: " + first.problem + " against " + second.problem;
        }
        if (!first.blockCosts.equals(second.blockCosts)) {
            return blockCostDifference(first.blockCosts, second.blockCosts);
        }
        if (!first.starts.equals(second.starts)) {
            return "instruction starts: " + first.starts + " against " + second.starts;
        }
        int count = Math.min(first.stops.size(), second.stops.size());
        for (int i = 0; i < count; i++) {
            var difference = difference(first.stops.get(i), second.stops.get(i));
            if (difference != null) {
                return "stop " + i + ": " + difference;
            }
        }
        return first.stops.size() == second.stops.size()
                ? null
                : "number of stops: " + first.stops.size() + " against " + second.stops.size();
    }

    static String blockCostDifference(List<BlockCost> first, List<BlockCost> second) {
        for (int i = 0; i < Math.min(first.size(), second.size()); i++) {
            if (!first.get(i).equals(second.get(i))) {
                return "block " + i + ": " + first.get(i) + " against " + second.get(i);
            }
        }
        return "number of blocks: " + first.size() + " against " + second.size();
    }

    private static String difference(Stop first, Stop second) {
        if (first.kind != second.kind) {
            return "exit " + first.kind + " against " + second.kind + ", at pc " + first.exitPc + " and "
                    + second.exitPc;
        }
        if (first.exitPc != second.exitPc) {
            return first.kind + " at pc " + first.exitPc + " against " + second.exitPc;
        }
        var problem = different("exit argument", first.argument, second.argument);
        problem = problem != null ? problem : different("next pc", first.pc, second.pc);
        problem = problem != null ? problem : different("gas", first.gas, second.gas);
        for (int i = 0; i < first.registers.length && problem == null; i++) {
            problem = different("register " + i, first.registers[i], second.registers[i]);
        }
        if (problem == null && first.gasCharged != second.gasCharged) {
            problem = "gas charged: " + first.gasCharged + " against " + second.gasCharged;
        }
        problem = problem != null ? problem : pageDifference(first.pages, second.pages);
        return problem == null ? null : first.kind + " at pc " + first.exitPc + ": " + problem;
    }

    private static String different(String what, long first, long second) {
        return first == second ? null : "%s: %d (0x%x) against %d (0x%x)".formatted(what, first, first, second, second);
    }

    private static String pageDifference(SortedMap<Integer, PageState> first, SortedMap<Integer, PageState> second) {
        if (!first.keySet().equals(second.keySet())) {
            return "pages " + first.keySet() + " against " + second.keySet();
        }
        for (int page : first.keySet()) {
            var one = first.get(page);
            var other = second.get(page);
            if (one.access != other.access) {
                return "page 0x%x: %s against %s".formatted(page, one.access, other.access);
            }
            if (!one.same(other)) {
                int at = Arrays.mismatch(one.octets, other.octets);
                return "RAM at 0x%x: %02x against %02x".formatted(((long) page << 12) + at, one.octets[at],
                        other.octets[at]);
            }
        }
        return null;
    }
}
