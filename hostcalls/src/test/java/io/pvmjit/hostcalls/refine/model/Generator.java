package io.pvmjit.hostcalls.refine.model;

import io.pvmjit.Revision;
import io.pvmjit.hostcalls.refine.model.Step.Gas;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Makes up sequences: mostly calls that mean something in the state they come in, sometimes wild ones. */
final class Generator {
    private static final long FIRST_INNER_PAGE = 16;
    private static final int INNER_PAGES = 6;
    private static final long LAST_INNER_PAGE = 0xFFFFE;
    private static final long MUCH_GAS = 2_000_000;
    private static final long LITTLE_GAS = 100_000;
    private static final long HALT = 0xFFFF_0000L;
    private static final int MANY_PAGES = 64;

    /** Numbers that lie on or beside an edge of something. */
    private static final long[] EDGES = {
        0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 32, 33, 40, 41, 62, 63, 64, 111, 112, 113, 127, 128, 129, 4095, 4096,
        4097, 4103, 4104, 4105, 0xFFFF, 0x10000, 0x1FFFF, 0x20000, 0x21FFF, 0x22000, 0x40000, 0x41FFF, 0x42000,
        0xFFFEF, 0xFFFFE, 0xFFFFF, 0x100000, 0x100001, 0xFFFF_EFFFL, 0xFFFF_F000L, 0xFFFF_FF90L, 0xFFFF_FF91L,
        0xFFFF_FFFFL, 0x1_0000_0000L, 0x1_0000_0001L, 0x1_0002_0000L, Long.MAX_VALUE, Long.MIN_VALUE,
        Long.MIN_VALUE + 1, -4096, -113, -112, -111, -32, -16, -9, -8, -2, -1
    };

    private final SplittableRandom random;
    private final Tables state;
    private final List<Step> steps = new ArrayList<>();

    private Generator(SplittableRandom random, Revision revision) {
        this.random = random;
        this.state = new Tables(revision);
    }

