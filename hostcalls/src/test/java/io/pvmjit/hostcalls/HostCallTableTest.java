package io.pvmjit.hostcalls;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Handlers by the numbers of their calls. */
class HostCallTableTest {
    private static HostCall call() {
        // Captures something, so that each is an object of its own.
        var own = new Object();
        return context -> own == null ? null : HostCall.Outcome.CONTINUE;
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 100, 255, 256, 1000, -1, -103, Long.MAX_VALUE, Long.MIN_VALUE, 0xffffffffL})
    void findsACallByItsNumberOnly(long number) {
        var other = call();
        var call = call();
        var unknown = call();
        var table = HostCallTable.builder().add(7, other).add(70_000, other).add(-7, other).add(number, call)
                .unknown(unknown).build();
        assertSame(call, table.get(number));
        assertSame(unknown, table.get(number + 1));
        assertSame(unknown, table.get(number - 1));
        assertSame(other, table.get(7));
        assertSame(other, table.get(70_000));
        assertSame(other, table.get(-7));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 255, 256, -1, Long.MIN_VALUE, Long.MAX_VALUE})
    void knowsNothingWhenEmpty(long number) {
        assertInstanceOf(UnknownCall.class, HostCallTable.empty().get(number));
    }

    @Test
    void refusesASecondHandler() {
        var builder = HostCallTable.builder().add(3, call());
        assertThrows(IllegalArgumentException.class, () -> builder.add(3, call()));
        assertThrows(NullPointerException.class, () -> builder.add(4, null));
        assertThrows(NullPointerException.class, () -> builder.unknown(null));
    }

    @Test
    void staysAsBuilt() {
        var builder = HostCallTable.builder();
        var before = builder.build();
        var call = call();
        var after = builder.add(3, call).add(300, call).build();
        assertInstanceOf(UnknownCall.class, before.get(3));
        assertInstanceOf(UnknownCall.class, before.get(300));
        assertSame(call, after.get(3));
        assertSame(call, after.get(300));
    }
}
