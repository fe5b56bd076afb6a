package io.pvmjit.hostcalls.refine.model;

import io.pvmjit.Engine;
import io.pvmjit.Instance;
import io.pvmjit.Memory;
import io.pvmjit.MemoryImage;
import io.pvmjit.Module;
import io.pvmjit.PageAccess;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.RefineContext;
import io.pvmjit.hostcalls.refine.RefineContext.MachineState;
import io.pvmjit.hostcalls.refine.RefineEnvironment;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The host calls of a refinement, with the model beside them: both take each step, then they are compared. */
final class Subject implements AutoCloseable {
    private static final MemoryImage IMAGE = image();
    private static final Set<String> ADDRESS_A_MACHINE = Set.of("peek", "poke", "pages", "invoke", "machine");

    /** Hands out what the model's world holds. */
    private static final class Environment implements RefineEnvironment {
        @Override
        public long service() {
            return World.SERVICE;
        }

        @Override
        public MemorySegment preimage(long service, byte[] hash) {
            return segment(World.preimage(service, hash));
        }

        @Override
        public MemorySegment fetch(int selector, long first, long second) {
            return segment(World.item(selector, first, second));
        }

        @Override
        public int exportOffset() {
            return World.EXPORT_OFFSET;
        }

        private static MemorySegment segment(byte[] octets) {
            return octets == null ? null : MemorySegment.ofArray(octets).asReadOnly();
        }
    }

    private final Engine engine;
    private final boolean counted;
    private final long modulesBefore;
    private final long instancesBefore;
    private final Tables model;
    private final Module module;
    private final Instance instance;
    private final Instance.Hold hold;
    private final RefineContext context;
    private final HostCallTable table;
    private final HostContext caller;
    private final byte[] page = new byte[Ram.PAGE];

    /**
     * @param counted whether the engine's own counts are compared: nobody else uses it, and it caches nothing
     * @param change what is put around the host calls
     */
    Subject(Engine engine, boolean counted, UnaryOperator<HostCallTable> change) {
        this.engine = engine;
        this.counted = counted;
        this.modulesBefore = engine.statistics().modulesAlive();
        this.instancesBefore = engine.statistics().instancesAlive();
        this.model = new Tables(engine.revision());
        this.module = engine.compile(InnerProgram.TRAP.blob());
        this.instance = module.instantiate(IMAGE);
        this.hold = instance.hold();
        this.context = new RefineContext(engine, new Environment());
        var calls = HostCalls.of(engine.revision());
        this.table = change.apply(calls.refine(context, new Heap(World.HEAP_END, World.HEAP_LIMIT)));
        this.caller = new HostContext(instance);
    }

    private static MemoryImage image() {
        var regions = new ArrayList<MemoryImage.Region>();
        World.ram().pages.forEach((number, page) -> regions.add(MemoryImage.Region.of(number.intValue(), 1,
                page.writable ? PageAccess.WRITE : PageAccess.READ, page.contents())));
        return MemoryImage.of(regions);
    }

    /** Takes a step on both sides; what differs then, null for nothing. */
    String differenceAfter(Step step) {
        if (step instanceof Step.Write(long address, byte[] octets)) {
            Sequence.model(step, model);
            instance.memory().write(address, octets);
            return outerDifference();
        }
        var call = (Step.Call) step;
        Sequence.prepare(call, model);
        instance.registers(model.registers).gas(model.gas);
        long addressed = call.arguments()[0];
        var expected = model.call(call.number());
        var outcome = table.get(call.number()).handle(caller);
        if (!outcome.name().equals(expected.name())) {
            return "it ends with " + outcome + ", expected " + expected;
        }
        if (!Arrays.equals(instance.registers(), model.registers)) {
            return "registers are " + hex(instance.registers()) + ", expected " + hex(model.registers);
        }
        if (instance.gas() != model.gas) {
            return "gas is " + Long.toUnsignedString(instance.gas()) + ", expected " + Long.toUnsignedString(model.gas);
        }
        var difference = countsDifference();
        if (difference == null) {
            difference = outerDifference();
        }
        if (difference == null && ADDRESS_A_MACHINE.contains(model.name(call.number()))
                && model.machines.containsKey(addressed)) {
            difference = innerDifference(addressed);
        }
        return difference;
    }

