package io.pvmjit.hostcalls.refine;

import io.pvmjit.Account;
import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.InterruptedCompilationException;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.InterruptedInvocationException;
import io.pvmjit.hostcalls.Interrupter;
import io.pvmjit.internal.lifetime.Closing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Asks authorizers (Gray Paper B.2, Psi_I). Thread-safe. */
public final class IsAuthorizedInvocation {
    private static final long ENTRY_PC = 0;

    private final Engine engine;
    private final HostCalls calls;

    /** With the host calls of the engine's rules. */
    public IsAuthorizedInvocation(Engine engine) {
        this(engine, new HostCalls(engine.rules()));
    }

    /** With these host calls. */
    public IsAuthorizedInvocation(Engine engine, HostCalls calls) {
        this.engine = Objects.requireNonNull(engine, "engine");
        this.calls = Objects.requireNonNull(calls, "calls");
    }

    /**
     * Runs an authorizer for a core.
     *
     * @param environment answers {@code fetch}
     * @param authorizerCode in the form of service code, metadata in front; null: not available
     * @param core index, 0 to 65,535
     */
    public Authorization run(RefineEnvironment environment, MemorySegment authorizerCode, int core) {
        return run(environment, authorizerCode, core, new Interrupter());
    }

    /**
     * As {@link #run(RefineEnvironment, MemorySegment, int)}, to be stopped by an interrupter.
     *
     * @throws InterruptedInvocationException when it was
     */
    public Authorization run(RefineEnvironment environment, MemorySegment authorizerCode, int core,
            Interrupter interrupter) {
        if (core < 0 || core > 0xFFFF) {
            throw new IllegalArgumentException("a core index has 16 bits, got " + core);
        }
        if (authorizerCode == null) {
            return new Authorization(new WorkResult.Bad(), 0);
        }
        if (authorizerCode.byteSize() > Limits.AUTHORIZER_CODE_OCTETS) {
            return new Authorization(new WorkResult.Big(), 0);
        }
        var account = engine.open("authorization for core " + core);
        Interrupter.Watch watch = null;
        Arena memory = null;
        Throwable failure = null;
        try {
            watch = interrupter.watch(account.turn());
            if (!account.turn().begin()) {
                throw interrupted(core);
            }
            memory = Arena.ofConfined();
            return authorize(environment, memory, authorizerCode, core, account);
        } catch (Throwable e) {
            account.turn().fail();
            failure = e;
            throw e;
        } finally {
            Closing.after(failure, watch, memory, account);
        }
    }

    /** Before it ran. */
    private static InterruptedInvocationException interrupted(int core) {
        return new InterruptedInvocationException("the authorization for core " + core, 0);
    }

    /** @param memory for the program; it outlives what is made here */
    private Authorization authorize(RefineEnvironment environment, Arena memory, MemorySegment authorizerCode, int core,
            Account account) {
        StandardProgram program;
        Module module;
        try {
            program = StandardProgram.parseServiceCode(authorizerCode, memory);
            module = engine.compile(program.programBlob(), account);
        } catch (InvalidProgramException _) {
            return new Authorization(new WorkResult.Panic(), 0);
        } catch (InterruptedCompilationException _) {
            throw interrupted(core);
        }
        Instance instance = null;
        Throwable failure = null;
        try {
            var arguments = new byte[] {(byte) core, (byte) (core >> 8)};
            var table = calls.isAuthorized(environment, Heap.of(calls.rules(), program));
            var invocation = new ArgumentInvocation(ENTRY_PC, Limits.AUTHORIZER_GAS, arguments, table);
            instance = module.instantiate(program.image(arguments));
            var result = invocation.result(instance, invocation.start(instance, program, account.turn()));
            return new Authorization(WorkResults.of(result), result.gasUsed());
        } catch (Throwable e) {
            failure = e;
            throw e;
        } finally {
            Closing.after(failure, instance, module);
        }
    }
}
