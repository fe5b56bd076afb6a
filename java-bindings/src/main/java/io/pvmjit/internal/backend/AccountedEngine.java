package io.pvmjit.internal.backend;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.ResourceLimitException;
import java.lang.foreign.MemorySegment;

/** What an {@link io.pvmjit.Engine} stands on: a backend whose modules are paid for. Thread-safe. */
public interface AccountedEngine extends BackendEngine {
    /** For what is in no invocation. */
    Spending own();

    /** Opens the spending of an invocation, which this name stands for in exceptions. */
    Spending open(String invocation);

    /**
     * As {@link #compile(MemorySegment, Gate)}.
     *
     * @param spending who pays
     * @throws ResourceLimitException when that one has not enough for the module on the interpreter
     */
    BackendModule compile(MemorySegment blob, Spending spending, Gate gate) throws InvalidProgramException;
}
