package io.pvmjit.debug;

import io.pvmjit.Exit;

/** Why a {@link Debugger} stands still. */
public sealed interface Stop {
    /**
     * It has executed the instructions that it was asked for.
     *
     * @param pc of the next one
     */
    record Stepped(long pc) implements Stop {}

    /**
     * It is at a breakpoint.
     *
     * @param pc of the next instruction, where the breakpoint is
     */
    record Breakpoint(long pc) implements Stop {}

    /** The machine has made an exit. Where it was a host call, whoever serves it does so now, on the debugger's machine. */
    record Exited(Exit exit) implements Stop {}
}
