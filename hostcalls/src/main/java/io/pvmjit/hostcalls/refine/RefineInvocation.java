package io.pvmjit.hostcalls.refine;

import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.InterruptedCompilationException;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InterruptedInvocationException;
import io.pvmjit.hostcalls.Interrupter;
import io.pvmjit.hostcalls.InvocationObserver;
import io.pvmjit.internal.lifetime.Closing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * Refines work items (Gray Paper B.3, Psi_R). Thread-safe: any number of refinements may run at once over one engine,
 * each with an environment of its own and an account at the engine. Whatever ends a refinement, an exception of the
 * environment or a {@link io.pvmjit.QuotaException} included, everything it held is released.
 *
 * <p>A refinement takes as long as its gas lasts, unless it has an {@link Interrupter} or somebody calls
 * {@link Engine#interruptAll()}: then it ends in an {@link InterruptedInvocationException}, its inner machines included.
 */
public final class RefineInvocation {
    /** Refinement starts at the program's first entry point. */
    private static final long ENTRY_PC = 0;

    private final Engine engine;
    private final HostCalls calls;
    private final InvocationObserver observer;

    /** With the host calls of the engine's rules. */
    public RefineInvocation(Engine engine) {
        this(engine, new HostCalls(engine.rules()), InvocationObserver.NONE);
    }

    /** @param observer may put handlers of its own around those of a refinement, to watch them */
    public RefineInvocation(Engine engine, HostCalls calls, UnaryOperator<HostCallTable> observer) {
        this(engine, calls, new InvocationObserver() {
            @Override
            public HostCallTable begin(ArgumentInvocation invocation, StandardProgram program, Instance instance) {
                return observer.apply(invocation.calls());
            }

            @Override
            public void end(Instance instance, Exit exit) {}
        });
        Objects.requireNonNull(observer, "observer");
    }

    /** @param observer sees the outer machine of each refinement, and may put handlers around those of its host calls */
    public RefineInvocation(Engine engine, HostCalls calls, InvocationObserver observer) {
        this.engine = Objects.requireNonNull(engine, "engine");
        this.calls = Objects.requireNonNull(calls, "calls");
        this.observer = Objects.requireNonNull(observer, "observer");
    }

    /**
     * Refines with the service code that the environment's own service has available under this hash.
     *
     * @param codeHash 32 octets
     * @param arguments encoded
     * @param gas unsigned
     */
    public Refinement run(RefineEnvironment environment, byte[] codeHash, byte[] arguments, long gas) {
        return run(environment, environment.preimage(environment.service(), codeHash), arguments, gas);
    }

    /** As {@link #run(RefineEnvironment, byte[], byte[], long)}, with the service code itself; null: not available. */
    public Refinement run(RefineEnvironment environment, MemorySegment serviceCode, byte[] arguments, long gas) {
        return run(environment, serviceCode, arguments, gas, new Interrupter());
    }

    /**
     * As {@link #run(RefineEnvironment, MemorySegment, byte[], long)}, to be stopped by an interrupter: the run of the code
     * and of inner machines, not their compilation nor a call of the environment, behind which it stops.
     *
     * @throws InterruptedInvocationException when it was
     */
    public Refinement run(RefineEnvironment environment, MemorySegment serviceCode, byte[] arguments, long gas,
            Interrupter interrupter) {
        if (serviceCode == null) {
            return new Refinement(new WorkResult.Bad(), List.of(), 0);
        }
        if (serviceCode.byteSize() > Limits.REFINE_CODE_OCTETS) {
            return new Refinement(new WorkResult.Big(), List.of(), 0);
        }
        // Its account pays for the service code, too: the context is closed last.
        var context = new RefineContext(engine, environment);
        Interrupter.Watch watch = null;
        Arena memory = null;
        Throwable failure = null;
        try {
            watch = interrupter.watch(context.account().turn());
            if (!context.account().turn().begin()) {
                throw interrupted(context, 0);
            }
            memory = Arena.ofConfined();
            return refine(context, memory, serviceCode, arguments, gas);
        } catch (Throwable e) {
            context.account().turn().fail();
            failure = e;
            throw e;
        } finally {
            Closing.after(failure, watch, memory, context);
        }
    }

    private static InterruptedInvocationException interrupted(RefineContext context, long gasUsed) {
        return new InterruptedInvocationException(
                "the refinement for service " + Long.toUnsignedString(context.environment().service()), gasUsed);
    }

    /** @param memory for the program; it outlives what is made here */
    private Refinement refine(RefineContext context, Arena memory, MemorySegment serviceCode, byte[] arguments, long gas) {
        StandardProgram program;
        Module module;
        try {
            program = StandardProgram.parseServiceCode(serviceCode, memory);
            module = engine.compile(program.programBlob(), context.account());
        } catch (InvalidProgramException _) {
            return new Refinement(new WorkResult.Panic(), List.of(), 0);
        } catch (InterruptedCompilationException _) {
            throw interrupted(context, 0);
        }
        Instance instance = null;
        Throwable failure = null;
        try {
            instance = module.instantiate(program.image(arguments));
            var table = calls.refine(context, Heap.of(calls.rules(), program));
            var served = new ArgumentInvocation(ENTRY_PC, gas, arguments, table);
            var invocation = new ArgumentInvocation(ENTRY_PC, gas, arguments, observer.begin(served, program, instance));
            var exit = invocation.start(instance, program, context.account().turn());
            observer.end(instance, exit);
            if (exit instanceof Exit.Interrupted) {
                throw interrupted(context, gas - instance.gas());
            }
            var result = invocation.result(instance, exit);
            var work = WorkResults.of(result);
            boolean halted = work instanceof WorkResult.Output || work instanceof WorkResult.OutputTooLong;
            return new Refinement(work, halted ? context.exports() : List.of(), result.gasUsed());
        } catch (Throwable e) {
            failure = e;
            throw e;
        } finally {
            Closing.after(failure, instance, module);
        }
    }
}
