package io.pvmjit.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.InvocationResult;
import java.io.PrintWriter;
import java.util.HexFormat;

/** What a run came to, in words and in JSON. Made while the instance is open, printed after. */
final class RunResult {
    /** Results are printed up to here. */
    private static final int SHOWN_OCTETS = 1 << 12;

    /** How long starting the engine, compiling (with making the instance) and running took, in nanoseconds. */
    record Times(long start, long compile, long run) {}

    private final ArgumentInvocation invocation;
    private final Exit exit;
    private final InvocationResult result;
    private final Times times;
    private final long pc;
    private final long gasLeft;
    private final long[] registers;
    private final String backend;
    private final String revision;

    RunResult(ArgumentInvocation invocation, Instance instance, Exit exit, InvocationResult result, Times times) {
        this.invocation = invocation;
        this.exit = exit;
        this.result = result;
        this.times = times;
        // A start beyond any program makes no exit in the machine.
        this.pc = invocation.entryPc() >>> 32 != 0 ? invocation.entryPc() : instance.exitPc();
        this.gasLeft = instance.gas();
        this.registers = instance.registers();
        this.backend = instance.module().engine().backend().label();
        this.revision = instance.module().engine().revision().label();
    }

    private String exitName() {
        return switch (exit) {
            case Exit.Halt() -> "halt";
            case Exit.Panic() -> "panic";
            case Exit.OutOfGas() -> "out-of-gas";
            case Exit.Interrupted() -> "interrupted";
            case Exit.PageFault(long _) -> "page-fault";
            case Exit.HostCall(long _) -> "host-call";
        };
    }

    void print(PrintWriter out) {
        out.println("result    " + describeResult());
        var page = exit instanceof Exit.PageFault(long address) ? " at page 0x%x".formatted(address) : "";
        out.println("exit      " + exitName() + page + ", pc " + Long.toUnsignedString(pc));
        out.println("gas used  " + Long.toUnsignedString(result.gasUsed()) + " of "
                + Long.toUnsignedString(invocation.gas()));
        for (int i = 0; i < registers.length; i++) {
            boolean first = i % 4 == 0;
            out.print((first ? i == 0 ? "registers " : "\n          " : "  ")
                    + "%-2s=%#018x".formatted(RegisterList.NAMES.get(i), registers[i]));
        }
        out.println();
        out.println("engine started in " + duration(times.start) + ", compiled in " + duration(times.compile) + ", ran in "
                + duration(times.run)
                + " (backend " + backend + ", revision " + revision + ")");
    }

    private String describeResult() {
        return switch (result) {
            case InvocationResult.Output(byte[] output, long _) -> describe(output);
            case InvocationResult.OutputTooLong(long length, long _) -> length + " octets: too many to show";
            case InvocationResult.OutOfGas(long _) -> "OOG";
            case InvocationResult.Panic(long _) -> "PANIC";
        };
    }

    private static String describe(byte[] output) {
        int shown = Math.min(output.length, SHOWN_OCTETS);
        var text = new StringBuilder(Text.count(output.length, "octet"));
        if (shown > 0) {
            text.append(": ").append(HexFormat.of().formatHex(output, 0, shown));
        }
        if (shown < output.length) {
            return text.append("... (--json prints all)").toString();
        }
        Text.printable(output).ifPresent(printable -> text.append(" \"").append(printable).append('"'));
        return text.toString();
    }

    private static String duration(long nanoseconds) {
        return nanoseconds < 1_000_000
                ? "%.1f us".formatted(nanoseconds / 1e3)
                : "%.2f ms".formatted(nanoseconds / 1e6);
    }

    ObjectNode json() {
        var node = Json.object();
        switch (result) {
            case InvocationResult.Output(byte[] output, long _) -> {
                node.put("result", "output").put("output", HexFormat.of().formatHex(output));
                Text.printable(output).ifPresent(text -> node.put("text", text));
            }
            case InvocationResult.OutputTooLong(long length, long _) ->
                node.put("result", "output").put("output-length", length);
            case InvocationResult.OutOfGas(long _) -> node.put("result", "OOG");
            case InvocationResult.Panic(long _) -> node.put("result", "PANIC");
        }
        node.put("exit", exitName()).put("pc", Json.unsigned(pc));
        if (exit instanceof Exit.PageFault(long page)) {
            node.put("page-fault-address", page);
        }
        node.put("gas", Json.unsigned(invocation.gas())).put("gas-used", Json.unsigned(result.gasUsed()))
                .put("gas-left", Json.unsigned(gasLeft));
        var values = node.putArray("registers");
        for (long register : registers) {
            values.add(Json.unsigned(register));
        }
        return node.put("backend", backend).put("revision", revision).put("start-nanoseconds", times.start)
                .put("compile-nanoseconds", times.compile)
                .put("run-nanoseconds", times.run);
    }
}
