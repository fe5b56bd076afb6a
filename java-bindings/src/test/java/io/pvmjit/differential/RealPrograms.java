package io.pvmjit.differential;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.Revision;
import io.pvmjit.StandardProgram;
import io.pvmjit.program.Instruction;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import io.pvmjit.rules.Rules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes scenarios of pieces of real services: compilers' code, with its order of instructions and its idioms, of which
 * some instructions are changed. A piece begins at a basic block; jumps that lead out of it are aimed into it.
 */
final class RealPrograms {
    private static final int SHORT = 150;
    private static final int LONG = 6000;
    /** Beside the page where read-only data begins, and that of the stack. */
    private static final int[] FIRST_PAGES = {16, 32, 48, 0xFEFDE};
    private static final List<Opcode> OPCODES = List.of(Opcode.values());

    private record Code(Program program, byte[] octets, int[] starts) {}

    private final List<Code> services = new ArrayList<>();

    private RealPrograms() {}

    /** Of the files in this folder whose names end in .spi; those that are none count for nothing. */
    static RealPrograms of(Path folder) {
        var found = new RealPrograms();
        try (var files = Files.list(folder)) {
            for (var file : files.filter(each -> each.toString().endsWith(".spi")).sorted().toList()) {
                found.add(Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (found.services.isEmpty()) {
            throw new IllegalArgumentException("no service in " + folder);
        }
        return found;
    }

    private void add(byte[] file) {
        try {
            var blob = StandardProgram.parse(file).programBlob().toArray(ValueLayout.JAVA_BYTE);
            var program = Program.parse(blob, Rules.of(Revision.V0_8_0));
            var starts = new int[program.instructionCount()];
            for (int i = 0, pc = 0; i < starts.length; i++, pc = program.decode(pc).next()) {
                starts[i] = pc;
            }
            services.add(new Code(program, program.code(), starts));
        } catch (InvalidProgramException _) {
            // A service of another revision.
        }
    }

    int count() {
        return services.size();
    }

    /** The scenario with this seed. */
    Scenario scenario(long seed) {
        var random = new SplittableRandom(seed);
        var service = services.get(random.nextInt(services.size()));
        var blocks = service.program.blockStarts();
        int first = Arrays.binarySearch(service.starts, blocks[random.nextInt(blocks.length)]);
        int length = 1 + random.nextInt(random.nextInt(200) == 0 ? LONG : SHORT);
        int end = Math.min(first + length, service.starts.length);
        var pages = new ArrayList<Scenario.Page>();
        for (int page : FIRST_PAGES) {
            for (int i = random.nextInt(3); i > 0; i--) {
                pages.add(new Scenario.Page(page + 2 - i, random.nextInt(4) == 0 ? PageAccess.READ : PageAccess.WRITE));
            }
        }
        var values = new Values(random, pages.stream().map(Scenario.Page::number).toList(), 4);
        var items = new ArrayList<Scenario.Item>();
        for (int i = first; i < end; i++) {
            items.add(item(service, i, first, end, random));
        }
        mutate(items, values, random);
        // A program that does not end in a terminator is none.
        items.add(Scenario.Item.of((byte) Opcode.TRAP.code()));
        return new Scenario(items, entries(items.size(), random), 3, List.of(), Scenario.Place.ofItem(0), false,
                random.nextInt(random.nextBoolean() ? 300 : 20_000), registers(values, random), pages,
                responses(values, random), random.nextInt(10) == 0);
    }

    private static Scenario.Item item(Code service, int index, int first, int end, SplittableRandom random) {
        var instruction = service.program.decode(service.starts[index]);
        var octets = Arrays.copyOfRange(service.octets, instruction.pc(), instruction.next());
        int offsetAt = offsetAt(instruction, octets);
        int width = Math.min(4, octets.length - offsetAt);
        if (offsetAt == 0 || width <= 0) {
            return Scenario.Item.of(octets);
        }
        int target = Arrays.binarySearch(service.starts, (int) instruction.target());
        return new Scenario.Item(octets, target >= first && target < end ? target - first : random.nextInt(end - first),
                offsetAt, width);
    }

    /** Where the offset of a jump or branch stands; 0 where there is none. */
    private static int offsetAt(Instruction instruction, byte[] octets) {
        return switch (instruction.opcode().form()) {
            case OFF -> 1;
            case REG_REG_OFF -> 2;
            case REG_IMM_OFF -> octets.length < 2 ? 0 : 2 + Math.min(4, octets[1] >> 4 & 7);
            default -> 0;
        };
    }

    /** Changes a few instructions, or none: an octet, a place, another opcode, one more, one less. */
    private static void mutate(List<Scenario.Item> items, Values values, SplittableRandom random) {
        var instructions = new InstructionGenerator(values, List.of(1, 7, 8), List.of(0));
        for (int changes = random.nextInt(1 + Math.min(8, items.size())); changes > 0; changes--) {
            int at = random.nextInt(items.size());
            var item = items.get(at);
            var octets = item.octets().clone();
            switch (random.nextInt(5)) {
                case 0 -> {
                    if (octets.length > 1) {
                        octets[1 + random.nextInt(octets.length - 1)] = (byte) random.nextInt();
                    }
                }
                case 1 -> octets[octets.length - 1] ^= (byte) (1 << random.nextInt(8));
                case 2 -> octets[0] = (byte) values.one(OPCODES).code();
                case 3 -> octets = items.get(random.nextInt(items.size())).octets().clone();
                default -> octets = instructions.item(values.one(OPCODES)).octets();
            }
            boolean aimed = item.target() != Scenario.Item.NO_TARGET && random.nextInt(3) != 0
                    && item.offsetAt() + item.offsetWidth() <= octets.length;
            items.set(at, aimed
                    ? new Scenario.Item(octets, item.target(), item.offsetAt(), item.offsetWidth())
                    : Scenario.Item.of(octets));
        }
    }

    private static List<Scenario.Place> entries(int items, SplittableRandom random) {
        var entries = new ArrayList<Scenario.Place>();
        for (int i = 0; i < 4; i++) {
            entries.add(Scenario.Place.ofItem(random.nextInt(items)));
        }
        return entries;
    }

    private static long[] registers(Values values, SplittableRandom random) {
        var registers = new long[13];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = random.nextInt(3) != 0 ? values.pointer() : values.register();
        }
        registers[0] = random.nextInt(4) == 0 ? values.dynamicAddress() : Values.HALT_ADDRESS;
        registers[1] = random.nextInt(8) == 0 ? registers[1] : StandardProgram.STACK_END - random.nextInt(2) * 256;
        return registers;
    }

    /** Most go on: faults get their page, out of gas gets more, calls get some answer. */
    private static List<Scenario.Response> responses(Values values, SplittableRandom random) {
        var responses = new ArrayList<Scenario.Response>();
        for (int i = random.nextInt(25); i > 0; i--) {
            responses.add(new Scenario.Response(values.chance(20), random.nextInt(500),
                    values.chance(10) ? PageAccess.READ : PageAccess.WRITE, values.chance(50),
                    values.chance(5)
                            ? new Scenario.Access(MemoryImage.FIRST_PAGE + random.nextInt(40),
                                    PageAccess.of(random.nextInt(3)), values.chance(50))
                            : null,
                    values.chance(40) ? new Scenario.Register(7, values.register()) : null, null, null, null, null,
                    values.chance(5)));
        }
        return responses;
    }
}
