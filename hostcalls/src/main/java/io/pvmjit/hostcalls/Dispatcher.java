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
            var outcome = table.get(instance.exitArgument()).handle(context);
            if (outcome != HostCall.Outcome.CONTINUE) {
                if (outcome == HostCall.Outcome.INTERRUPTED) {
                    instance.pc(instance.exitPc()).gasCharged(true);
                }
                return Exit.of(exit(outcome), 0);
            }
        }
    }

    /**
     * How a run ends by the word of a handler. No switch: an error that cuts short the making of its table, when it is first
     * needed, would leave it unusable for good.
     */
    private static ExitKind exit(HostCall.Outcome outcome) {
        return outcome == HostCall.Outcome.HALT ? ExitKind.HALT
                : outcome == HostCall.Outcome.INTERRUPTED ? ExitKind.INTERRUPTED
                : outcome == HostCall.Outcome.OUT_OF_GAS ? ExitKind.OUT_OF_GAS : ExitKind.PANIC;
    }
}
