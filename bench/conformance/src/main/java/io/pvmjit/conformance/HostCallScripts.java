package io.pvmjit.conformance;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineRules;
import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.Revision;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.HostContext;
import io.pvmjit.hostcalls.refine.Heap;
import io.pvmjit.hostcalls.refine.HostCalls;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.Limits;
import io.pvmjit.hostcalls.refine.RefineContext;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32C;

/**
 * Kind hostcalls: scripts that drive the host functions of refinement directly, without an outer program. The outer
 * machine has registers, gas and RAM, and never runs. The form is documented in
 * bench/docs/hostcall-scripts.md.
 */
final class HostCallScripts {
    private final Fields script;
    private final Differences differences;
    /** Values of register 7 that a call saved under a name. */
    private final Map<String, Long> saved = new HashMap<>();
    /** Of RAM as the last call left it, where it was taken: between calls only registers and gas are set. */
    private OptionalLong lastDigest = OptionalLong.empty();

    /** What looking at every page of the outer RAM says, of scripts that have the same pages on engines of a kind. */
    private record Pages(Heap heap, List<Ram.Segment> segments) {
        private record Key(EngineRules rules, Backend backend, String map) {}

        private static final Map<Key, Pages> KNOWN = new ConcurrentHashMap<>();

        static Pages of(Engine engine, Instance instance, List<MemoryImage.Region> regions) {
            var map = new StringBuilder();
            for (var region : regions) {
                map.append(region.firstPage()).append(' ').append(region.pageCount()).append(' ').append(region.access())
                        .append('\n');
            }
            var key = new Key(engine.rules(), engine.backend(), map.toString());
            return KNOWN.computeIfAbsent(key, _ -> new Pages(
                    Heap.of(engine.rules(), instance.memory()), Ram.segments(instance.memory())));
        }
    }

    private HostCallScripts(Fields script, Differences differences) {
        this.script = script;
        this.differences = differences;
    }

    /** The revision that a script asks for. */
    static Revision revision(Fields script) {
        try {
            return Revision.of(script.get("revision").text());
        } catch (IllegalArgumentException e) {
            throw new MalformedVectorException("malformed: " + e.getMessage());
        }
    }

    static void check(Engine engine, Fields script, Differences differences) {
        new HostCallScripts(script, differences).check(engine);
    }

    private void check(Engine engine) {
        // Held, because every page of the outer RAM is looked at.
        var regions = regions();
        try (var outer = Guest.ofImage(engine, MemoryImage.of(regions));
                var _ = outer.instance().hold();
                var context = new RefineContext(engine, environment())) {
            var instance = outer.instance();
            fill(instance);
            instance.gas(script.get("gas").word64());
            var pages = Pages.of(engine, instance, regions);
            var table = new HostCalls(engine.rules()).refine(context, pages.heap());
            // Held, as a dispatcher holds it: all its pages are looked at again and again.
            try (var _ = instance.hold()) {
                run(instance, table, pages.segments());
            }
            differences.about("");
            if (script.has("exports")) {
                compareExports(context.exports());
            }
        }
    }

    private List<MemoryImage.Region> regions() {
        var regions = new ArrayList<MemoryImage.Region>();
        for (var map : optional("page-map")) {
            long address = map.get("address").word64();
            long length = map.get("length").word64();
            if (Long.compareUnsigned(address, 1L << 32) >= 0 || Long.compareUnsigned(length, 1L << 32) > 0
                    || (address | length) % MemoryImage.PAGE_SIZE != 0) {
                throw new MalformedVectorException("malformed: page-map has a range that is not whole pages of RAM");
            }
            var access = map.get("is-writable").flag() ? PageAccess.WRITE : PageAccess.READ;
            if (length != 0) {
                regions.add(MemoryImage.Region.of((int) (address / MemoryImage.PAGE_SIZE),
                        (int) (length / MemoryImage.PAGE_SIZE), access, new byte[0]));
            }
        }
        return regions;
    }

    private void fill(Instance instance) {
        for (var memory : optional("memory")) {
            if (!instance.memory().fill(memory.get("address").word64(), memory.get("contents").hex())) {
                throw new MalformedVectorException("malformed: memory is written where no page is mapped");
            }
        }
    }

    private InMemoryEnvironment environment() {
        var preimages = new HashMap<InMemoryEnvironment.Key, byte[]>();
        for (var preimage : optional("preimages")) {
            var hash = preimage.get("hash").hex();
            preimages.put(InMemoryEnvironment.Key.of(preimage.get("service").word64(), hash), preimage.get("blob").hex());
        }
        var items = new HashMap<InMemoryEnvironment.Item, byte[]>();
        for (var item : optional("fetch")) {
            items.put(new InMemoryEnvironment.Item(item.get("selector").index(15),
                    item.has("first") ? item.get("first").word64() : 0,
                    item.has("second") ? item.get("second").word64() : 0), item.get("item").hex());
        }
        return new InMemoryEnvironment(script.get("service").word64(), preimages, items,
                script.has("export-offset") ? script.get("export-offset").index(Limits.EXPORTS) : 0);
    }

