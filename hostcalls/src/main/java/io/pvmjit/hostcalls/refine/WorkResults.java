package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.InvocationResult;

/** From what an argument invocation comes to, to what that means for work. */
final class WorkResults {
    private WorkResults() {}

    static WorkResult of(InvocationResult result) {
        // No switch over types, as in ArgumentInvocation.
        if (result instanceof InvocationResult.Output output) {
            return new WorkResult.Output(output.output());
        }
        if (result instanceof InvocationResult.OutputTooLong output) {
            return new WorkResult.OutputTooLong(output.length());
        }
        return result instanceof InvocationResult.OutOfGas ? new WorkResult.OutOfGas() : new WorkResult.Panic();
    }
}
