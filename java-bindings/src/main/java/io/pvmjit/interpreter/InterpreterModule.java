package io.pvmjit.interpreter;

import io.pvmjit.BlockCost;
import io.pvmjit.MemoryImage;
import io.pvmjit.ModuleStatistics;
import io.pvmjit.PipelineStep;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.BackendModule;
import io.pvmjit.internal.backend.Footprint;
import io.pvmjit.internal.backend.Spending;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** A program of the interpreter. */
final class InterpreterModule implements BackendModule {
    /** What a module takes beside its code and tables. With an entry of the cache it was measured as 390. */
    private static final int OBJECTS = 384;

    private final DecodedProgram program;
    private final AtomicLong modulesAlive;
    private final Set<InterpreterMachine> machines;

    /** @param machines those of the engine that are alive */
    InterpreterModule(DecodedProgram program, AtomicLong modulesAlive, Set<InterpreterMachine> machines) {
        this.program = program;
        this.modulesAlive = modulesAlive;
        this.machines = machines;
    }

    @Override
    public BackendMachine instantiate(MemoryImage image, Spending spending) {
        var machine = new InterpreterMachine(program, machines);
        try {
            machine.memory = PagedMemory.of(image, spending);
            machines.add(machine);
        } catch (Throwable e) {
            machine.close();
            throw e;
        }
        return machine;
    }

    @Override
    public boolean isStart(long pc) {
        return program.program().isStart(pc);
    }

    @Override
    public List<BlockCost> blockCosts() {
        return program.blockCosts();
    }

    @Override
    public List<PipelineStep> timeline(int blockPc) {
        if (!program.program().isBlockStart(blockPc)) {
            throw new IllegalArgumentException("no basic block starts at " + blockPc);
        }
        return new GasModel(program.program()).timeline(blockPc);
    }

    @Override
    public ModuleStatistics statistics() {
        return new ModuleStatistics(program.program().codeLength(), program.program().jumpTableLength(),
                program.program().instructionCount(), program.program().blockCount(), 0, program.tableOctets());
    }

    @Override
    public Footprint footprint() {
        long octets = OBJECTS + program.program().codeLength() + program.tableOctets();
        return new Footprint(0, octets, octets);
    }

    @Override
    public String listing() {
        return "";
    }

    @Override
    public void close() {
        program.close();
        modulesAlive.decrementAndGet();
    }
}
