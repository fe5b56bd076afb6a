package io.pvmjit.debug;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.Module;
import io.pvmjit.program.Program;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Runs a program in pieces: instruction by instruction, to breakpoints, or to the next exit. What comes of it is the same on
 * every backend: to its exits a program runs on the engine's own, at full speed; single instructions, and runs with
 * breakpoints, are the interpreter's, which gets the state and gives it back. Like an instance, for one thread at a time.
 */
public final class Debugger implements AutoCloseable {
    private final Program program;
    private final byte[] blob;
    private final MemoryImage image;
    private final Engine engine;
    private final Module module;
    private final Instance runner;
    /** Null until the first step where the engine is no interpreter. */
    private Engine stepEngine;
    private Module stepModule;
    private Instance stepper;
    /** Which of the two has the state. */
    private Instance current;
    private final NavigableSet<Long> breakpoints = new TreeSet<>();

    /**
     * Compiles a program and makes its machine: registers, gas and pc 0, RAM as the image says.
     *
     * @param engine stays open, and is open as long as this
     * @param blob a program blob
     * @throws io.pvmjit.InvalidProgramException when it is none
     */
    public Debugger(Engine engine, byte[] blob, MemoryImage image) {
        this.program = Program.parse(blob, engine.rules());
        this.blob = blob.clone();
        this.image = image;
        this.engine = engine;
        this.module = engine.compile(this.blob);
        try {
            this.runner = module.instantiate(image);
        } catch (Throwable e) {
            module.close();
            throw e;
        }
        this.current = runner;
        if (engine.backend() == Backend.INTERPRETER) {
            this.stepper = runner;
        }
    }

    /** The program. */
    public Program program() {
        return program;
    }

    /**
     * The machine that has the state now: registers, gas and RAM are read and written there, and host calls served. The next
     * step or run may leave it for another.
     */
    public Instance machine() {
        return current;
    }

    /**
     * Makes {@link #run()} stop in front of an instruction.
     *
     * @throws IllegalArgumentException when no instruction starts there
     */
    public void breakAt(long pc) {
        if (!program.isStart(pc)) {
            throw new IllegalArgumentException("no instruction starts at " + Long.toUnsignedString(pc));
        }
        breakpoints.add(pc);
    }

    /** Takes a breakpoint away; false when there is none. */
    public boolean removeBreak(long pc) {
        return breakpoints.remove(pc);
    }

    /** Where the breakpoints are, in rising order. */
    public NavigableSet<Long> breakpoints() {
        return new TreeSet<>(breakpoints);
    }

    /** Executes one instruction. */
    public Stop step() {
        moveTo(stepper());
        var exit = current.step();
        return exit == null ? new Stop.Stepped(current.pc()) : new Stop.Exited(exit);
    }

    /** Runs to the next breakpoint behind the next instruction, or to an exit: to a host call, too. */
    public Stop run() {
        if (breakpoints.isEmpty()) {
            return new Stop.Exited(runToExit());
        }
        moveTo(stepper());
        try (var _ = current.hold()) {
            Exit exit;
            do {
                exit = current.step();
            } while (exit == null && !breakpoints.contains(current.pc()));
            return exit == null ? new Stop.Breakpoint(current.pc()) : new Stop.Exited(exit);
        }
    }

    /** Runs to the next exit, past all breakpoints: to a host call, too. */
    public Exit runToExit() {
        moveTo(runner);
        return current.run();
    }

    private void moveTo(Instance other) {
        if (current != other) {
            Snapshot.of(current).restore(other);
            current = other;
        }
    }

    private Instance stepper() {
        if (stepper == null) {
            stepEngine = Engine.create(engine.config().withBackend(Backend.INTERPRETER));
            stepModule = stepEngine.compile(blob);
            stepper = stepModule.instantiate(image);
        }
        return stepper;
    }

    /** Ends the machine. */
    @Override
    public void close() {
        try (var _ = stepEngine;
                var _ = stepModule;
                var _ = module) {
            runner.close();
            if (stepper != null) {
                stepper.close();
            }
        }
    }
}
