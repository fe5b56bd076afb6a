package io.pvmjit.hostcalls.refine;

import io.pvmjit.Revision;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.UnknownCall;

/**
 * Which host calls an invocation serves, under which numbers and at what cost. The standard ones are those of a revision;
 * an embedder may replace numbers or costs.
 *
 * @param revision whose rules the calls follow
 */
public record HostCalls(Revision revision, HostCallNumbers numbers, GasSchedule schedule) {
    /** The calls of a revision of the Gray Paper. */
    public static HostCalls of(Revision revision) {
        return new HostCalls(revision, HostCallNumbers.of(revision), GasSchedule.standard());
    }

    private HostCallTable.Builder general(RefineEnvironment environment, Heap heap) {
        return HostCallTable.builder()
                .unknown(new UnknownCall(schedule.unknown()))
                .add(numbers.gas(), new Gas(schedule))
                .add(numbers.growHeap(), new GrowHeap(schedule, revision, heap))
                .add(numbers.fetch(), new Fetch(schedule, environment));
    }

    /** What is-authorized serves. The table belongs to one invocation. */
    public HostCallTable isAuthorized(RefineEnvironment environment, Heap heap) {
        return general(environment, heap).build();
    }

    /** What refine serves. The table belongs to one invocation, whose state the context is. */
    public HostCallTable refine(RefineContext context, Heap heap) {
        var machines = context.machines();
        boolean handles = numbers.compile() != HostCallNumbers.NOT_SERVED;
        var table = general(context.environment(), heap)
                .add(numbers.historicalLookup(), new HistoricalLookup(schedule, context.environment()))
                .add(numbers.export(), new Export(schedule, context))
                .add(numbers.machine(), handles ? new Machine(schedule, context) : new MachineFromCode(schedule, context))
                .add(numbers.peek(), new Peek(schedule, machines))
                .add(numbers.poke(), new Poke(schedule, machines))
                .add(numbers.pages(), new Pages(schedule, machines))
                .add(numbers.invoke(), new Invoke(schedule, machines))
                .add(numbers.expunge(), new Expunge(schedule, context, handles));
        if (handles) {
            table.add(numbers.compile(), new Compile(schedule, context));
        }
        return table.build();
    }
}
