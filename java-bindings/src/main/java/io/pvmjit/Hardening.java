package io.pvmjit;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What makes machine code harder to abuse, and slower: for an embedder whose process holds what a guest must not get at.
 * Results and gas stay the same. {@code security.md} of the native library says what each is good against, and what it
 * costs.
 */
public enum Hardening {
    /**
     * Indirect jumps of machine code, and those into it, are made so that the processor predicts none of them: what other
     * guests have trained it to does not matter. It costs calls of functions most.
     */
    RETPOLINES,
    /**
     * Constants of guests above 16 bits do not stand in machine code, which puts them together from two parts, of which
     * one is random: none of them puts octets of a guest's choice on executable pages. Where the system has no random
     * octets there is no room for machine code.
     */
    BLINDED_CONSTANTS;

    /** The name as written on command lines: lower case, with dashes. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The one with this label.
     *
     * @throws IllegalArgumentException when there is none; the message lists the labels
     */
    public static Hardening of(String label) {
        for (var each : values()) {
            if (each.label().equals(label)) {
                return each;
            }
        }
        throw new IllegalArgumentException("unknown hardening '" + label + "': expected one of "
                + Arrays.stream(values()).map(Hardening::label).collect(Collectors.joining(", ")));
    }

    @Override
    public String toString() {
        return label();
    }
}
