package io.pvmjit.differential;

import io.pvmjit.Instance;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.OperandForm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Makes scenarios: the same one for the same seed. Programs are valid (but for a few flipped bits), mostly short, and
 * end because their gas does. All opcodes occur, with operands near the edges of types and pages, in regular and odd
 * encodings; jumps lead to blocks and sometimes elsewhere.
 */
final class Generator {
    private static final Opcode[] ALL = Opcode.values();
    private static final List<Opcode> TERMINATORS = Arrays.stream(ALL).filter(Opcode::terminator).toList();
    private static final List<Opcode> PLAIN = Arrays.stream(ALL).filter(each -> !each.terminator()).toList();
    private static final List<Opcode> MEMORY = Arrays.stream(ALL)
            .filter(each -> each.units() == Opcode.Units.LOAD || each.units() == Opcode.Units.STORE).toList();
    private static final List<Opcode> MOVES =
            List.of(Opcode.LOAD_IMM, Opcode.LOAD_IMM_64, Opcode.MOVE_REG, Opcode.CMOV_IZ, Opcode.CMOV_NZ_IMM);
    /** Beside page 16, the first that may be accessible, and the last: where addresses get a sign bit. */
    private static final int[] FIRST_PAGES = {16, 17, 19, 0x7ffff, 0x80000, 0xffffc, 0xffffe, 0xfffff};

    private final SplittableRandom random;
    private final Values values;
    private final InstructionGenerator instructions;
    private final List<Scenario.Page> pages;
    private final long[] registers = new long[Instance.REGISTER_COUNT];
    private final List<Integer> pointers = new ArrayList<>();
    private final List<Integer> returns = new ArrayList<>();
    /** Whether jumps are aimed forward only, so that most such programs end with any gas. */
    private final boolean forward;
    private final int entryCount;

    private Generator(long seed) {
        random = new SplittableRandom(seed);
        pages = pages(random);
        forward = random.nextInt(10) == 0;
        entryCount = forward || random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(6);
        values = new Values(random, pages.stream().map(Scenario.Page::number).toList(), entryCount);
        for (int i = 0; i < registers.length; i++) {
            int kind = random.nextInt(10);
            registers[i] = i == 0 && kind < 8 ? Values.HALT_ADDRESS
                    : kind < 4 ? values.pointer() : kind < 6 ? values.dynamicAddress() : values.register();
            if (i == 0 || kind == 4 || kind == 5) {
                returns.add(i);
            } else if (kind < 4) {
                pointers.add(i);
            }
        }
        // Equal operands are an edge of every comparison.
        if (random.nextInt(3) == 0) {
            registers[random.nextInt(registers.length)] = registers[random.nextInt(registers.length)];
        }
        instructions = new InstructionGenerator(values, pointers, returns);
    }

    /** The scenario with this seed. */
    static Scenario scenario(long seed) {
        return new Generator(seed).scenario();
    }

    /** A program of large basic blocks: only their gas matters. */
    static Scenario blocks(long seed, int blockCount, int largestBlock) {
        return new Generator(seed).blockProgram(blockCount, largestBlock);
    }

    private Scenario scenario() {
        var opcodes = opcodes();
        var items = new ArrayList<Scenario.Item>();
        for (int i = 0; i < opcodes.size(); i++) {
            var item = instructions.item(opcodes.get(i));
            items.add(item.offsetWidth() == 0 ? item : aimed(item, i, opcodes));
        }
        var entries = new ArrayList<Scenario.Place>();
        for (int i = 0; i < entryCount; i++) {
            entries.add(values.chance(15)
                    ? Scenario.Place.ofAddress(values.chance(50) ? random.nextInt(300) : values.number())
                    : Scenario.Place.ofItem(values.chance(70) ? block(opcodes, 0) : random.nextInt(items.size())));
        }
        int entrySize = values.chance(70) ? 2 : values.chance(90) ? random.nextInt(10) : random.nextInt(256);
        var flips = values.chance(3)
                ? List.of(new Scenario.Flip(random.nextInt(1 << 16), 1 << random.nextInt(8)))
                : List.<Scenario.Flip>of();
        var responses = new ArrayList<Scenario.Response>();
        for (int i = random.nextInt(8); i > 0; i--) {
            responses.add(response(items.size()));
        }
        var scenario = new Scenario(items, entries, entrySize, flips, start(items.size()), values.chance(15),
                values.smallGas(), registers, pages, responses, values.chance(10));
        var rich = scenario.withGas(values.anyGas());
        return forward && values.chance(60) && rich.endsSoon() ? rich : scenario;
    }

    private List<Opcode> opcodes() {
        int count = 1 + random.nextInt(1 + random.nextInt(60));
        boolean straight = values.chance(25);
        var opcodes = new ArrayList<Opcode>();
        for (int i = 1; i < count; i++) {
            opcodes.add(opcode(straight));
        }
        // A branch at the end panics, and so does a jump that can only lead forward.
        opcodes.add(values.chance(15) ? values.one(TERMINATORS)
                : values.one(List.of(Opcode.TRAP, Opcode.JUMP_IND, forward ? Opcode.FALLTHROUGH : Opcode.JUMP)));
        return opcodes;
    }

