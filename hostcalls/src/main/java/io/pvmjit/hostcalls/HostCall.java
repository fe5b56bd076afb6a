package io.pvmjit.hostcalls;

/**
 * Serves one kind of host call. It reads and writes registers, RAM and gas of the calling machine through the context,
 * and says whether the machine goes on.
 *
 * <p>An exception from a handler ends the run and reaches the caller of the {@link Dispatcher}: it is for faults of the
 * embedder. What a guest does wrong is an outcome.
 */
@FunctionalInterface
public interface HostCall {
    /** Serves a call. The context is valid during this call only, on this thread only. */
    Outcome handle(HostContext context);

    /** How a run goes on after a host call. */
    enum Outcome {
        /** The machine runs on behind the call. */
        CONTINUE,
        /** The run ends as if the machine had panicked. */
        PANIC,
        /** The run ends as if the machine had halted. */
        HALT,
        /**
         * The run stops, interrupted in the midst of the call, and stands in front of it. When it is resumed it makes the
         * call again: the handler has left gas, registers and RAM so that both together come to what one call does.
         */
        INTERRUPTED,
        /** The run ends out of gas, with what gas the handler left: none when {@link HostContext#charge} said no. */
        OUT_OF_GAS
    }
}