    private static String hex(long[] values) {
        return Arrays.stream(values).mapToObj(Long::toHexString).toList().toString();
    }

    private String countsDifference() {
        var machines = new ArrayList<MachineState>();
        model.machines.forEach(
                (number, machine) -> machines.add(new MachineState(number.intValue(), machine.pc, machine.charged)));
        if (!context.machineStates().equals(machines)) {
            return "machines are " + context.machineStates() + ", expected " + machines;
        }
        // In revision 0.8.0 machines have their modules to themselves, and nobody counts them.
        int handles = model.handled ? model.handlesInUse().size() : 0;
        if (context.modulesAlive() != handles) {
            return context.modulesAlive() + " modules are alive, expected " + handles;
        }
        int modules = model.handled ? handles : machines.size();
        var statistics = engine.statistics();
        if (counted && statistics.modulesAlive() != modulesBefore + 1 + modules) {
            return "the engine has " + statistics.modulesAlive() + " modules, expected " + (modulesBefore + 1
                    + modules);
        }
        if (counted && statistics.instancesAlive() != instancesBefore + 1 + machines.size()) {
            return "the engine has " + statistics.instancesAlive() + " instances, expected "
                    + (instancesBefore + 1 + machines.size());
        }
        int exports = context.exports().size();
        return exports == model.exports.size() ? null : exports + " exports, expected " + model.exports.size();
    }

    private String outerDifference() {
        return difference("outer RAM", instance.memory(), model.ram,
                List.of(0L, 15L, 16L, World.HEAP_FIRST - 1, model.heapEnd, 63L, 66L, World.TOP_PAGE - 1));
    }

    private String innerDifference(long number) {
        return difference("RAM of machine " + number, context.machineMemory((int) number), model.machines.get(number).ram,
                List.of(0L, 15L, 16L, 17L, 18L, 19L, 20L, 21L, 22L, 23L, 24L, 0xFFFFDL, 0xFFFFEL, 0xFFFFFL));
    }

    /** Compares every accessible page, and some that may be inaccessible. */
    private String difference(String what, Memory memory, Ram expected, List<Long> looked) {
        for (long number : looked) {
            if (!expected.pages.containsKey(number) && memory.access(number) != PageAccess.NONE) {
                return what + ": page " + number + " is accessible";
            }
        }
        for (var entry : expected.pages.entrySet()) {
            long number = entry.getKey();
            var wanted = entry.getValue().writable ? PageAccess.WRITE : PageAccess.READ;
            if (memory.access(number) != wanted) {
                return what + ": page " + number + " has access " + memory.access(number) + ", expected " + wanted;
            }
            if (!memory.read(number * Ram.PAGE, page)) {
                return what + ": page " + number + " cannot be read";
            }
            int at = Arrays.mismatch(page, entry.getValue().contents());
            if (at >= 0) {
                return what + ": octet 0x" + Long.toHexString(number * Ram.PAGE + at) + " is " + page[at]
                        + ", expected "
                        + entry.getValue().contents()[at];
            }
        }
        return null;
    }

    /** Looks at everything that was not looked at after each step. */
    String differenceAtEnd() {
        for (long number : model.machines.keySet()) {
            var difference = innerDifference(number);
            if (difference != null) {
                return difference;
            }
        }
        for (int i = 0; i < model.exports.size(); i++) {
            if (!Arrays.equals(context.exports().get(i), model.exports.get(i))) {
                return "export " + i + " differs";
            }
        }
        return null;
    }

    @Override
    public void close() {
        try (module; instance; hold; context) {
            // Closes all, the context first.
        }
    }
}
