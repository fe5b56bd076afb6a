package io.pvmjit.link;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.fornwall.jelf.ElfException;
import net.fornwall.jelf.ElfFile;
import net.fornwall.jelf.ElfRelocationAddend;
import net.fornwall.jelf.ElfRelocationAddendSection;
import net.fornwall.jelf.ElfSectionHeader;
import net.fornwall.jelf.ElfStringTable;
import net.fornwall.jelf.ElfSymbol;

/**
 * What the linker needs of an ELF file: the sections that are loaded, the symbols, the relocations. Offsets count from
 * the beginning of their section, in relocatable files and in linked ones alike.
 */
final class ElfObject {
    private static final short MACHINE_RISCV = 243;
    private static final int FLAG_COMPRESSED = 1;
    private static final String GLOBAL_POINTER = "__global_pointer$";
    private static final int FLAG_FLOATS = 6;
    private static final int FLAG_EMBEDDED = 8;
    private static final int TYPE_CHOSEN_FUNCTION = 10;
    private static final String GCC_INTERMEDIATE_CODE = "__gnu_lto_slim";
    private static final String MAPPED_DATA = "$d";
    private static final String MAPPED_CODE = "$x";
    private static final int SECTION_ABSOLUTE = 0xfff1;
    private static final int SECTION_COMMON = 0xfff2;

    /**
     * A symbol.
     *
     * @param section where it is defined; null when it is a number, or not defined
     * @param value offset in the section, or the number
     */
    record Symbol(String name, Section section, long value, long size, boolean function, boolean defined, boolean weak,
            boolean local) {}

    /** A relocation; of an unknown type it is refused where it is used. */
    record Relocation(long offset, long number, Symbol symbol, long addend) {
        RelocationType type() {
            return RelocationType.of(number);
        }

        /** The same at another offset. */
        Relocation at(long place) {
            return new Relocation(place, number, symbol, addend);
        }
    }

    private final Path path;
    private final boolean linked;
    private final boolean embedded;
    private final Map<Integer, Section> sections = new HashMap<>();
    private final List<Symbol> symbols = new ArrayList<>();
    /** Of symbols at which data end and functions begin: what they are for jumps, by number. */
    private final Map<Integer, Symbol> begins = new HashMap<>();
    /** Numbers of functions that name another, which is called in their place (STT_GNU_IFUNC). */
    private final BitSet choosing = new BitSet();
    private final Map<String, Symbol> globals = new HashMap<>();
    private final Map<Integer, Long> addresses = new HashMap<>();
    private final Map<Symbol, List<Section>> boundaries = new HashMap<>();

    /**
     * Reads a file.
     *
     * @throws LinkException when it cannot be read or is not what the linker takes
     */
    static ElfObject read(Path path) throws LinkException {
        byte[] octets;
        try {
            octets = Files.readAllBytes(path);
        } catch (IOException e) {
            throw new LinkException(path + " cannot be read: " + e);
        }
        try {
            ElfHeaders.check(octets);
            return new ElfObject(path, ElfFile.from(octets));
        } catch (ElfException | IndexOutOfBoundsException | IllegalArgumentException | NegativeArraySizeException
                | ClassCastException | NullPointerException | ArithmeticException e) {
            // What the library throws for a damaged file depends on the damage.
            throw new LinkException(path + " is not a sound ELF file: " + e.getMessage());
        }
    }

    private ElfObject(Path path, ElfFile file) throws LinkException {
        this.path = path;
        if (file.ei_class != ElfFile.CLASS_64 || file.e_machine != MACHINE_RISCV) {
            throw new LinkException(path + " is not for 64-bit RISC-V");
        }
        if (file.e_type != ElfFile.ET_REL && file.e_type != ElfFile.ET_EXEC) {
            throw new LinkException(path + " is neither an object file nor a linked program");
        }
        if ((file.e_flags & FLAG_COMPRESSED) != 0) {
            throw new LinkException(path + " uses compressed instructions: compile with -march=rv64im_zbb");
        }
        if ((file.e_flags & FLAG_FLOATS) != 0) {
            throw new LinkException(path + " is for an ABI that passes floating-point numbers in registers of their own: "
                    + "compile with -march=rv64im_zbb -mabi=lp64");
        }
        this.linked = file.e_type == ElfFile.ET_EXEC;
        this.embedded = (file.e_flags & FLAG_EMBEDDED) != 0;
        readSections(file);
        readSymbols(file);
        readRelocations(file);
    }

