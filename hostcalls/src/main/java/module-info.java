/** Answers the host calls of PVM programs. */
module io.pvmjit.hostcalls {
    requires jdk.jfr;
    requires transitive io.pvmjit;

    exports io.pvmjit.hostcalls;
    exports io.pvmjit.hostcalls.refine;
    exports io.pvmjit.hostcalls.trace;
}
