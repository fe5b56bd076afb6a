package io.pvmjit.internal.front;

import java.util.Objects;

/** What embedders hand to one object of the API is what another one made: else it is refused. */
final class Own {
    private Own() {}

    /** It as the class that it must be. */
    static <T> T of(Class<T> type, Object given) {
        if (type.isInstance(given)) {
            return type.cast(given);
        }
        throw new IllegalArgumentException("only what an engine made can be used here, not a "
                + Objects.requireNonNull(given).getClass().getName());
    }
}
