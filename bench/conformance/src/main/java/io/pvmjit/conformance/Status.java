package io.pvmjit.conformance;

import io.pvmjit.Exit;
import io.pvmjit.ExitKind;

/** The names that vectors have for exits. */
final class Status {
    private Status() {}

    static String of(ExitKind kind) {
        return switch (kind) {
            case HALT -> "halt";
            case PANIC -> "panic";
            case PAGE_FAULT -> "page-fault";
            case HOST_CALL -> "host-call";
            case OUT_OF_GAS -> "out-of-gas";
            case INTERRUPTED -> "interrupted";
        };
    }

    static String of(Exit exit) {
        return of(switch (exit) {
            case Exit.Halt() -> ExitKind.HALT;
            case Exit.Panic() -> ExitKind.PANIC;
            case Exit.PageFault(long _) -> ExitKind.PAGE_FAULT;
            case Exit.HostCall(long _) -> ExitKind.HOST_CALL;
            case Exit.OutOfGas() -> ExitKind.OUT_OF_GAS;
            case Exit.Interrupted() -> ExitKind.INTERRUPTED;
        });
    }

    /** The exit with this name; step tests call a host call {@code ecalli}. */
    static ExitKind parse(Fields status) {
        return switch (status.text()) {
            case "halt" -> ExitKind.HALT;
            case "panic" -> ExitKind.PANIC;
            case "page-fault" -> ExitKind.PAGE_FAULT;
            case "ecalli", "host-call" -> ExitKind.HOST_CALL;
            case "out-of-gas" -> ExitKind.OUT_OF_GAS;
            default -> throw new MalformedVectorException("malformed: unknown status '" + status.text() + "'");
        };
    }
}
