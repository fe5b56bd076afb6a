package io.pvmjit.asm;

import java.util.Arrays;
import java.util.Collection;

/** Finds the name that was probably meant. */
final class Suggestion {
    private Suggestion() {}

    /** Advice for a name that is none of the known ones. */
    static String advice(String name, Collection<String> known) {
        // Names that end in their number of bits are often written without it.
        int bestDistance = Math.min(4, 1 + name.length() / 2);
        String best = null;
        for (var candidate : known) {
            int distance = candidate.startsWith(name + "_") ? 1 : distance(name, candidate);
            if (distance < bestDistance || distance == bestDistance && best != null && candidate.compareTo(best) < 0) {
                bestDistance = distance;
                best = candidate;
            }
        }
        return best == null ? "see docs/assembly.md for those there are" : "did you mean '" + best + "'?";
    }

    /** Insertions, deletions and replacements of characters that lead from one to the other. */
    private static int distance(String from, String to) {
        var above = new int[to.length() + 1];
        Arrays.setAll(above, i -> i);
        for (int i = 0; i < from.length(); i++) {
            var row = new int[to.length() + 1];
            row[0] = i + 1;
            for (int j = 0; j < to.length(); j++) {
                int replaced = above[j] + (from.charAt(i) == to.charAt(j) ? 0 : 1);
                row[j + 1] = Math.min(replaced, 1 + Math.min(above[j + 1], row[j]));
            }
            above = row;
        }
        return above[to.length()];
    }
}
