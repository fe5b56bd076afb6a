package io.pvmjit.interpreter;

import io.pvmjit.EngineConfig;
import io.pvmjit.EngineStatistics;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.internal.backend.BackendEngine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.Gate;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The plain Java machine, written from the specification: runs on any platform, and is what machine code is checked
 * against. Of the configuration only the rules concern it; it has no limits but the Java heap. Thread-safe.
 */
public final class InterpreterEngine implements BackendEngine {
    /** Octets of the longest array that every JVM can make. */
    private static final int LONGEST_BLOB = Integer.MAX_VALUE - 8;

    /** Decoded instructions may take this part of the Java heap. */
    private static final int DECODED_PART = 16;

    private final Rules rules;
    private final AtomicLong decodedAllowance = new AtomicLong(Runtime.getRuntime().maxMemory() / DECODED_PART);
    private final AtomicLong modulesAlive = new AtomicLong();
    private final Set<InterpreterMachine> machines = ConcurrentHashMap.newKeySet();

    public InterpreterEngine(EngineConfig config) {
        this.rules = Rules.of(config.rules());
    }

    @Override
    public BackendModule compile(MemorySegment blob, Gate gate) throws InvalidProgramException {
        if (blob.byteSize() > LONGEST_BLOB) {
            throw new ResourceLimitException("the interpreter takes blobs of at most " + LONGEST_BLOB
                    + " octets, not of " + blob.byteSize());
        }
        var module = new InterpreterModule(decode(blob), modulesAlive, machines);
        modulesAlive.incrementAndGet();
        return module;
    }

    private DecodedProgram decode(MemorySegment blob) {
        try {
            return new DecodedProgram(Program.parse(blob.toArray(ValueLayout.JAVA_BYTE), rules), decodedAllowance);
        } catch (OutOfMemoryError e) {
            throw new ResourceLimitException("the Java heap has no room for a program of " + blob.byteSize()
                    + " octets: raise -Xmx or close modules");
        }
    }

    @Override
    public EngineStatistics statistics() {
        return new EngineStatistics(modulesAlive.get(), machines.size(), 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public void interruptAll() {
        machines.forEach(InterpreterMachine::interrupt);
    }

    @Override
    public void close() {
        // Everything is on the Java heap.
    }
}
