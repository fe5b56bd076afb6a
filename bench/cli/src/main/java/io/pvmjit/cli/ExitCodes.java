package io.pvmjit.cli;

/** Exit codes of the command line. */
final class ExitCodes {
    static final int OK = 0;
    /** The command did its work, and what it checked is not as it should be. */
    static final int FAILED = 1;
    /** Bad input: the command could not do its work. */
    static final int BAD_INPUT = 2;
    /** A fault of this program. */
    static final int INTERNAL_ERROR = 3;

    private ExitCodes() {}
}