    private void readSections(ElfFile file) {
        int count = Short.toUnsignedInt(file.e_shnum);
        var alignments = alignments(file);
        for (int i = 1; i < count; i++) {
            var section = file.getSection(i);
            var header = section.header;
            if ((header.sh_flags & ElfSectionHeader.FLAG_ALLOC) == 0 || header.sh_type == ElfSectionHeader.SHT_NOTE) {
                continue;
            }
            var name = header.getName();
            // Unwinding tables: a guest has nobody to read them.
            if (name.startsWith(".eh_frame")) {
                continue;
            }
            addresses.put(i, linked ? header.sh_addr : 0);
            sections.put(i, new Section(i, section, alignments.getOrDefault(i, List.of())));
        }
    }

    /** By the number of a section: where the linker of an object file aligns code. */
    private Map<Integer, List<Padding.Alignment>> alignments(ElfFile file) {
        var alignments = new HashMap<Integer, List<Padding.Alignment>>();
        if (linked) {
            return alignments;
        }
        for (var table : file.sectionsOfType(ElfRelocationAddendSection.class)) {
            for (var relocation : table.relocations) {
                if (RelocationType.of(relocation.getType()) == RelocationType.ALIGN) {
                    alignments.computeIfAbsent(table.header.sh_info, _ -> new ArrayList<>())
                            .add(new Padding.Alignment(relocation.r_offset, relocation.r_addend));
                }
            }
        }
        alignments.values().forEach(list -> list.sort(Comparator.comparingLong(Padding.Alignment::offset)));
        return alignments;
    }

    private void readSymbols(ElfFile file) throws LinkException {
        var table = file.getSymbolTableSection();
        if (table == null) {
            throw new LinkException(path + " has no symbols: it was stripped");
        }
        // Asked for a name, the library would look for this section among all, each time.
        var names = (ElfStringTable) file.getSection(table.header.sh_link);
        var marks = new HashMap<Section, TextData.Marks>();
        for (var symbol : table.symbols) {
            var read = symbol(names, symbol);
            if (read.name.equals(GCC_INTERMEDIATE_CODE)) {
                throw new LinkException(
                        path + " has no code, but intermediate code of GCC (-flto): link it with the runtime, "
                                + "or compile with -fno-lto");
            }
            choosing.set(symbols.size(), symbol.getType() == TYPE_CHOSEN_FUNCTION);
            symbols.add(read);
            if (read.section != null && read.section.executable) {
                var sectionMarks = marks.computeIfAbsent(read.section, _ -> new TextData.Marks());
                if (symbol.getType() == ElfSymbol.STT_OBJECT) {
                    sectionMarks.object(read.value, read.size);
                } else if (read.function) {
                    sectionMarks.function(read.value);
                } else if (read.local && read.name.startsWith(MAPPED_DATA)) {
                    sectionMarks.data(read.value);
                } else if (read.local && read.name.startsWith(MAPPED_CODE)) {
                    sectionMarks.code(read.value);
                }
            }
        }
        marks.forEach((section, sectionMarks) -> section.data = TextData.of(section, sectionMarks));
        for (int i = 0; i < table.symbols.length; i++) {
            var symbol = symbols.get(i);
            if (!symbol.function && symbol.section != null && table.symbols[i].getType() != ElfSymbol.STT_SECTION) {
                symbols.set(i, symbol.section.data.moved(symbol));
                if (symbol.section.data.isBegin(symbol.value)) {
                    begins.put(i, symbol);
                }
            }
            if (!symbol.local && !symbol.name.isEmpty()) {
                globals.put(symbol.name, symbols.get(i));
            }
        }
    }

    private Symbol symbol(ElfStringTable names, ElfSymbol symbol) {
        int index = Short.toUnsignedInt(symbol.st_shndx);
        var name = symbol.st_name == 0 ? "" : names.get(symbol.st_name);
        boolean weak = symbol.getBinding() == ElfSymbol.BINDING_WEAK;
        boolean local = symbol.getBinding() == ElfSymbol.BINDING_LOCAL;
        boolean function = symbol.getType() == ElfSymbol.STT_FUNC;
        if (index == 0) {
            // Local: the first symbol of all, which stands for none and is 0.
            return new Symbol(name, null, 0, 0, function, local, weak, local);
        }
        if (index == SECTION_COMMON) {
            var section = new Section("COMMON " + name, symbol.st_size, Math.max(1, symbol.st_value));
            return new Symbol(name, section, 0, symbol.st_size, false, true, false, local);
        }
        var section = index == SECTION_ABSOLUTE ? null : sections.get(index);
        long offset = symbol.st_value - (section == null ? 0 : addresses.get(index));
        long value = section == null ? offset : section.padding.kept(offset);
        long size = section == null ? symbol.st_size : section.padding.kept(offset + symbol.st_size) - value;
        var shown = symbol.getType() == ElfSymbol.STT_SECTION && section != null ? section.name : name;
        return new Symbol(shown, section, value, size, function,
                section != null || index == SECTION_ABSOLUTE, weak, local);
    }

