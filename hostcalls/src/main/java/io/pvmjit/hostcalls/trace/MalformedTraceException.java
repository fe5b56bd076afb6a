package io.pvmjit.hostcalls.trace;

import io.pvmjit.PvmException;

/** A text that is no trace. */
public final class MalformedTraceException extends PvmException {
    private static final long serialVersionUID = 1L;

    private final int line;

    /**
     * @param line of the text, from 1; 0 for the whole
     * @param problem what is wrong there
     */
    MalformedTraceException(int line, String problem) {
        super((line == 0 ? "no trace: " : "line " + line + ": ") + problem);
        this.line = line;
    }

    /** The line of the text, from 1; 0 for the whole. */
    public int line() {
        return line;
    }
}
