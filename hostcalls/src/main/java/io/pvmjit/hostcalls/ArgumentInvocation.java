package io.pvmjit.hostcalls;

import io.pvmjit.Account;
import io.pvmjit.Engine;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.InterruptedCompilationException;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.Module;
import io.pvmjit.StandardProgram;
import io.pvmjit.Turn;
import io.pvmjit.internal.lifetime.Closing;
import io.pvmjit.internal.report.PageFaultsEvent;
import io.pvmjit.internal.report.Report;
import io.pvmjit.internal.report.RunEvent;
import java.util.Objects;
import java.util.Optional;

/**
 * Runs a standard program with arguments from an entry point to its result, serving host calls (Gray Paper A.8, Psi_M).
 *
 * @param entryPc where the run starts, unsigned: 0 for is-authorized and refine, 5 for accumulate. A run that starts
 *     where no instruction does panics
 * @param gas unsigned
 * @param arguments at most {@link StandardProgram#MAXIMUM_ARGUMENT_LENGTH} octets
 * @param calls who serves host calls
 * @param maximumOutput the most octets of output to take
 */
public record ArgumentInvocation(long entryPc, long gas, byte[] arguments, HostCallTable calls, int maximumOutput) {
    /** As much output as there may be arguments. */
    public static final int DEFAULT_MAXIMUM_OUTPUT = StandardProgram.MAXIMUM_ARGUMENT_LENGTH;

    /** Checks the ranges; the arguments are not copied. */
    public ArgumentInvocation {
        Objects.requireNonNull(calls, "calls");
        if (arguments.length > StandardProgram.MAXIMUM_ARGUMENT_LENGTH) {
            throw new IllegalArgumentException("arguments have at most " + StandardProgram.MAXIMUM_ARGUMENT_LENGTH
                    + " octets, got " + arguments.length);
        }
        if (maximumOutput < 0) {
            throw new IllegalArgumentException("a maximum of " + maximumOutput + " octets of output");
        }
    }

    /** With {@link #DEFAULT_MAXIMUM_OUTPUT}. */
    public ArgumentInvocation(long entryPc, long gas, byte[] arguments, HostCallTable calls) {
        this(entryPc, gas, arguments, calls, DEFAULT_MAXIMUM_OUTPUT);
    }

    /**
     * Parses and compiles a JAM blob and runs it, on an account of its own. One that is not valid panics without using gas.
     *
     * @throws InterruptedInvocationException when somebody interrupts it, by {@link Engine#interruptAll()} for instance
     */
    public InvocationResult run(Engine engine, byte[] jamBlob) {
        var account = engine.open("argument invocation at entry " + Long.toUnsignedString(entryPc));
        Throwable failure = null;
        try {
            return run(account, jamBlob);
        } catch (Throwable e) {
            failure = e;
            throw e;
        } finally {
            Closing.after(failure, account);
        }
    }

    /**
     * As {@link #run(Engine, byte[])}, on the account of a larger whole, at the account's engine.
     *
     * @throws InterruptedInvocationException when somebody interrupts it, or its account's turn while it waits to compile
     */
    public InvocationResult run(Account account, byte[] jamBlob) {
        StandardProgram program;
        Module module;
        try {
            program = StandardProgram.parse(jamBlob);
            module = account.engine().compile(program.programBlob(), account);
        } catch (InvalidProgramException _) {
            return new InvocationResult.Panic(0);
        } catch (InterruptedCompilationException _) {
            throw interrupted(0);
        }
        Throwable failure = null;
        try {
            return run(program, module);
        } catch (Throwable e) {
            failure = e;
            throw e;
        } finally {
            Closing.after(failure, module);
        }
    }

    /**
     * Runs a program that is compiled already.
     *
     * @param module made from {@link StandardProgram#programBlob()} of that program
     * @throws InterruptedInvocationException when somebody interrupts it
     */
    public InvocationResult run(StandardProgram program, Module module) {
        return run(program, module, new Interrupter());
    }

    /**
     * As {@link #run(StandardProgram, Module)}, to be stopped by an interrupter.
     *
     * @throws InterruptedInvocationException when it was
     */
    public InvocationResult run(StandardProgram program, Module module, Interrupter interrupter) {
        Instance instance = null;
        Interrupter.Watch watch = null;
        Throwable failure = null;
        try {
            instance = module.instantiate(program.image(arguments));
            watch = interrupter.watch(instance);
            return result(instance, start(instance, program));
        } catch (Throwable e) {
            failure = e;
            throw e;
        } finally {
            Closing.after(failure, watch, instance);
        }
    }

    /**
     * Sets registers, gas and pc of a new instance of the program and runs it until it stops: {@link #run} without the
     * result, for those who want to look at the instance as well. After an {@link Exit.Interrupted} a {@link Dispatcher}
     * over the same calls goes on with it.
     */
    public Exit start(Instance instance, StandardProgram program) {
        return start(instance, program, Optional.empty());
    }

    /**
     * As {@link #start(Instance, StandardProgram)}, letting others run in between when it is their turn.
     *
     * @param turn has begun; an {@link Exit.Interrupted} is never for the sake of others
     */
    public Exit start(Instance instance, StandardProgram program, Turn turn) {
        turn.serve(instance);
        return start(instance, program, Optional.of(turn));
    }

    private Exit start(Instance instance, StandardProgram program, Optional<Turn> turn) {
        instance.registers(program.registers(arguments)).gas(gas);
        if (entryPc >>> 32 != 0) {
            // No program is that long: a panic that charges nothing, as at any pc where no instruction starts.
            return new Exit.Panic();
        }
        var run = new RunEvent();
        run.begin();
        var faults = new PageFaultsEvent();
        faults.begin();
        long faultsBefore = instance.pageFaults();
        var dispatcher = new Dispatcher(calls);
        var exit = dispatcher.run(instance.pc(entryPc));
        while (turn.isPresent() && turn.get().goesOn(exit)) {
            exit = dispatcher.run(instance);
        }
        Report.ran(run, faults, gas, gas - instance.gas(), exit, instance.pageFaults() - faultsBefore);
        return exit;
    }

    /**
     * The result of a run that stopped so: what the instance holds now is its output and the gas left.
     *
     * @throws InterruptedInvocationException when it was interrupted: it has no result, and may be resumed
     */
    public InvocationResult result(Instance instance, Exit exit) {
        long gasUsed = gas - instance.gas();
        // No switch over types: what an error cut short while it is linked for the first time would not work ever after.
        if (exit instanceof Exit.Interrupted) {
            throw interrupted(gasUsed);
        }
        if (exit instanceof Exit.Halt) {
            return output(instance, gasUsed);
        }
        return exit instanceof Exit.OutOfGas ? new InvocationResult.OutOfGas(gasUsed) : new InvocationResult.Panic(gasUsed);
    }

    private InterruptedInvocationException interrupted(long gasUsed) {
        return new InterruptedInvocationException("the invocation at entry point " + Long.toUnsignedString(entryPc)
                + " with " + arguments.length + " octets of arguments", gasUsed);
    }

    private InvocationResult output(Instance instance, long gasUsed) {
        long address = instance.register(7);
        long length = instance.register(8);
        var memory = instance.memory();
        if (!memory.readable(address, length)) {
            return new InvocationResult.Output(new byte[0], gasUsed);
        }
        if (length > maximumOutput) {
            return new InvocationResult.OutputTooLong(length, gasUsed);
        }
        var output = new byte[(int) length];
        memory.read(address, output);
        return new InvocationResult.Output(output, gasUsed);
    }
}
