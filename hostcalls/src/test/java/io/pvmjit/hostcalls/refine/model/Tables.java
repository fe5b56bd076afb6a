package io.pvmjit.hostcalls.refine.model;

import io.pvmjit.Revision;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The state of a refinement as plain data, and what the tables of its host calls say about it, row by row. */
final class Tables {
    static final long OK = 0;
    static final long NONE = -1;
    static final long WHAT = -2;
    static final long OOB = -3;
    static final long WHO = -4;
    static final long FULL = -5;
    static final long HUH = -9;

    private static final List<String> NEXT = List.of("gas", "grow_heap", "fetch", "", "", "", "", "historical_lookup",
            "export", "compile", "machine", "peek", "poke", "pages", "invoke", "expunge");
    private static final List<String> V0_8_0 = List.of("gas", "grow_heap", "fetch", "", "", "", "",
            "historical_lookup", "export", "machine", "peek", "poke", "pages", "invoke", "expunge");

    /** How a call ends. */
    enum End { CONTINUE, PANIC, OUT_OF_GAS }

    /** Ends a call early. */
    private static final class Stop extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final End end;

        Stop(End end) {
            super(null, null, false, false);
            this.end = end;
        }
    }

    /** Whether modules have handles: revision next. */
    final boolean handled;
    /** Whether a heap that cannot be paid for costs all gas: not in revision 0.8.0. */
    private final boolean growHeapEmptiesGas;
    final long[] registers = new long[13];
    long gas;
    final Ram ram = World.ram();
    long heapEnd = World.HEAP_END;
    /** The module map. */
    final TreeMap<Long, InnerProgram> modules = new TreeMap<>();
    final TreeMap<Long, InnerMachine> machines = new TreeMap<>();
    final List<byte[]> exports = new ArrayList<>();

    Tables(Revision revision) {
        handled = revision == Revision.NEXT;
        growHeapEmptiesGas = revision != Revision.V0_8_0;
    }

    /** The handles in the module map, together with those that machines were made from. */
    Set<Long> handlesInUse() {
        return Stream.concat(modules.keySet().stream(), machines.values().stream().map(machine -> machine.handle))
                .collect(Collectors.toSet());
    }

    /** The name of a number; "unknown" for those without. */
    String name(long number) {
        var names = handled ? NEXT : V0_8_0;
        var name = number >= 0 && number < names.size() ? names.get((int) number) : "";
        return name.isEmpty() ? "unknown" : name;
    }

    /** What a call with the registers as they are costs. */
    BigInteger cost(long number) {
        long a = registers[7];
        long b = registers[8];
        long c = registers[9];
        long d = registers[10];
        return switch (name(number)) {
            case "gas" -> number(48);
            case "grow_heap" -> grows() ? number(275 + 121 * (a - heapEnd)) : number(275);
            case "fetch" -> fetchCost(d, c);
            case "historical_lookup" -> number(1125).add(Numbers.memory(264, registers[11]));
            case "export" -> number(3521);
            case "compile" -> number(1862).add(a == 0 ? Numbers.memory(264, c) : a == 1 ? Numbers.memory(366, c)
                    : number(0));
            case "machine" -> handled ? number(1862) : number(1862).add(Numbers.memory(112, b));
            case "peek" -> number(377).add(Numbers.memory(336, d));
            case "poke" -> number(297).add(Numbers.memory(224, d));
            case "pages" -> {
                var count = Numbers.unsigned(c);
                yield d == 0 ? number(212).add(number(118).multiply(count))
                        : d == 1 || d == 2 ? number(275).add(number(121).multiply(count))
                        : d == 3 || d == 4 ? number(130).add(number(29).multiply(count)) : number(80);
            }
            case "invoke" -> ram.writable(b, 112) ? number(968).add(Numbers.unsigned(ram.word(b))) : number(968);
            case "expunge" -> number(335);
            default -> number(1000);
        };
    }

    private static BigInteger number(long value) {
        return BigInteger.valueOf(value);
    }

    private static BigInteger fetchCost(long selector, long length) {
        int[] base = {390, 103, 80, 85, 85, 171, 171, 85, 84, 88, 111, 317, 250, 95, 287, 355};
        int[] rate = {0, 0, 96, 96, 96, 0, 0, 96, 0, 0, 0, 0, 0, 96, 400, 344};
        if (selector < 0 || selector >= base.length) {
            return number(80);
        }
        return number(base[(int) selector]).add(Numbers.memory(rate[(int) selector], length));
    }

    /** Makes a call. */
    End call(long number) {
        var cost = cost(number);
        var name = name(number);
        if (Numbers.unsigned(gas).compareTo(cost) < 0) {
            if (name.equals("grow_heap") && !growHeapEmptiesGas && Long.compareUnsigned(gas, 275) >= 0) {
                registers[7] = heapEnd;
            } else {
                gas = 0;
            }
            return End.OUT_OF_GAS;
        }
        gas = Numbers.unsigned(gas).subtract(cost).longValue();
        try {
            registers[7] = result(name);
            return End.CONTINUE;
        } catch (Stop stop) {
            return stop.end;
        }
    }

    private long result(String name) {
        return switch (name) {
            case "gas" -> gas;
            case "grow_heap" -> growHeap();
            case "fetch" -> copied(
                    registers[10] < 0 || registers[10] > 15 ? null : World.item(registers[10], registers[11], registers[12]),
                    registers[7], registers[8], registers[9]);
            case "historical_lookup" -> {
                require(ram.readable(registers[8], 32));
                yield copied(preimage(registers[7], registers[8]), registers[9], registers[10], registers[11]);
            }
            case "export" -> export();
            case "compile" -> compile();
            case "machine" -> handled ? machine() : machineFromCode();
            case "peek" -> peek();
            case "poke" -> poke();
            case "pages" -> pages();
            case "invoke" -> invoke();
            case "expunge" -> handled ? expunge(registers[7], registers[8]) : expunge(0, registers[7]);
            default -> WHAT;
        };
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new Stop(End.PANIC);
        }
    }

    private boolean grows() {
        var wished = Numbers.unsigned(registers[7]);
        return wished.compareTo(number(heapEnd)) > 0 && wished.compareTo(number(World.HEAP_LIMIT)) <= 0;
    }

    private long growHeap() {
        if (grows()) {
            for (; heapEnd < registers[7]; heapEnd++) {
                ram.clean(heapEnd, true);
            }
        }
        return heapEnd;
    }

    private byte[] preimage(long service, long hash) {
        return World.preimage(service == -1 ? World.SERVICE : service, ram.read(hash, 32));
    }

    private long copied(byte[] item, long target, long offset, long length) {
        int octets = item == null ? 0 : item.length;
        int from = Numbers.minimum(offset, octets).intValue();
        int count = Numbers.minimum(length, octets - from).intValue();
        require(ram.writable(target, count));
        if (item == null) {
            return NONE;
        }
        ram.write(target, Arrays.copyOfRange(item, from, from + count));
        return octets;
    }

    private long export() {
        long length = Numbers.minimum(registers[8], 4104).longValue();
        require(ram.readable(registers[7], length));
        long number = World.EXPORT_OFFSET + exports.size();
        if (number >= 3072) {
            return FULL;
        }
        exports.add(Arrays.copyOf(ram.read(registers[7], length), 4104));
        return number;
    }

    private long compile() {
        var inUse = handlesInUse();
        if (inUse.size() >= 128) {
            return FULL;
        }
        byte[] blob;
        if (registers[7] == 0) {
            require(ram.readable(registers[8], registers[9]));
            blob = ram.read(registers[8], registers[9]);
        } else if (registers[7] != 1) {
            return HUH;
        } else {
            require(ram.readable(registers[8], 32));
            var preimage = preimage(registers[11], registers[8]);
            if (preimage == null) {
                return NONE;
            }
            int from = Numbers.minimum(registers[10], preimage.length).intValue();
            int count = Numbers.minimum(registers[9], preimage.length - from).intValue();
            blob = Arrays.copyOfRange(preimage, from, from + count);
        }
        var program = InnerProgram.of(blob);
        return program == null ? HUH : put(modules, inUse, program);
    }

    /** Puts a value under the smallest natural number that is not taken. */
    private static <T> long put(TreeMap<Long, T> table, Set<Long> taken, T value) {
        long number = 0;
        while (taken.contains(number)) {
            number++;
        }
        table.put(number, value);
        return number;
    }

    private long put(InnerMachine machine) {
        return put(machines, machines.keySet(), machine);
    }

    private long machine() {
        if (machines.size() == 63) {
            return FULL;
        }
        var program = modules.get(registers[7]);
        if (program == null) {
            return WHO;
        }
        return program.at(registers[8]) == null ? HUH : put(new InnerMachine(program, registers[7], registers[8]));
    }

    private long machineFromCode() {
        if (machines.size() == 63) {
            return FULL;
        }
        require(ram.readable(registers[7], registers[8]));
        var program = InnerProgram.of(ram.read(registers[7], registers[8]));
        if (program == null || program.at(registers[9]) == null) {
            return HUH;
        }
        return put(new InnerMachine(program, InnerMachine.NO_HANDLE, registers[9]));
    }

    private long peek() {
        require(ram.writable(registers[8], registers[10]));
        var machine = machines.get(registers[7]);
        if (machine == null) {
            return WHO;
        }
        if (!machine.ram.readable(registers[9], registers[10])) {
            return OOB;
        }
        ram.write(registers[8], machine.ram.read(registers[9], registers[10]));
        return OK;
    }

    private long poke() {
        require(ram.readable(registers[8], registers[10]));
        var machine = machines.get(registers[7]);
        if (machine == null) {
            return WHO;
        }
        if (!machine.ram.writable(registers[9], registers[10])) {
            return OOB;
        }
        machine.ram.write(registers[9], ram.read(registers[8], registers[10]));
        return OK;
    }

    private long pages() {
        var machine = machines.get(registers[7]);
        if (machine == null) {
            return WHO;
        }
        long mode = registers[10];
        var first = Numbers.unsigned(registers[8]);
        var end = first.add(Numbers.unsigned(registers[9]));
        if (mode < 0 || mode > 4 || first.compareTo(number(16)) < 0 || end.compareTo(number(1 << 20)) >= 0) {
            return HUH;
        }
        for (long page = first.longValue(); mode > 2 && page < end.longValue(); page++) {
            if (!machine.ram.pages.containsKey(page)) {
                return HUH;
            }
        }
        for (long page = first.longValue(); page < end.longValue(); page++) {
            switch ((int) mode) {
                case 0 -> machine.ram.pages.remove(page);
                case 1 -> machine.ram.clean(page, false);
                case 2 -> machine.ram.clean(page, true);
                case 3 -> machine.ram.pages.get(page).writable = false;
                default -> machine.ram.pages.get(page).writable = true;
            }
        }
        return OK;
    }

    private long invoke() {
        long frame = registers[8];
        require(ram.writable(frame, 112));
        var machine = machines.get(registers[7]);
        if (machine == null) {
            return WHO;
        }
        var inner = new long[13];
        for (int i = 0; i < inner.length; i++) {
            inner[i] = ram.word(frame + 8 + 8 * i);
        }
        int result = machine.run(ram.word(frame), inner);
        ram.word(frame, machine.gas);
        for (int i = 0; i < inner.length; i++) {
            ram.word(frame + 8 + 8 * i, inner[i]);
        }
        gas += machine.gas;
        if (result == InnerMachine.FAULT || result == InnerMachine.HOST) {
            registers[8] = machine.argument;
        }
        return result;
    }

    private long expunge(long mode, long number) {
        if (mode == 0) {
            var machine = machines.remove(number);
            return machine == null ? WHO : machine.pc;
        }
        if (mode == 1) {
            return modules.remove(number) == null ? WHO : OK;
        }
        return HUH;
    }
}