    /**
     * A sequence of about 40 calls; now and then a long one that makes as many modules and machines as there may be.
     */
    static List<Step> sequence(SplittableRandom random, Revision revision) {
        var generator = new Generator(random, revision);
        boolean crowded = random.nextInt(50) == 0;
        int length = crowded ? 450 : 25 + random.nextInt(30);
        for (int i = 0; i < length; i++) {
            if (crowded) {
                generator.crowd();
            } else {
                generator.next();
            }
        }
        return generator.steps;
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private long oneOf(long... values) {
        return values[random.nextInt(values.length)];
    }

    private void next() {
        int kind = random.nextInt(100);
        if (state.machines.isEmpty() && chance(80)) {
            // Most calls need a machine.
            kind = 24 * random.nextInt(2);
        }
        if (kind < 16) {
            compile();
        } else if (kind < 34) {
            machine();
        } else if (kind < 46) {
            pages();
        } else if (kind < 56) {
            copy(chance(50) ? "peek" : "poke");
        } else if (kind < 74) {
            invoke();
        } else if (kind < 82) {
            expunge();
        } else if (kind < 86) {
            call("export", address(), oneOf(0, 1, 9, 4096, 4104, 5000));
        } else if (kind < 90) {
            long hash = World.HASH_TABLE + 32L * random.nextInt(World.HASHES);
            call("historical_lookup", service(), hash, address(), random.nextInt(20), random.nextInt(40));
        } else if (kind < 93) {
            call("fetch", address(), random.nextInt(10), random.nextInt(30), random.nextInt(17), oneOf(0, 1, 1, 2),
                    oneOf(2, 2, 1));
        } else if (kind < 97) {
            call("grow_heap", random.nextInt(31, 43));
        } else if (kind < 99) {
            call("gas");
        } else {
            step(oneOf(3, 6, state.handled ? 16 : 15, 255, 256, -1, -103, 1L << 32, (1L << 32) + 9));
        }
    }

    private void crowd() {
        int kind = random.nextInt(100);
        if (kind < 70) {
            compile();
        } else if (kind < 92) {
            machine();
        } else if (kind < 95) {
            expunge();
        } else {
            next();
        }
    }

    private long address() {
        return World.HEAP_FIRST * Ram.PAGE + oneOf(0, 8, 100, 0xFF0, 0xFFC, 0x1000, 0x1F00, 0x1FF0, 0x1FF8, 0x1FFF,
                0x2000);
    }

    private long frame() {
        return oneOf(0x20000, 0x20100, 0x20FB0, 0x21000, 0x22000 - 112, 0x22000 - 112, 0x22000 - 111, 0xFFFF_FF90L);
    }

    private long innerAddress() {
        long page = chance(10) ? LAST_INNER_PAGE : FIRST_INNER_PAGE + random.nextInt(INNER_PAGES);
        return page * Ram.PAGE + oneOf(0, 5, 8, 0x800, 0xFF0, 0xFF8, 0xFF9, 0xFFF, -1, -4);
    }

    private long service() {
        return oneOf(World.SERVICE, -1, World.OTHER_SERVICE, World.OTHER_SERVICE, World.SERVICE + (1L << 32), 0);
    }

    private void writeFrame(long address) {
        var octets = new byte[112];
        var gas = Numbers.littleEndian(switch (random.nextInt(8)) {
            case 0 -> EDGES[random.nextInt(EDGES.length)];
            case 1, 2 -> oneOf(1, 2, 14, 15, 16, 21, 22, 23, 24, 25, 26, 30, 42, 43, 44, 45, 63, 64, 100, 101, 102,
                    122, 123, 124);
            default -> random.nextInt(1500);
        });
        System.arraycopy(gas, 0, octets, 0, Long.BYTES);
        for (int i = 0; i < 13; i++) {
            long value = switch (i) {
                case 0 -> oneOf(HALT, HALT, HALT, HALT | 5L << 32, 0, 2, -1);
                case 7 -> chance(60) ? random.nextInt(6) : random.nextLong();
                case 8 -> chance(85) ? innerAddress() : EDGES[random.nextInt(EDGES.length)];
                default -> chance(50) ? random.nextInt(100) : random.nextLong();
            };
            System.arraycopy(Numbers.littleEndian(value), 0, octets, 8 + 8 * i, Long.BYTES);
        }
        write(address, octets);
    }

    private void compile() {
        if (!state.handled) {
            machine();
            return;
        }
        if (chance(55)) {
            var program = InnerProgram.values()[random.nextInt(InnerProgram.values().length)];
            long address = World.BLOBS + World.BLOB_STRIDE * program.ordinal();
            long length = program.blob().length;
            if (chance(10)) {
                address = World.LAST_BLOB;
                length = InnerProgram.HALT.blob().length;
            }
            call("compile", chance(5) ? 2 : 0, address, length + (chance(8) ? oneOf(-1, 1) : 0));
        } else {
            compileFromPreimage();
        }
    }

    private void compileFromPreimage() {
        int hash = random.nextInt(World.HASHES);
        long address = chance(10) ? World.LAST_HASH : World.HASH_TABLE + 32L * hash;
        long service = chance(80) ? hash < 3 && (hash != 0 || chance(50)) ? World.SERVICE : World.OTHER_SERVICE
                : service();
        var preimage = World.preimage(service, state.ram.read(address, 32));
        long offset = preimage != null && preimage.length > 20 && service == World.SERVICE ? 6 : oneOf(0, 0, 0, 0, 0,
                1);
        long length = preimage == null ? 10 : chance(50) ? preimage.length - (offset == 6 ? 12 : 0)
                : oneOf(preimage.length + 5, 9, 5000);
        call("compile", 1, address, length, offset, chance(30) && service == World.SERVICE ? -1 : service);
    }

    /** A number that exists, or nearly. */
    private long number(Iterable<Long> existing, long otherwise) {
        var numbers = new ArrayList<Long>();
        existing.forEach(numbers::add);
        return numbers.isEmpty() || chance(6) ? random.nextLong(otherwise)
                : numbers.get(random.nextInt(numbers.size()));
    }

    private long machineNumber() {
        return number(state.machines.keySet(), 5);
    }

    /** A handle in the map, sometimes one that only machines hold, or none. */
    private long handle() {
        return number(chance(90) ? state.modules.keySet() : state.handlesInUse(), 6);
    }

    private void machine() {
        if (state.handled) {
            long handle = handle();
            var program = state.modules.get(handle);
            call("machine", handle, program == null ? 0 : start(program));
            return;
        }
        var program = InnerProgram.values()[random.nextInt(InnerProgram.values().length)];
        call("machine", World.BLOBS + World.BLOB_STRIDE * program.ordinal(), program.blob().length
                + (chance(8) ? oneOf(-1, 1) : 0),
                start(program));
    }

    private long start(InnerProgram program) {
        var starts = program.starts();
        return chance(75) ? 0 : chance(80) ? starts[random.nextInt(starts.length)] : random.nextInt(25);
    }

    private void pages() {
        long page = chance(10) ? LAST_INNER_PAGE : FIRST_INNER_PAGE + random.nextInt(INNER_PAGES);
        call("pages", machineNumber(), page, oneOf(0, 1, 1, 1, 2, 3), oneOf(0, 1, 2, 2, 2, 2, 3, 4, 5));
    }

    private void copy(String name) {
        long inner = innerAddress();
        long outer = chance(10) ? World.BLOBS + random.nextInt(200) : address();
        long length = oneOf(0, 1, 4, 8, 16, 112, 4096);
        call(name, machineNumber(), outer, inner, length);
    }

    private void invoke() {
        long frame = frame();
        if (chance(70)) {
            writeFrame(frame);
        }
        call("invoke", machineNumber(), frame);
    }

    private void expunge() {
        if (!state.handled) {
            call("expunge", machineNumber());
        } else if (chance(50)) {
            call("expunge", 0, machineNumber());
        } else {
            call("expunge", chance(4) ? 2 : 1, handle());
        }
    }

    private void call(String name, long... arguments) {
        step(numberOf(name), arguments);
    }

    private long numberOf(String name) {
        for (long number = 0; number < 16; number++) {
            if (state.name(number).equals(name)) {
                return number;
            }
        }
        throw new AssertionError(name);
    }

    private void step(long number, long... arguments) {
        var all = new long[6];
        for (int i = 0; i < all.length; i++) {
            all[i] = i < arguments.length ? arguments[i] : EDGES[random.nextInt(EDGES.length)];
            if (i < arguments.length && chance(4)) {
                all[i] = chance(70) ? EDGES[random.nextInt(EDGES.length)] : random.nextLong();
            }
        }
        if (state.name(number).equals("pages") && all[2] > MANY_PAGES && all[2] + all[1] < 1 << 20) {
            // The model would take long for so many pages that exist.
            all[2] %= MANY_PAGES;
        }
        add(call(number, all));
    }

    private Step.Call call(long number, long[] arguments) {
        if (Long.compareUnsigned(state.gas, LITTLE_GAS) < 0) {
            return new Step.Call(number, arguments, Gas.GIVEN, MUCH_GAS);
        }
        int kind = random.nextInt(100);
        if (kind < 80) {
            return new Step.Call(number, arguments, Gas.KEPT, 0);
        }
        if (kind < 90) {
            return new Step.Call(number, arguments, Gas.EXACT, 0);
        }
        if (kind < 94) {
            return new Step.Call(number, arguments, Gas.SHORT, 0);
        }
        return new Step.Call(number, arguments, Gas.GIVEN, chance(70) ? random.nextLong(6000)
                : EDGES[random.nextInt(EDGES.length)]);
    }

    private void write(long address, byte[] octets) {
        add(new Step.Write(address, octets));
    }

    private void add(Step step) {
        steps.add(step);
        Sequence.model(step, state);
    }
}
