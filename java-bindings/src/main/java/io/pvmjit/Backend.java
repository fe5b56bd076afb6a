package io.pvmjit;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What runs the programs of an {@link Engine}. All backends give the same results and the same gas. */
public enum Backend {
    /** x86-64 machine code; Linux on x86-64 only. */
    JIT,
    /** The plain Java machine; any platform. */
    INTERPRETER,
    /** Both side by side, compared at every stop; a difference is an {@link AssertionError}. */
    CROSSCHECK;

    /** The name as written on command lines and in {@code -Dpvmjit.backend}: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The backend with this label.
     *
     * @throws IllegalArgumentException when there is none; the message lists the labels
     */
    public static Backend of(String label) {
        for (var backend : values()) {
            if (backend.label().equals(label)) {
                return backend;
            }
        }
        throw new IllegalArgumentException("unknown backend '" + label + "': expected one of "
                + Arrays.stream(values()).map(Backend::label).collect(Collectors.joining(", ")));
    }

    @Override
    public String toString() {
        return label();
    }
}
