package io.pvmjit.hostcalls.refine;

import io.pvmjit.Account;
import io.pvmjit.Engine;
import io.pvmjit.Memory;
import io.pvmjit.internal.lifetime.Closing;
import java.util.ArrayList;
import java.util.List;

/**
 * The state of one refinement beside the outer machine: inner machines, modules, exports. Not thread-safe. Closing it
 * releases every machine and module, however the invocation ended, and its account.
 */
public final class RefineContext implements AutoCloseable {
    private final Engine engine;
    private final RefineEnvironment environment;
    private final Account account;
    private final ModuleTable modules = new ModuleTable();
    private final MachineTable machines = new MachineTable(modules);
    /** In the order in which they are closed; made before the account, so that no error can come behind that. */
    private final AutoCloseable[] parts = {machines, modules, null};
    private final List<byte[]> exports = new ArrayList<>();

    /**
     * Opens an account at the engine, for all that is compiled and run on behalf of the refinement.
     *
     * @param engine compiles and runs inner programs; its rules are those of the host calls
     */
    public RefineContext(Engine engine, RefineEnvironment environment) {
        this.engine = engine;
        this.environment = environment;
        this.account = engine.open("refinement of service " + Long.toUnsignedString(environment.service()));
        this.parts[parts.length - 1] = account;
    }

    Engine engine() {
        return engine;
    }

    /** What the refinement spends of the engine. */
    public Account account() {
        return account;
    }

    RefineEnvironment environment() {
        return environment;
    }

    ModuleTable modules() {
        return modules;
    }

    MachineTable machines() {
        return machines;
    }

    /** Adds a segment; its number in the work package, or -1 when there is no room. */
    int export(byte[] segment) {
        int number = environment.exportOffset() + exports.size();
        if (number >= Limits.EXPORTS) {
            return -1;
        }
        exports.add(segment);
        return number;
    }

    /** Segments exported so far, of {@link Limits#SEGMENT_OCTETS} octets each. */
    public List<byte[]> exports() {
        return List.copyOf(exports);
    }

    /** An inner machine as it stands: for reports and tests. */
    public record MachineState(int number, long pc, boolean gasCharged) {}

    /** The inner machines alive, by rising number. */
    public List<MachineState> machineStates() {
        var states = new ArrayList<MachineState>();
        for (int number : machines.numbers()) {
            var machine = machines.get(number);
            states.add(new MachineState(number, machine.pc(), machine.gasCharged()));
        }
        return states;
    }

    /** RAM of an inner machine that is alive: for reports and tests. */
    public Memory machineMemory(int number) {
        return machines.get(number).memory();
    }

    /** Modules alive: those that have a handle in use, in the module map or held by a machine. */
    public int modulesAlive() {
        return modules.handlesInUse();
    }

    /** Ends every machine and module, each whatever comes of the others; throws what was thrown first. */
    @Override
    public void close() {
        Closing.all(parts);
    }
}