    private void readRelocations(ElfFile file) throws LinkException {
        if (!file.sectionsOfType(ElfSectionHeader.SHT_REL).isEmpty()) {
            throw new LinkException(path + " has relocations without addends");
        }
        boolean any = false;
        for (var table : file.sectionsOfType(ElfRelocationAddendSection.class)) {
            var section = sections.get(table.header.sh_info);
            any = true;
            if (section == null) {
                continue;
            }
            long base = addresses.get(section.index);
            for (ElfRelocationAddend relocation : table.relocations) {
                var symbol = symbols.get(relocation.getSymbolIndex());
                if (choosing.get(relocation.getSymbolIndex())) {
                    throw new LinkException("%s: the function '%s' is chosen at run time (ifunc), which is not supported"
                            .formatted(path, symbol.name));
                }
                var type = RelocationType.of(relocation.getType());
                if (type != null && type.isJump()) {
                    symbol = begins.getOrDefault(relocation.getSymbolIndex(), symbol);
                }
                long addend = addend(section, relocation);
                if (symbol.section != null && !symbol.section.padding.isNone()) {
                    var padding = symbol.section.padding;
                    addend = padding.kept(padding.original(symbol.value) + addend) - symbol.value;
                }
                long offset = section.padding.kept(relocation.r_offset - base);
                add(section, new Relocation(offset, relocation.getType(), symbol, addend));
            }
            section.sortRelocations();
            section.data.sort();
        }
        if (linked && !any) {
            throw new LinkException(path + " was linked without keeping its relocations: link with --emit-relocs (-q)");
        }
    }

    /** A relocation of data between instructions is theirs; one that leads there through its section leads to them. */
    private static void add(Section section, Relocation relocation) {
        var symbol = relocation.symbol;
        var type = relocation.type();
        if (symbol.section != null && (type == null || !type.isJump())) {
            relocation = symbol.section.data.moved(relocation);
        }
        section.relocations.add(relocation);
        section.data.add(relocation);
    }

    /** The addend to the symbol's address: where gp is the base, and not zero, GNU ld has subtracted it. */
    private long addend(Section section, ElfRelocationAddend relocation) throws LinkException {
        var type = RelocationType.of(relocation.getType());
        if (type == null || !type.isRelativeToGlobalPointer()) {
            return relocation.r_addend;
        }
        long offset = relocation.r_offset - address(section);
        if (section.contents == null || offset < 0 || offset > section.contents.length - Integer.BYTES) {
            throw new LinkException(path + ": a relocation outside of its section " + section.name);
        }
        var instruction = RiscvInstruction.decode(
                ByteBuffer.wrap(section.contents).order(ByteOrder.LITTLE_ENDIAN).getInt((int) offset));
        if (instruction != null && instruction.rs1() == Registers.ZERO) {
            return relocation.r_addend;
        }
        var pointer = globals.get(GLOBAL_POINTER);
        if (pointer == null || !pointer.defined) {
            throw new LinkException(path + " has distances from " + GLOBAL_POINTER + ", which it does not define");
        }
        return relocation.r_addend + pointer.value + (pointer.section == null ? 0 : address(pointer.section));
    }

    /** The name of the function at an offset of a section; the section's where there is none. */
    String functionAt(Section section, long offset) {
        String found = section == null ? "" : section.name;
        long begin = -1;
        for (var symbol : symbols) {
            if (symbol.section == section && symbol.function && symbol.value <= offset && symbol.value > begin) {
                found = symbol.name;
                begin = symbol.value;
            }
        }
        return found;
    }

    Path path() {
        return path;
    }

    /** The section's address in the file, as the file's debugging information has it. */
    long address(Section section) {
        return addresses.getOrDefault(section.index, 0L);
    }

    boolean linked() {
        return linked;
    }

    /** Whether the file is for the ABI with 16 registers (lp64e). */
    boolean embedded() {
        return embedded;
    }

    /** The loaded sections in the order of the file. */
    List<Section> sections() {
        return sections.values().stream().sorted(Comparator.comparingInt(section -> section.index)).toList();
    }

    List<Symbol> symbols() {
        return symbols;
    }

    /** Whether a symbol that is not code has a value: it is defined, weak, or one of the linker's. */
    boolean hasValue(Symbol symbol) {
        return symbol.defined() || symbol.weak() || Boundaries.HEAP_START.equals(symbol.name())
                || Boundaries.HEAP_END.equals(symbol.name()) || Boundaries.isOfArray(symbol)
                || !bounded(symbol).isEmpty();
    }

    /** The sections that an undefined symbol is the begin or the end of. */
    List<Section> bounded(Symbol symbol) {
        return boundaries.computeIfAbsent(symbol, _ -> Boundaries.of(this, symbol));
    }

    /** The global symbol of a name, defined or not; null when there is none. */
    Symbol global(String name) {
        return globals.get(name);
    }
}
