package io.pvmjit.hostcalls;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Which handler serves which number. Immutable; as thread-safe as its handlers. */
public final class HostCallTable {
    /** Numbers below this are looked up in an array. */
    private static final int SMALL = 256;
    private static final HostCallTable EMPTY = builder().build();

    /** By number; a number without a handler of its own has the one for unknown calls. */
    private final HostCall[] small;
    /** The other numbers, in rising order (signed), and their handlers. */
    private final long[] largeNumbers;
    private final HostCall[] largeCalls;
    private final HostCall unknown;
    /** Of the first handler that was added as a {@link GasCall}, or any; what is there now may be something around it. */
    private final long gasNumber;
    private final GasCall gasCall;

    private HostCallTable(HostCall[] small, long[] largeNumbers, HostCall[] largeCalls, HostCall unknown, long gasNumber) {
        this.small = small;
        this.largeNumbers = largeNumbers;
        this.largeCalls = largeCalls;
        this.unknown = unknown;
        this.gasNumber = gasNumber;
        this.gasCall = get(gasNumber) instanceof GasCall call ? call : null;
    }

    private static HostCallTable of(Map<Long, HostCall> calls, HostCall unknown) {
        var small = new HostCall[SMALL];
        Arrays.fill(small, unknown);
        var largeNumbers = calls.keySet().stream().mapToLong(Long::longValue).filter(n -> !isSmall(n)).toArray();
        var largeCalls = Arrays.stream(largeNumbers).mapToObj(calls::get).toArray(HostCall[]::new);
        calls.forEach((number, call) -> {
            if (isSmall(number)) {
                small[number.intValue()] = call;
            }
        });
        long gasNumber = calls.entrySet().stream()
                .filter(entry -> entry.getValue() instanceof GasCall).mapToLong(Map.Entry::getKey).findFirst().orElse(0);
        return new HostCallTable(small, largeNumbers, largeCalls, unknown, gasNumber);
    }

    private static boolean isSmall(long number) {
        return number >= 0 && number < SMALL;
    }

    /** The table in which every call is unknown: it costs {@link UnknownCall#COST} and answers WHAT. */
    public static HostCallTable empty() {
        return EMPTY;
    }

    /** Starts a table. */
    public static Builder builder() {
        return new Builder();
    }

    /** The handler of this number, or that of unknown calls. Never null. */
    public HostCall get(long number) {
        if (isSmall(number)) {
            return small[(int) number];
        }
        int index = Arrays.binarySearch(largeNumbers, number);
        return index < 0 ? unknown : largeCalls[index];
    }

    /** What serves {@code gas}, if that may be left to the machine; null when it may not, as behind {@link #wrap}. */
    public GasCall gasCall() {
        return gasCall;
    }

    /** The number of {@link #gasCall}; any where that is null. */
    public long gasNumber() {
        return gasNumber;
    }

    /** The same table with something around every handler, such as a record of the calls. */
    public HostCallTable wrap(UnaryOperator<HostCall> wrapper) {
        return new HostCallTable(
                Arrays.stream(small).map(wrapper).toArray(HostCall[]::new),
                largeNumbers,
                Arrays.stream(largeCalls).map(wrapper).toArray(HostCall[]::new),
                wrapper.apply(unknown),
                gasNumber);
    }

    /** Collects handlers for a {@link HostCallTable}. */
    public static final class Builder {
        private final Map<Long, HostCall> calls = new TreeMap<>();
        private HostCall unknown = new UnknownCall();

        private Builder() {}

        /**
         * Gives a number its handler.
         *
         * @param number sign-extended to 64 bits, as the machine reports it
         * @throws IllegalArgumentException when it has one
         */
        public Builder add(long number, HostCall call) {
            if (calls.putIfAbsent(number, Objects.requireNonNull(call, "call")) != null) {
                throw new IllegalArgumentException("host call " + number + " has a handler already");
            }
            return this;
        }

        /** Sets what serves every other number; {@link UnknownCall} unless set. */
        public Builder unknown(HostCall call) {
            unknown = Objects.requireNonNull(call, "call");
            return this;
        }

        /** The table as collected so far. */
        public HostCallTable build() {
            return of(calls, unknown);
        }
    }
}
