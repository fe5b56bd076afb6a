package io.pvmjit.conformance;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.ExitKind;
import io.pvmjit.Instance;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.Module;
import io.pvmjit.hostcalls.Dispatcher;
import io.pvmjit.hostcalls.HostCallTable;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A program of a vector with its machine. One that fails validation has a machine too: it panics at once, with nothing
 * charged and nothing changed.
 */
final class Guest implements AutoCloseable {
    /** A single trap: lends its machine to programs that are not valid. */
    private static final byte[] TRAP = {0, 0, 1, 0, 1};

    private final Module module;
    private final Instance instance;
    private final Optional<InvalidProgramException> rejection;
    private long start;
    private boolean rejectedRun;

    private Guest(Module module, Instance instance, Optional<InvalidProgramException> rejection) {
        this.module = module;
        this.instance = instance;
        this.rejection = rejection;
    }

    static Guest of(Engine engine, MemorySegment blob, MemoryImage image) {
        Module module;
        Optional<InvalidProgramException> rejection = Optional.empty();
        try {
            module = engine.compile(blob);
        } catch (InvalidProgramException e) {
            module = engine.compile(TRAP);
            rejection = Optional.of(e);
        }
        try {
            return new Guest(module, module.instantiate(image), rejection);
        } catch (Throwable e) {
            module.close();
            throw e;
        }
    }

    /** A machine of no program, for its RAM. */
    static Guest ofImage(Engine engine, MemoryImage image) {
        return of(engine, MemorySegment.ofArray(TRAP), image);
    }

    Module module() {
        return module;
    }

    Instance instance() {
        return instance;
    }

    boolean valid() {
        return rejection.isEmpty();
    }

    /** Sets where the next run starts; what does not fit a program counter is a start where no instruction is. */
    void startAt(long pc) {
        start = pc;
        if (startExists()) {
            instance.pc(pc);
        }
    }

    private boolean startExists() {
        return valid() && start >>> 32 == 0;
    }

    ExitKind run() {
        rejectedRun = !startExists();
        if (rejectedRun) {
            return ExitKind.PANIC;
        }
        return instance.resume();
    }

    /** As {@link #run()}, with host calls served. */
    Exit run(HostCallTable calls) {
        rejectedRun = !startExists();
        if (rejectedRun) {
            return new Exit.Panic();
        }
        return new Dispatcher(calls).run(instance);
    }

    /** Address of the instruction that made the last exit. */
    long exitPc() {
        return rejectedRun ? start : instance.exitPc();
    }

    @Override
    public void close() {
        try (module) {
            instance.close();
        }
    }
}
