package io.pvmjit.hostcalls.refine;

import io.pvmjit.EngineRules;
import io.pvmjit.Revision;
import io.pvmjit.hostcalls.GasCall;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.UnknownCall;
import io.pvmjit.rules.GasSchedule;
import io.pvmjit.rules.HostFunction;
import io.pvmjit.rules.Rules;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;

/**
 * Which host calls an invocation serves, under which numbers and at what cost: what the rules say. An embedder may replace
 * numbers or costs, by {@link Rules#change}, without replacing the engine's rules.
 *
 * @param rules that the calls follow
 */
public record HostCalls(Rules rules) {
    /** What every invocation serves. */
    private static final Set<HostFunction> GENERAL =
            EnumSet.of(HostFunction.GAS, HostFunction.GROW_HEAP, HostFunction.FETCH);

    /** The calls of these rules. */
    public HostCalls {
        Objects.requireNonNull(rules, "rules");
        // Before anything runs: an error in the midst of initialising a class leaves that unusable for good.
        HostCallTable.empty();
        PagesCall.initialise();
        general(rules, HostFunction.GAS, null, null);
    }

    /** The calls of an engine's rules. */
    public HostCalls(EngineRules rules) {
        this(Rules.of(rules));
    }

    /** The calls of a revision of the Gray Paper. */
    public static HostCalls of(Revision revision) {
        return new HostCalls(revision);
    }

    /** What is-authorized serves. The table belongs to one invocation. */
    public HostCallTable isAuthorized(RefineEnvironment environment, Heap heap) {
        var table = table();
        rules.hostCalls().forEach((function, number) -> {
            if (GENERAL.contains(function)) {
                table.add(number, general(rules, function, environment, heap));
            }
        });
        return table.build();
    }

    /** What refine serves. The table belongs to one invocation, whose state the context is. */
    public HostCallTable refine(RefineContext context, Heap heap) {
        var table = table();
        rules.hostCalls().forEach((function, number) -> table.add(number, refine(function, context, heap)));
        return table.build();
    }

    private HostCallTable.Builder table() {
        return HostCallTable.builder().unknown(new UnknownCall(rules.gasSchedule().of(GasSchedule.Fixed.UNKNOWN)));
    }

    private static HostCall general(Rules rules, HostFunction function, RefineEnvironment environment, Heap heap) {
        return switch (function) {
            case GAS -> new GasCall(rules.gasSchedule().of(GasSchedule.Fixed.GAS));
            case GROW_HEAP -> new GrowHeapCall(rules, heap);
            case FETCH -> new FetchCall(rules.gasSchedule(), environment);
            default -> throw new AssertionError(function + " is not general");
        };
    }

    private HostCall refine(HostFunction function, RefineContext context, Heap heap) {
        var schedule = rules.gasSchedule();
        var machines = context.machines();
        return switch (function) {
            case GAS, GROW_HEAP, FETCH -> general(rules, function, context.environment(), heap);
            case HISTORICAL_LOOKUP -> new HistoricalLookupCall(schedule, context.environment());
            case EXPORT -> new ExportCall(schedule, context);
            case COMPILE -> new CompileCall(schedule, context);
            case MACHINE -> new MachineCall(schedule, context);
            case MACHINE_FROM_CODE -> new MachineFromCodeCall(schedule, context);
            case PEEK -> new PeekCall(schedule, machines);
            case POKE -> new PokeCall(schedule, machines);
            case PAGES -> new PagesCall(schedule, machines);
            case INVOKE -> new InvokeCall(schedule, machines);
            case EXPUNGE -> new ExpungeCall(schedule, context);
            case EXPUNGE_MACHINE -> new ExpungeMachineCall(schedule, context);
        };
    }
}
