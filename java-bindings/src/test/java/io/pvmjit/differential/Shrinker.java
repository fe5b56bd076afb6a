package io.pvmjit.differential;

import io.pvmjit.program.Opcode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;

/** Makes a failing scenario small: takes away and simplifies whatever it can while it still fails. */
final class Shrinker {
    private static final int ATTEMPT_LIMIT = 20_000;

    private final Predicate<Scenario> fails;
    private Scenario best;
    private int attempts;

    private Shrinker(Scenario scenario, Predicate<Scenario> fails) {
        this.best = scenario;
        this.fails = fails;
    }

    /** A small scenario that fails as well. */
    static Scenario shrink(Scenario scenario, Predicate<Scenario> fails) {
        var shrinker = new Shrinker(scenario, fails);
        boolean progress = true;
        while (progress && shrinker.attempts < ATTEMPT_LIMIT) {
            progress = shrinker.round();
        }
        return shrinker.best;
    }

    private boolean attempt(Scenario candidate) {
        if (attempts >= ATTEMPT_LIMIT) {
            return false;
        }
        attempts++;
        if (!fails.test(candidate)) {
            return false;
        }
        best = candidate;
        return true;
    }

    /** Tries everything once; whether anything worked. */
    private boolean round() {
        boolean progress = best.twice() && attempt(best.once());
        progress |= !best.flips().isEmpty() && attempt(best.withFlips(List.of()));
        progress |= dropResponses();
        progress |= dropItems();
        progress |= simplifyStart();
        progress |= simplifyItems();
        progress |= simplifyEntries();
        progress |= simplifyResponses();
        progress |= simplifyState();
        return progress;
    }

    private boolean dropResponses() {
        boolean progress = false;
        for (int i = best.responses().size() - 1; i >= 0; i--) {
            progress |= attempt(best.withResponses(without(best.responses(), i, 1)));
        }
        return progress;
    }

    private static <T> List<T> without(List<T> list, int from, int count) {
        var rest = new ArrayList<>(list);
        rest.subList(from, from + count).clear();
        return rest;
    }

    private static <T> List<T> with(List<T> list, int index, T value) {
        var changed = new ArrayList<>(list);
        changed.set(index, value);
        return changed;
    }

    /** Takes out runs of instructions, long ones first. */
    private boolean dropItems() {
        boolean progress = false;
        for (int count = best.items().size() / 2; count > 0; count /= 2) {
            for (int from = best.items().size() - count; from >= 0; from--) {
                if (from + count <= best.items().size() && count < best.items().size()) {
                    progress |= attempt(withoutItems(best, from, count));
                }
            }
        }
        return progress;
    }

    /** What led to an instruction that goes leads to the one behind. */
    private static Scenario withoutItems(Scenario scenario, int from, int count) {
        int left = scenario.items().size() - count;
        IntUnaryOperator moved = i -> i < from ? i : Math.min(left - 1, Math.max(from, i - count));
        var items = without(scenario.items(), from, count);
        items.replaceAll(item -> item.target() == Scenario.Item.NO_TARGET
                ? item
                : item.withTarget(moved.applyAsInt(item.target())));
        if (!items.getLast().opcode().terminator()) {
            items.set(left - 1, Scenario.Item.of((byte) Opcode.TRAP.code()));
        }
        var entries = scenario.entries().stream().map(entry -> moved(entry, moved)).toList();
        var responses = scenario.responses().stream()
                .map(each -> each.pc() == null ? each : withPc(each, moved(each.pc(), moved))).toList();
        return scenario.withItems(items, entries, moved(scenario.start(), moved), responses);
    }

    private static Scenario.Place moved(Scenario.Place place, IntUnaryOperator moved) {
        return place.item() < 0 ? place : Scenario.Place.ofItem(moved.applyAsInt(place.item()));
    }

    private static Scenario.Response withPc(Scenario.Response response, Scenario.Place pc) {
        return new Scenario.Response(response.goOnAfterEnd(), response.gasAdded(), response.faultAccess(),
                response.faultZero(), response.access(), response.register(), response.write(), response.gas(),
                response.gasCharged(), pc, response.interrupt());
    }

    private boolean simplifyStart() {
        boolean progress = false;
        var start = Scenario.Place.ofItem(0);
        if (!best.start().equals(start)) {
            progress = attempt(best.withStart(start, best.gasCharged()));
        }
        if (best.gasCharged()) {
            progress |= attempt(best.withStart(best.start(), false));
        }
        return progress;
    }

    private boolean simplifyItems() {
        boolean progress = false;
        for (int i = 0; i < best.items().size(); i++) {
            var item = best.items().get(i);
            if (item.octets().length > 1 || item.opcode() != Opcode.FALLTHROUGH && item.opcode() != Opcode.TRAP) {
                progress |= replaceItem(i, Scenario.Item.of((byte) Opcode.TRAP.code()))
                        || replaceItem(i, Scenario.Item.of((byte) Opcode.FALLTHROUGH.code()));
            }
            progress |= shorten(i);
            progress |= zeroOctets(i);
        }
        return progress;
    }

