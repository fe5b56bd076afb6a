package io.pvmjit.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/** Collects in what a case differs from what it should be. Values are 64-bit and unsigned. */
public final class Differences {
    /** More lines than this of one case tell nobody anything. */
    private static final int SHOWN = 20;
    private static final int SHOWN_OCTETS = 32;

    private final List<String> lines = new ArrayList<>();
    private int count;
    private String context = "";

    /** What the next differences are about, such as a step: put in front of each. */
    void about(String text) {
        context = text.isEmpty() ? "" : text + ": ";
    }

    void add(String difference) {
        count++;
        if (lines.size() < SHOWN) {
            lines.add(context + difference);
        }
    }

    void expect(String what, long actual, long expected) {
        if (actual != expected) {
            add(what + " is " + Long.toUnsignedString(actual) + ", expected " + Long.toUnsignedString(expected));
        }
    }

    void expect(String what, Object actual, Object expected) {
        if (!Objects.equals(actual, expected)) {
            add(what + " is " + actual + ", expected " + expected);
        }
    }

    void expect(String what, byte[] actual, byte[] expected) {
        int at = Arrays.mismatch(actual, expected);
        if (at >= 0) {
            add(what + " is " + shown(actual) + ", expected " + shown(expected)
                    + ": they differ from octet " + at + " on");
        }
    }

    private static String shown(byte[] octets) {
        var hex = HexFormat.of().formatHex(octets, 0, Math.min(SHOWN_OCTETS, octets.length));
        return octets.length <= SHOWN_OCTETS ? "'" + hex + "'" : "'" + hex + "...' (" + octets.length + " octets)";
    }

    void expectRegisters(long[] actual, long[] expected) {
        for (int i = 0; i < expected.length; i++) {
            expect("register " + i, actual[i], expected[i]);
        }
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return count == 0;
    }

    /** The differences, a line each; when there are very many, the first ones. */
    public List<String> lines() {
        var shown = new ArrayList<>(lines);
        if (count > lines.size()) {
            shown.add("... and " + (count - lines.size()) + " more");
        }
        return shown;
    }
}
