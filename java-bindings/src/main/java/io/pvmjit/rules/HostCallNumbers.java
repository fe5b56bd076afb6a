package io.pvmjit.rules;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** Which host calls there are, and their numbers. Immutable. */
public final class HostCallNumbers {
    private final Map<HostFunction, Long> numbers;

    private HostCallNumbers(Map<HostFunction, Long> numbers) {
        this.numbers = numbers;
    }

    /** No host calls. */
    public static HostCallNumbers none() {
        return new HostCallNumbers(new EnumMap<>(HostFunction.class));
    }

    /**
     * The same with a number given, or given anew, to a function.
     *
     * @param number sign-extended to 64 bits, as {@code ecalli} reports it
     * @throws IllegalArgumentException when another function has that number
     */
    public HostCallNumbers with(HostFunction function, long number) {
        var changed = new EnumMap<>(numbers);
        changed.put(Objects.requireNonNull(function, "function"), number);
        if (changed.values().stream().filter(other -> other == number).count() > 1) {
            throw new IllegalArgumentException("two functions have the number " + number);
        }
        return new HostCallNumbers(changed);
    }

    /** The same without a function. */
    public HostCallNumbers without(HostFunction function) {
        var changed = new EnumMap<>(numbers);
        changed.remove(function);
        return new HostCallNumbers(changed);
    }

    /** The number of a function; empty where there is no such function. */
    public OptionalLong of(HostFunction function) {
        var number = numbers.get(function);
        return number == null ? OptionalLong.empty() : OptionalLong.of(number);
    }

    /** Whether a function has a number. */
    public boolean has(HostFunction function) {
        return numbers.containsKey(function);
    }

    /** Calls the consumer with each function that there is and its number. */
    public void forEach(BiConsumer<HostFunction, Long> consumer) {
        numbers.forEach(consumer);
    }

    /** The names in the Gray Paper, by rising number: for people. */
    public Map<Long, String> names() {
        var names = new TreeMap<Long, String>();
        numbers.forEach((function, number) -> names.put(number, function.label()));
        return names;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HostCallNumbers that && numbers.equals(that.numbers);
    }

    @Override
    public int hashCode() {
        return numbers.hashCode();
    }

    @Override
    public String toString() {
        return names().toString();
    }
}
