package io.pvmjit.bench.peer;

import io.pvmjit.bench.workload.BuiltWorkload;

/** A workload on a peer of this JVM, ready to be timed. One thread at a time. */
public interface Subject extends AutoCloseable {
    /** Opens a workload on a peer. */
    static Subject open(Peer peer, BuiltWorkload workload) {
        return switch (peer) {
            case NATIVE -> new NativeSubject(workload);
            case JIT -> new PvmSubject(workload, io.pvmjit.Backend.JIT);
            case INTERPRETER -> new PvmSubject(workload, io.pvmjit.Backend.INTERPRETER);
            case ENDIVE -> new EndiveSubject(workload);
            case V8 -> throw new IllegalArgumentException(peer + " runs in a process of its own");
        };
    }

    /** Compiles what {@link #make} and {@link #run} need: comes before them. */
    void prepare();

    /** Compiles, makes an instance and runs it, and lets go of it all. */
    long oneShot(long parameter);

    /** Compiles, and lets go of it. */
    Object compile();

    /** Makes an instance of what is compiled, and lets go of it. */
    Object make();

    /** Runs the instance that is kept: it is made before the first run, and again for another parameter. */
    long run(long parameter);

    /** Gas that the last run used; 0 where there is none. */
    default long gasUsed() {
        return 0;
    }

    /** What a reader must know about this workload on this peer; empty when nothing. */
    default String remark() {
        return "";
    }

    @Override
    void close();
}
