package io.pvmjit;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The versions of the Gray Paper whose rules we have. What they differ in stands in {@link io.pvmjit.rules.Rules}. Their
 * order is that of {@code enum pvm_revision} in {@code pvmjit.h}.
 */
public enum Revision implements EngineRules {
    /** The Gray Paper 0.8.0 (text of 2026-06-03, c72d861). */
    V0_8_0("0.8.0"),
    /** 0.8.0 with pull requests #533, #538 and #559, which the public vectors of September 2026 apply. */
    V0_8_0_VECTORS("0.8.0-vectors"),
    /** The text of 2026-08-26, e5375148: #530 as merged, with #533, #538, #554 and #559. The default. */
    NEXT("next");

    private final String label;

    Revision(String label) {
        this.label = label;
    }

    /** The name as written on command lines and in vectors. */
    @Override
    public String label() {
        return label;
    }

    /** This. */
    @Override
    public Optional<Revision> revision() {
        return Optional.of(this);
    }

    /**
     * The revision with this label.
     *
     * @throws IllegalArgumentException when there is none; the message lists the labels
     */
    public static Revision of(String label) {
        for (var revision : values()) {
            if (revision.label.equals(label)) {
                return revision;
            }
        }
        throw new IllegalArgumentException("unknown revision '" + label + "': expected one of "
                + Arrays.stream(values()).map(Revision::label).collect(Collectors.joining(", ")));
    }

    @Override
    public String toString() {
        return label;
    }
}
