package io.pvmjit.cli;

import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.rules.HostCallNumbers;
import java.util.Map;

/** Serves the host calls of a program that runs in pieces. */
final class HostServer {
    private final HostCallTable calls;
    private final Map<Long, String> names;

    HostServer(HostCallTable calls, HostCallNumbers numbers) {
        this.calls = calls;
        this.names = numbers.names();
    }

    /** Serves the call at which a machine stands; null when the machine goes on, else how the call ended the run. */
    Exit serve(Instance machine) {
        return switch (calls.get(machine.exitArgument()).handle(new HostContext(machine))) {
            case CONTINUE -> null;
            case PANIC -> new Exit.Panic();
            case HALT -> new Exit.Halt();
            case OUT_OF_GAS -> new Exit.OutOfGas();
            case INTERRUPTED -> new Exit.Interrupted();
        };
    }

    String describe(Exit exit) {
        return switch (exit) {
            case Exit.Halt() -> "halt";
            case Exit.Panic() -> "panic";
            case Exit.OutOfGas() -> "out of gas";
            case Exit.Interrupted() -> "interrupted";
            case Exit.PageFault(long page) -> "page fault at 0x" + Long.toHexString(page);
            case Exit.HostCall(long number) -> "host call " + number
                    + (names.containsKey(number) ? " (" + names.get(number) + ")" : "");
        };
    }
}
