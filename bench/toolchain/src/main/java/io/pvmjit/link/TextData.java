package io.pvmjit.link;

import io.pvmjit.link.ElfObject.Relocation;
import io.pvmjit.link.ElfObject.Symbol;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The data in an executable section: what the assembler has marked as such (psABI, mapping symbols) and variables. A
 * guest cannot read its code, so each stretch of them becomes a section of its own.
 */
final class TextData {
    static final TextData NONE = new TextData(new TreeMap<>(), new TreeSet<>(), 0);

    /** What the symbols say of a section. */
    static final class Marks {
        /** By offset: whether data begin there, or code. */
        private final TreeMap<Long, Boolean> changes = new TreeMap<>();
        private final TreeMap<Long, Long> objects = new TreeMap<>();
        private final TreeSet<Long> functions = new TreeSet<>();

        void data(long offset) {
            changes.put(offset, true);
        }

        void code(long offset) {
            changes.put(offset, false);
        }

        void object(long offset, long size) {
            objects.merge(offset, size, Math::max);
        }

        void function(long offset) {
            functions.add(offset);
        }
    }

    /** A stretch of data: up to an offset, and what holds a copy from {@code origin} on. */
    private record Stretch(long end, long origin, Section section) {}

    /** By their first offset. */
    private final TreeMap<Long, Stretch> stretches;
    private final TreeSet<Long> functions;
    private final long sectionSize;

    private TextData(TreeMap<Long, Stretch> stretches, TreeSet<Long> functions, long sectionSize) {
        this.stretches = stretches;
        this.functions = functions;
        this.sectionSize = sectionSize;
    }

    static TextData of(Section text, Marks marks) {
        var ends = new TreeMap<Long, Long>(marks.objects);
        ends.replaceAll((offset, size) -> offset + size);
        Long begin = null;
        for (Map.Entry<Long, Boolean> change : marks.changes.entrySet()) {
            if (change.getValue() && begin == null) {
                begin = change.getKey();
            } else if (!change.getValue() && begin != null) {
                ends.merge(begin, change.getKey(), Math::max);
                begin = null;
            }
        }
        if (begin != null) {
            ends.merge(begin, text.size, Math::max);
        }
        var stretches = new TreeMap<Long, Stretch>();
        long last = 0;
        for (var stretch : ends.entrySet()) {
            long from = Math.max(last, stretch.getKey());
            long to = stretch.getValue();
            if (from < 0 || from >= to || to > text.size) {
                continue;
            }
            // From a multiple of the alignment on, so that the copy is aligned as the data were.
            long origin = from - from % text.alignment;
            stretches.put(from, new Stretch(to, origin, new Section(text, origin, to)));
            last = to;
        }
        return new TextData(stretches, marks.functions, text.size);
    }

    private Stretch at(long offset) {
        var entry = stretches.floorEntry(offset);
        return entry != null && offset < entry.getValue().end ? entry.getValue() : null;
    }

    /** Whether an offset is the end of data and the begin of something else. */
    boolean isEnd(long offset) {
        var entry = stretches.lowerEntry(offset);
        return entry != null && offset == entry.getValue().end;
    }

    /** Whether data end at an offset and a function begins. */
    boolean isBegin(long offset) {
        return isEnd(offset) && functions.contains(offset);
    }

    /** Whether an offset of the section is that of data. */
    boolean has(long offset) {
        return at(offset) != null;
    }

    /** The symbol in the copy of the data, if it leads there. */
    Symbol moved(Symbol symbol) {
        long offset = symbol.value();
        // A label at the end is that of the data where a function begins, or nothing, and of code elsewhere.
        boolean end = isBegin(offset) || isEnd(offset) && offset == sectionSize;
        var stretch = end ? stretches.lowerEntry(offset).getValue() : at(offset);
        return stretch == null
                ? symbol
                : new Symbol(symbol.name(), stretch.section, symbol.value() - stretch.origin, symbol.size(), false, true,
                        symbol.weak(), symbol.local());
    }

    /** The relocation against the copy of the data, if it leads there. */
    Relocation moved(Relocation relocation) {
        var symbol = relocation.symbol();
        var stretch = symbol.function() && relocation.addend() == 0 ? null : at(symbol.value() + relocation.addend());
        if (stretch == null) {
            return relocation;
        }
        var data = new Symbol(symbol.name(), stretch.section, 0, stretch.section.size, false, true, false, true);
        return new Relocation(relocation.offset(), relocation.number(), data,
                symbol.value() + relocation.addend() - stretch.origin);
    }

    /** A relocation of the section is one of the copy, if it changes that. */
    void add(Relocation relocation) {
        var stretch = at(relocation.offset());
        if (stretch != null) {
            stretch.section.relocations.add(relocation.at(relocation.offset() - stretch.origin));
        }
    }

    /** Sorts the relocations of the copies. */
    void sort() {
        stretches.values().forEach(stretch -> stretch.section.sortRelocations());
    }
}
