package io.pvmjit.hostcalls;

import io.pvmjit.Exit;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import java.util.Objects;

/** Runs machines and serves their host calls until they stop (Gray Paper A.6, Psi_H). As thread-safe as its table. */
public final class Dispatcher {
    private final HostCallTable table;

    /** One that serves the calls of a table. */
    public Dispatcher(HostCallTable table) {
        this.table = Objects.requireNonNull(table, "table");
    }

    /**
     * Runs an instance from where it stands until it halts, panics, faults, is out of gas or is interrupted, by itself or
     * by the word of a handler. {@link Instance#exitPc()} is the address of the instruction that ended the run, an
     * {@code ecalli} in the latter case.
     *
     * <p>After an {@link Exit.Interrupted} (see {@link Instance#interrupt()}) the instance can be run again, by this
     * dispatcher or another over an equal table, and goes on as if nothing had been. An inner machine of {@code invoke}
     * stops with it; then the instance stands in front of that call.
     *
     * <p>An exception of a handler reaches the caller. The instance then stands behind the call and may be used or
     * closed.
     *
     * @return the reason, never a {@link Exit.HostCall}
     */
    public Exit run(Instance instance) {
        // The instance is held once: operations inside, by this loop and by handlers, need no atomic step.
        try (var _ = instance.hold()) {
            return run(new HostContext(instance));
        }
    }

    private Exit run(HostContext context) {
        var instance = context.instance();
        var gasCall = table.gasCall();
        while (true) {
            var kind = gasCall == null
                    ? instance.resume()
                    : instance.resumeAnsweringGas(table.gasNumber(), gasCall.cost());
            if (kind != ExitKind.HOST_CALL) {
                return Exit.of(kind, instance.exitArgument());
            }
            switch (table.get(instance.exitArgument()).handle(context)) {
                case CONTINUE -> {}
                case PANIC -> {
                    return Exit.of(ExitKind.PANIC, 0);
                }
                case HALT -> {
                    return Exit.of(ExitKind.HALT, 0);
                }
                case INTERRUPTED -> {
                    instance.pc(instance.exitPc()).gasCharged(true);
                    return Exit.of(ExitKind.INTERRUPTED, 0);
                }
                case OUT_OF_GAS -> {
                    return Exit.of(ExitKind.OUT_OF_GAS, 0);
                }
            }
        }
    }
}