    private Opcode opcode(boolean straight) {
        int kind = random.nextInt(100);
        if (straight) {
            return kind < 25 ? values.one(MEMORY) : kind < 97 ? values.one(PLAIN) : Opcode.FALLTHROUGH;
        }
        if (kind < 40) {
            // A trap ends too much to be as frequent as the others.
            var opcode = ALL[random.nextInt(ALL.length)];
            return opcode == Opcode.TRAP && values.chance(70) ? Opcode.FALLTHROUGH : opcode;
        }
        if (kind < 60) {
            return values.one(MEMORY);
        }
        if (kind < 70) {
            return values.one(MOVES);
        }
        return kind < 73 ? Opcode.ECALLI : kind < 76 ? Opcode.FALLTHROUGH : kind < 90 ? values.one(PLAIN)
                : values.one(TERMINATORS);
    }

    /** A jump that leads somewhere: mostly to a block, mostly forward. */
    private Scenario.Item aimed(Scenario.Item item, int index, List<Opcode> opcodes) {
        if (forward && index + 1 < opcodes.size()) {
            return item.withTarget(block(opcodes, index + 1));
        }
        if (values.chance(1)) {
            return item;
        }
        if (values.chance(2)) {
            return item.withTarget(random.nextInt(opcodes.size()));
        }
        return item.withTarget(block(opcodes, values.chance(70) && index + 1 < opcodes.size() ? index + 1 : 0));
    }

    /** A random block start from an instruction on; any instruction when there is none. */
    private int block(List<Opcode> opcodes, int from) {
        int chosen = from + random.nextInt(opcodes.size() - from);
        for (int i = chosen; i >= from; i--) {
            if (i == 0 || opcodes.get(i - 1).terminator()) {
                return i;
            }
        }
        return chosen;
    }

    private Scenario.Place start(int itemCount) {
        if (values.chance(2)) {
            return Scenario.Place.ofAddress(values.chance(50) ? random.nextInt(100) : values.number());
        }
        return Scenario.Place.ofItem(values.chance(75) ? 0 : random.nextInt(itemCount));
    }

    private static List<Scenario.Page> pages(SplittableRandom random) {
        var found = new TreeMap<Integer, Scenario.Page>();
        for (int run = random.nextInt(4); run > 0; run--) {
            int first = random.nextInt(8) == 0
                    ? MemoryImage.FIRST_PAGE + random.nextInt(MemoryImage.PAGE_COUNT - MemoryImage.FIRST_PAGE)
                    : FIRST_PAGES[random.nextInt(FIRST_PAGES.length)];
            var access = random.nextInt(3) == 0 ? PageAccess.READ : PageAccess.WRITE;
            int end = Math.min(MemoryImage.PAGE_COUNT, first + 1 + random.nextInt(3));
            for (int number = first; number < end; number++) {
                var octets = new byte[random.nextBoolean() ? 0 : 16];
                var lastOctets = octets.clone();
                random.nextBytes(octets);
                random.nextBytes(lastOctets);
                found.put(number, new Scenario.Page(number, access, octets, lastOctets));
            }
        }
        return List.copyOf(found.values());
    }

    private Scenario.Response response(int itemCount) {
        var faultAccess = values.chance(15) ? null : values.chance(70) ? PageAccess.WRITE : PageAccess.READ;
        int knownPage = pages.isEmpty() ? MemoryImage.FIRST_PAGE : values.one(pages).number();
        int page = Math.clamp(knownPage + random.nextInt(3) - 1L, MemoryImage.FIRST_PAGE, MemoryImage.PAGE_COUNT - 1);
        return new Scenario.Response(
                values.chance(15),
                values.chance(10) ? 0 : random.nextInt(values.chance(50) ? 60 : 2000),
                faultAccess,
                values.chance(50),
                values.chance(15)
                        ? new Scenario.Access(page, PageAccess.of(random.nextInt(3)), values.chance(50))
                        : null,
                values.chance(30) ? new Scenario.Register(random.nextInt(13), values.register()) : null,
                values.chance(15) ? new Scenario.Write(values.address(), values.octets(1 + random.nextInt(16))) : null,
                values.chance(5) ? values.smallGas() : null,
                values.chance(5) ? values.chance(50) : null,
                values.chance(5) ? start(itemCount) : null,
                values.chance(10));
    }

    private Scenario blockProgram(int blockCount, int largestBlock) {
        var items = new ArrayList<Scenario.Item>();
        for (int i = 0; i < blockCount; i++) {
            // Few kinds of instructions and few registers in one block make long chains and full units.
            var kinds = new ArrayList<Opcode>();
            for (int j = 1 + random.nextInt(random.nextBoolean() ? 4 : 40); j > 0; j--) {
                kinds.add(values.chance(20) ? Opcode.MOVE_REG : values.one(PLAIN));
            }
            instructions.useRegisters(1 + random.nextInt(13));
            for (int j = random.nextInt(1 + random.nextInt(largestBlock)); j > 0; j--) {
                items.add(instructions.item(values.one(kinds)));
            }
            var terminator = instructions.item(values.one(TERMINATORS));
            items.add(terminator.opcode().form() == OperandForm.OFF || values.chance(80)
                    ? terminator
                    : Scenario.Item.of((byte) terminator.opcode().code()));
        }
        return Scenario.ofCode(items);
    }
}
