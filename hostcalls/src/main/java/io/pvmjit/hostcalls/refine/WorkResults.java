package io.pvmjit.hostcalls.refine;

import io.pvmjit.hostcalls.InvocationResult;

/** From what an argument invocation comes to, to what that means for work. */
final class WorkResults {
    private WorkResults() {}

    static WorkResult of(InvocationResult result) {
        return switch (result) {
            case InvocationResult.Output output -> new WorkResult.Output(output.output());
            case InvocationResult.OutputTooLong output -> new WorkResult.OutputTooLong(output.length());
            case InvocationResult.OutOfGas _ -> new WorkResult.OutOfGas();
            case InvocationResult.Panic _ -> new WorkResult.Panic();
        };
    }
}
