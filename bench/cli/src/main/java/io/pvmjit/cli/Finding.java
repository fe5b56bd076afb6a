package io.pvmjit.cli;

import java.io.PrintWriter;
import java.util.Optional;

/**
 * What {@code pvm doctor} found.
 *
 * @param meaning what it matters for
 * @param remedy how to mend it; empty where nothing is amiss
 */
record Finding(String what, String value, String meaning, Optional<String> remedy) {
    private static final int WIDTH = 18;

    static Finding fine(String what, Object value, String meaning) {
        return new Finding(what, value.toString(), meaning, Optional.empty());
    }

    static Finding amiss(String what, Object value, String meaning, String remedy) {
        return new Finding(what, value.toString(), meaning, Optional.of(remedy));
    }

    static Finding of(boolean fine, String what, Object value, String meaning, String remedy) {
        return fine ? fine(what, value, meaning) : amiss(what, value, meaning, remedy);
    }

    void print(PrintWriter out) {
        out.println(Text.line(("%-" + WIDTH + "s%s").formatted(what, value)));
        out.println(" ".repeat(WIDTH) + "- " + Text.line(meaning));
        remedy.ifPresent(text -> out.println(" ".repeat(WIDTH) + "! " + Text.line(text)));
    }
}
