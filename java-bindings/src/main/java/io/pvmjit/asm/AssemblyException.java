package io.pvmjit.asm;

import io.pvmjit.PvmException;

/** A mistake in assembly text: where it is, what it is and what to do about it. */
public final class AssemblyException extends PvmException {
    private static final long serialVersionUID = 1L;

    private final int line;
    private final int column;
    private final String problem;
    private final String advice;

    /**
     * @param line from 1
     * @param column from 1, in UTF-16 units
     * @param problem what is wrong
     * @param advice what to do
     */
    public AssemblyException(int line, int column, String problem, String advice) {
        super("line " + line + ", column " + column + ": " + problem + "; " + advice);
        this.line = line;
        this.column = column;
        this.problem = problem;
        this.advice = advice;
    }

    /** Line of the mistake, from 1. */
    public int line() {
        return line;
    }

    /** Column of the mistake, from 1. */
    public int column() {
        return column;
    }

    /** What is wrong. */
    public String problem() {
        return problem;
    }

    /** What to do about it. */
    public String advice() {
        return advice;
    }
}
