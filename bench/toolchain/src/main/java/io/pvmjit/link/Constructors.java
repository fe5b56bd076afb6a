package io.pvmjit.link;

import io.pvmjit.asm.ProgramBuilder;
import io.pvmjit.asm.ProgramBuilder.Label;
import io.pvmjit.link.ElfObject.Symbol;
import io.pvmjit.program.Opcode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Functions that run before the entry, and the code that calls them. */
final class Constructors {
    private static final List<String> DESTRUCTORS = List.of(".fini_array", ".dtors");
    private static final String OLDER = ".ctors";
    private static final long LEAST_PRIORITY = 65_535;
    private static final int STACK_POINTER = 1;
    private static final int FRAME = 64;
    /** What the entry gets: ra, and the argument registers. */
    private static final int[] SAVED = {0, 7, 8, 9, 10, 11, 12};

    private Constructors() {}

    /**
     * The constructors of a program, in their order, as symbols of the code.
     *
     * @throws LinkException when what calls them cannot be made
     */
    static List<Symbol> of(ElfObject object) throws LinkException {
        for (var section : object.sections()) {
            if (section.size > 0 && DESTRUCTORS.stream().anyMatch(array -> Boundaries.isIn(section, array))) {
                var first = section.relocations.isEmpty() ? null : section.relocations.getFirst();
                throw new LinkException("section " + section.name + (first == null ? "" : ", function '"
                        + object.functionAt(first.symbol().section(), first.symbol().value() + first.addend()) + "'")
                        + ": functions that run after the end (destructors) are not supported");
            }
        }
        var found = new ArrayList<Symbol>();
        // A program that looks at the array calls what is in it by itself.
        var array = object.global("__init_array_start");
        if (array != null && !array.defined()) {
            return found;
        }
        for (var section : sections(object, ".preinit_array")) {
            found.addAll(functions(section));
        }
        // The older array is called from its end.
        var arrays = new ArrayList<>(sections(object, ".init_array"));
        arrays.addAll(sections(object, OLDER).reversed());
        arrays.sort(Comparator.comparingLong(Constructors::priority));
        for (var section : arrays) {
            var functions = functions(section);
            found.addAll(Boundaries.isIn(section, OLDER) ? functions.reversed() : functions);
        }
        return found;
    }

    /** When the functions of a section run; in the name of an older array the priority counts from the other end. */
    private static long priority(Section section) {
        long priority = Boundaries.priority(section);
        return Boundaries.isIn(section, OLDER) && priority <= LEAST_PRIORITY ? LEAST_PRIORITY - priority : priority;
    }

    private static List<Section> sections(ElfObject object, String name) {
        return object.sections().stream().filter(section -> Boundaries.isIn(section, name) && section.size > 0)
                .sorted(Boundaries.order()).toList();
    }

    private static List<Symbol> functions(Section section) throws LinkException {
        if (section.size % Long.BYTES != 0) {
            throw new LinkException("section " + section.name + " has " + section.size + " octets, no whole addresses");
        }
        var functions = new ArrayList<Symbol>();
        for (var relocation : section.relocations) {
            var symbol = relocation.symbol();
            if (relocation.type() == RelocationType.NONE) {
                continue;
            }
            if (relocation.type() != RelocationType.ADDRESS_64 || relocation.offset() % Long.BYTES != 0) {
                throw new LinkException("section %s+0x%x: relocation %d is not the address of a function"
                        .formatted(section.name, relocation.offset(), relocation.number()));
            }
            if (symbol.section() == null && symbol.weak()) {
                continue;
            }
            if (symbol.section() == null || !symbol.section().executable) {
                throw new LinkException("section %s+0x%x: '%s' is %s".formatted(section.name, relocation.offset(),
                        symbol.name(), symbol.defined() ? "not code" : "not defined"));
            }
            functions.add(new Symbol(symbol.name(), symbol.section(), symbol.value() + relocation.addend(), 0, true,
                    true, false, true));
        }
        boolean other = IntStream.range(0, section.contents == null ? 0 : (int) section.size / Long.BYTES)
                .anyMatch(i -> !section.hasRelocation((long) i * Long.BYTES, Long.BYTES)
                        && !isNothing(section.contents, i * Long.BYTES));
        if (other) {
            throw new LinkException("section " + section.name + " has the address of a function as a number");
        }
        return functions;
    }

    /** 0 and -1, which mark begin and end. */
    private static boolean isNothing(byte[] contents, int offset) {
        byte first = contents[offset];
        return (first == 0 || first == -1) && IntStream.range(offset, offset + Long.BYTES)
                .allMatch(i -> contents[i] == first);
    }

    /** Emits what an entry begins with: calls of the constructors, with what the entry is called with kept. */
    static void emit(ProgramBuilder builder, List<Label> constructors, Label entry) {
        builder.append(Opcode.ADD_IMM_64, STACK_POINTER, STACK_POINTER, -FRAME);
        for (int i = 0; i < SAVED.length; i++) {
            builder.append(Opcode.STORE_IND_U64, STACK_POINTER, (long) i * Long.BYTES, SAVED[i]);
        }
        for (var constructor : constructors) {
            var back = builder.label();
            builder.appendTo(Opcode.LOAD_IMM_JUMP, constructor, SAVED[0], builder.entry(back));
            builder.place(back);
        }
        for (int i = 0; i < SAVED.length; i++) {
            builder.append(Opcode.LOAD_IND_U64, SAVED[i], STACK_POINTER, (long) i * Long.BYTES);
        }
        builder.append(Opcode.ADD_IMM_64, STACK_POINTER, STACK_POINTER, FRAME);
        builder.appendTo(Opcode.JUMP, entry);
    }
}