    private boolean replaceItem(int index, Scenario.Item item) {
        return attempt(best.withItems(with(best.items(), index, item)));
    }

    private boolean shorten(int index) {
        boolean progress = false;
        while (true) {
            var item = best.items().get(index);
            int length = item.octets().length - 1;
            boolean holdsOffset = item.target() != Scenario.Item.NO_TARGET;
            if (length == 0 || holdsOffset && item.offsetAt() + item.offsetWidth() > length) {
                return progress;
            }
            var shorter = new Scenario.Item(Arrays.copyOf(item.octets(), length), item.target(), item.offsetAt(),
                    item.offsetWidth());
            if (!replaceItem(index, shorter)) {
                return progress;
            }
            progress = true;
        }
    }

    private boolean zeroOctets(int index) {
        boolean progress = false;
        for (int i = 1; i < best.items().get(index).octets().length; i++) {
            var item = best.items().get(index);
            for (int mask : new int[] {0, 0x0f, 0xf0, 0x80}) {
                int simple = item.octets()[i] & mask;
                if (simple != (item.octets()[i] & 0xff)) {
                    var octets = item.octets().clone();
                    octets[i] = (byte) simple;
                    var simpler = new Scenario.Item(octets, item.target(), item.offsetAt(), item.offsetWidth());
                    if (replaceItem(index, simpler)) {
                        progress = true;
                        break;
                    }
                }
            }
        }
        return progress;
    }

    private boolean simplifyEntries() {
        boolean progress = false;
        for (int i = best.entries().size() - 1; i >= 0; i--) {
            progress |= attempt(best.withEntries(without(best.entries(), i, 1), best.entrySize()));
        }
        int usual = best.entries().isEmpty() ? 0 : 2;
        return progress | (best.entrySize() != usual && attempt(best.withEntries(best.entries(), usual)));
    }

    private boolean simplifyResponses() {
        boolean progress = false;
        for (int i = 0; i < best.responses().size(); i++) {
            for (var simpler : simpler(best.responses().get(i))) {
                if (!simpler.equals(best.responses().get(i))) {
                    progress |= attempt(best.withResponses(with(best.responses(), i, simpler)));
                }
            }
        }
        return progress;
    }

    /** The plain response, and this one without each of its parts. */
    private static List<Scenario.Response> simpler(Scenario.Response r) {
        return List.of(Scenario.Response.PLAIN,
                new Scenario.Response(r.goOnAfterEnd(), r.gasAdded(), r.faultAccess(), r.faultZero(), null,
                        r.register(), r.write(), r.gas(), r.gasCharged(), r.pc(), r.interrupt()),
                new Scenario.Response(r.goOnAfterEnd(), r.gasAdded(), r.faultAccess(), r.faultZero(), r.access(), null,
                        r.write(), r.gas(), r.gasCharged(), r.pc(), r.interrupt()),
                new Scenario.Response(r.goOnAfterEnd(), r.gasAdded(), r.faultAccess(), r.faultZero(), r.access(),
                        r.register(), null, r.gas(), r.gasCharged(), r.pc(), r.interrupt()),
                new Scenario.Response(r.goOnAfterEnd(), r.gasAdded(), r.faultAccess(), r.faultZero(), r.access(),
                        r.register(), r.write(), null, r.gasCharged(), r.pc(), r.interrupt()),
                new Scenario.Response(r.goOnAfterEnd(), r.gasAdded(), r.faultAccess(), r.faultZero(), r.access(),
                        r.register(), r.write(), r.gas(), null, r.pc(), r.interrupt()),
                new Scenario.Response(r.goOnAfterEnd(), r.gasAdded(), r.faultAccess(), r.faultZero(), r.access(),
                        r.register(), r.write(), r.gas(), r.gasCharged(), null, r.interrupt()),
                new Scenario.Response(r.goOnAfterEnd(), r.gasAdded(), r.faultAccess(), r.faultZero(), r.access(),
                        r.register(), r.write(), r.gas(), r.gasCharged(), r.pc(), false));
    }

    private boolean simplifyState() {
        boolean progress = false;
        for (long gas : new long[] {0, 1, 10, 100, 1000, 100_000}) {
            if (Long.compareUnsigned(gas, best.gas()) < 0 && attempt(best.withGas(gas))) {
                progress = true;
                break;
            }
        }
        for (int i = 0; i < best.registers().length; i++) {
            long value = best.registers()[i];
            for (long simpler : new long[] {0, 1, value & 0xffff_ffffL, value & 0xffff_f000L}) {
                if (Long.compareUnsigned(simpler, value) < 0 && attempt(best.withRegister(i, simpler))) {
                    progress = true;
                    break;
                }
            }
        }
        for (int i = best.pages().size() - 1; i >= 0; i--) {
            var page = best.pages().get(i);
            if (attempt(best.withPages(without(best.pages(), i, 1)))) {
                progress = true;
            } else if (page.octets().length + page.lastOctets().length > 0) {
                var bare = new Scenario.Page(page.number(), page.access());
                progress |= attempt(best.withPages(with(best.pages(), i, bare)));
            }
        }
        return progress;
    }
}
