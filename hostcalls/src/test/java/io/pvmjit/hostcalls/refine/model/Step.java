package io.pvmjit.hostcalls.refine.model;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Collectors;

/** What happens next in a sequence. */
sealed interface Step {
    /** The outer program writes to its RAM; nothing happens when it may not. */
    record Write(long address, byte[] octets) implements Step {
        @Override
        public String toString() {
            return "write 0x" + Long.toHexString(address) + ": " + HexFormat.of().formatHex(octets);
        }
    }

    /** How much gas there is when a call comes. */
    enum Gas {
        /** What is left. */
        KEPT,
        /** The number given. */
        GIVEN,
        /** Exactly the cost of the call. */
        EXACT,
        /** One unit less than that. */
        SHORT
    }

    /**
     * The outer program makes a host call.
     *
     * @param arguments registers 7 to 12
     */
    record Call(long number, long[] arguments, Gas gas, long given) implements Step {
        @Override
        public String toString() {
            return "call " + number + Arrays.stream(arguments).mapToObj(value -> "0x" + Long.toHexString(value))
                    .collect(Collectors.joining(", ", " (", ")")) + ", gas "
                    + (gas == Gas.GIVEN ? Long.toUnsignedString(given) : gas.toString());
        }
    }
}