    private List<Fields> optional(String name) {
        return script.has(name) ? script.get(name).elements() : List.of();
    }

    private void run(Instance instance, HostCallTable table, List<Ram.Segment> segments) {
        var context = new HostContext(instance);
        var calls = script.get("calls").elements();
        for (int i = 0; i < calls.size(); i++) {
            var call = calls.get(i);
            differences.about("call " + i);
            if (call.has("registers")) {
                for (var name : call.get("registers").names()) {
                    instance.register(registerIndex(name), value(call.get("registers").get(name)));
                }
            }
            if (call.has("gas")) {
                instance.gas(value(call.get("gas")));
            }
            var expected = call.get("expect");
            if (i == 0 && isUnchanged(expected)) {
                lastDigest = OptionalLong.of(digest(instance, segments));
            }
            var outcome = run(context, table.get(value(call.get("number"))), expected);
            if (outcome != HostCall.Outcome.CONTINUE) {
                return;
            }
        }
    }

    private HostCall.Outcome run(HostContext context, HostCall handler, Fields expected) {
        var instance = context.instance();
        var registers = instance.registers();
        boolean unchanged = isUnchanged(expected);
        long before = !unchanged ? 0 : lastDigest.isPresent() ? lastDigest.getAsLong() : digest(instance);
        var outcome = handler.handle(context);
        lastDigest = unchanged ? OptionalLong.of(digest(instance)) : OptionalLong.empty();
        differences.expect("exit", outcome.name().toLowerCase(Locale.ROOT).replace('_', '-'), expected.get("exit").text());
        if (expected.has("registers")) {
            for (var name : expected.get("registers").names()) {
                registers[registerIndex(name)] = value(expected.get("registers").get(name));
            }
        }
        differences.expectRegisters(instance.registers(), registers);
        if (expected.has("gas")) {
            differences.expect("gas", new BigInteger(Long.toUnsignedString(instance.gas())),
                    new BigInteger(Long.toUnsignedString(value(expected.get("gas")))));
        }
        if (expected.has("memory")) {
            expected.get("memory").elements().forEach(memory -> compareMemory(instance, memory));
        }
        if (unchanged && lastDigest.getAsLong() != before) {
            differences.add("RAM has changed, expected it unchanged");
        }
        if (expected.has("save")) {
            for (var name : expected.get("save").names()) {
                saved.put(name, instance.register(expected.get("save").get(name).index(Instance.REGISTER_COUNT - 1)));
            }
        }
        return outcome;
    }

    private static boolean isUnchanged(Fields expected) {
        return expected.has("unchanged") && expected.get("unchanged").flag();
    }

    private void compareMemory(Instance instance, Fields memory) {
        long address = memory.get("address").word64();
        var contents = memory.get("contents").hex();
        var actual = new byte[contents.length];
        if (instance.memory().read(address, actual)) {
            differences.expect("memory at " + Long.toUnsignedString(address), actual, contents);
        } else {
            differences.add("memory at " + Long.toUnsignedString(address) + " is not readable");
        }
    }

    private void compareExports(List<byte[]> exports) {
        var expected = script.get("exports").elements();
        differences.expect("the number of exports", exports.size(), expected.size());
        for (int i = 0; i < Math.min(exports.size(), expected.size()); i++) {
            var contents = expected.get(i).hex();
            var padded = Arrays.copyOf(contents, Limits.SEGMENT_OCTETS);
            differences.expect("export " + i, exports.get(i), padded);
        }
    }

    /** Of access and contents of RAM: enough to notice a change. */
    private static long digest(Instance instance) {
        return digest(instance, Ram.segments(instance.memory()));
    }

    private static long digest(Instance instance, List<Ram.Segment> segments) {
        var digest = new CRC32C();
        var page = new byte[Ram.PAGE_SIZE];
        for (var segment : segments) {
            digest.update(segment.toString().getBytes(StandardCharsets.UTF_8));
            for (int i = 0; i < segment.pages(); i++) {
                Ram.readPage(instance.memory(), segment.firstPage() + i, page);
                digest.update(page);
            }
        }
        return digest.getValue();
    }

    private static int registerIndex(String name) {
        try {
            int index = Integer.parseInt(name);
            if (index >= 0 && index < Instance.REGISTER_COUNT) {
                return index;
            }
        } catch (NumberFormatException _) {
            // Reported below, like a number out of range.
        }
        throw new MalformedVectorException("malformed: there is no register '" + name + "'");
    }

    /** A number, a hexadecimal string, or the name of a saved value behind a dollar sign. */
    private long value(Fields field) {
        if (field.isText() && field.text().startsWith("$")) {
            var value = saved.get(field.text().substring(1));
            if (value == null) {
                throw new MalformedVectorException("malformed: no value was saved as " + field.text());
            }
            return value;
        }
        return field.word64();
    }
}
