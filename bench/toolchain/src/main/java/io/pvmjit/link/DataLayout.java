package io.pvmjit.link;

import io.pvmjit.StandardProgram;
import io.pvmjit.link.ElfObject.Relocation;
import io.pvmjit.link.ElfObject.Symbol;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntToLongFunction;

/** Where static data lie in the RAM of a standard program (Gray Paper A.7), and what symbols are worth. */
final class DataLayout {
    private static final int PAGE = 4096;
    private static final int MAXIMUM_LENGTH = 1 << 24;
    private static final int MAXIMUM_PAGES = (1 << 16) - 1;
    private static final int HEAP_ALIGNMENT = 16;

    private final ElfObject object;
    private final Map<Section, Long> addresses = new HashMap<>();
    private final TreeMap<Long, Section> constants = new TreeMap<>();
    private final List<Section> readOnly = new ArrayList<>();
    private final List<Section> initialized = new ArrayList<>();
    private final long readOnlyLength;
    private final long dataBase;
    private final long dataLength;
    private final long heapStart;
    private final long zeroPages;
    private final long heapEnd;

    DataLayout(ElfObject object, Set<Section> sections, int heapPages) throws LinkException {
        this.object = object;
        var zeros = new ArrayList<Section>();
        for (var section : together(sections)) {
            (section.contents == null ? zeros : section.writable ? initialized : readOnly).add(section);
        }
        long readOnlyBase = StandardProgram.ZONE_SIZE;
        readOnlyLength = place(readOnly, readOnlyBase) - readOnlyBase;
        readOnly.forEach(section -> constants.put(addresses.get(section), section));
        dataBase = 2L * StandardProgram.ZONE_SIZE + align(readOnlyLength, StandardProgram.ZONE_SIZE);
        long initializedEnd = place(initialized, dataBase);
        dataLength = initializedEnd - dataBase;
        long end = place(zeros, initializedEnd);
        heapStart = align(end, HEAP_ALIGNMENT);
        long initialPages = align(dataLength, PAGE) / PAGE;
        zeroPages = align(heapStart - dataBase, PAGE) / PAGE - initialPages + heapPages;
        heapEnd = dataBase + (initialPages + zeroPages) * PAGE;
        if (readOnlyLength >= MAXIMUM_LENGTH || dataLength >= MAXIMUM_LENGTH) {
            throw new LinkException("read-only and initialized data have at most 2^24 - 1 octets each: there are "
                    + readOnlyLength + " and " + dataLength);
        }
        if (zeroPages > MAXIMUM_PAGES) {
            throw new LinkException("zeroed data and the heap have at most " + MAXIMUM_PAGES + " pages: there are "
                    + zeroPages);
        }
    }

    /** The sections in the order in which they lie: those of a group where the first of them was. */
    private static List<Section> together(Set<Section> sections) {
        var groups = new LinkedHashMap<Object, List<Section>>();
        for (var section : sections) {
            var group = Boundaries.group(section);
            groups.computeIfAbsent(group == null ? section : group, _ -> new ArrayList<>()).add(section);
        }
        var order = Boundaries.order().thenComparingInt(section -> section.index);
        return groups.values().stream().flatMap(group -> group.stream().sorted(order)).toList();
    }

    /** The begin or the end of sections of a name, which must lie together. */
    private long boundary(Symbol symbol, List<Section> sections, Problems problems) {
        var first = sections.getFirst();
        for (var section : sections) {
            if (section.writable != first.writable || (section.contents == null) != (first.contents == null)) {
                problems.add("'%s': some sections %s can be written, or are zero, and others not".formatted(
                        symbol.name(), section.name));
            }
        }
        var last = sections.getLast();
        return Boundaries.isEnd(symbol) ? addresses.get(last) + last.size : addresses.get(first);
    }

    private long place(List<Section> sections, long from) throws LinkException {
        long end = from;
        for (var section : sections) {
            if (section.alignment > MAXIMUM_LENGTH) {
                throw new LinkException("section " + section.name + " is to be aligned to " + section.alignment
                        + " octets: the most are 2^24");
            }
            end = align(end, section.alignment);
            addresses.put(section, end);
            end += section.size;
        }
        return end;
    }

    private static long align(long value, long alignment) {
        return Math.ceilDiv(value, alignment) * alignment;
    }

    /** Zero pages behind the initialized data. */
    int zeroPages() {
        return (int) zeroPages;
    }

    /** What a symbol that is not code is worth. */
    long value(Symbol symbol, Problems problems) {
        if (symbol.section() != null) {
            return addresses.get(symbol.section()) + symbol.value();
        }
        if (symbol.defined()) {
            return symbol.value();
        }
        var sections = object.bounded(symbol);
        if (!sections.isEmpty()) {
            return boundary(symbol, sections, problems);
        }
        return switch (symbol.name()) {
            case Boundaries.HEAP_START -> heapStart;
            case Boundaries.HEAP_END -> heapEnd;
            default -> 0;
        };
    }

    /**
     * The octets at an address in the read-only data, where they are known now: they hold no address.
     *
     * @return a number of so many octets, zero-extended; empty elsewhere
     */
    OptionalLong constant(long address, int length) {
        var entry = constants.floorEntry(address);
        if (entry == null || address - entry.getKey() > entry.getValue().size - length) {
            return OptionalLong.empty();
        }
        var section = entry.getValue();
        long offset = address - entry.getKey();
        if (section.hasRelocation(offset, length)) {
            return OptionalLong.empty();
        }
        long value = 0;
        for (int i = length - 1; i >= 0; i--) {
            value = value << 8 | section.contents[(int) offset + i] & 0xff;
        }
        return OptionalLong.of(value);
    }

    /** The read-only data, relocated. */
    byte[] readOnlyData(CodeGraph graph, Problems problems, IntToLongFunction codeAddress) {
        return contents(readOnly, StandardProgram.ZONE_SIZE, (int) readOnlyLength, graph, problems, codeAddress);
    }

    /** The initialized data that can be written, relocated. */
    byte[] data(CodeGraph graph, Problems problems, IntToLongFunction codeAddress) {
        return contents(initialized, dataBase, (int) dataLength, graph, problems, codeAddress);
    }

    private byte[] contents(List<Section> sections, long base, int length, CodeGraph graph, Problems problems,
            IntToLongFunction codeAddress) {
        var octets = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        for (var section : sections) {
            int begin = (int) (addresses.get(section) - base);
            octets.put(begin, section.contents);
            long previous = -1;
            long distance = 0;
            for (int i = 0; i < section.relocations.size(); i++) {
                var relocation = section.relocations.get(i);
                var type = relocation.type();
                if (type.place() != RelocationType.Place.DATA) {
                    continue;
                }
                var symbol = relocation.symbol();
                if (relocation.offset() < 0 || relocation.offset() > section.size - type.width()) {
                    problems.add("section %s has a relocation at 0x%x, outside of it".formatted(section.name,
                            relocation.offset()));
                } else {
                    long value = graph.isCode(symbol)
                            ? codeAddress.applyAsLong(graph.place(symbol, relocation.addend()))
                                    + graph.beyond(symbol, relocation.addend())
                            : value(symbol, problems) + relocation.addend();
                    int position = begin + (int) relocation.offset();
                    // In a linked file the field holds the sum already.
                    boolean first = relocation.offset() != previous;
                    if (graph.object().linked() && first) {
                        octets.put(position, new byte[type.width()]);
                    }
                    previous = relocation.offset();
                    distance = type.sign() * value + (first ? 0 : distance);
                    boolean last = next(section, i) != previous;
                    if (last && !type.holds(distance)) {
                        problems.add("section %s+0x%x: %d does not fit into %d octets".formatted(section.name, previous,
                                distance, type.width()));
                    }
                    apply(octets, position, relocation, value, base + position);
                }
            }
        }
        return octets.array();
    }

    /** Offset of the next relocation; -1 when there is none. */
    private static long next(Section section, int index) {
        return index + 1 < section.relocations.size() ? section.relocations.get(index + 1).offset() : -1;
    }

    private static void apply(ByteBuffer octets, int position, Relocation relocation, long value, long address) {
        switch (relocation.type()) {
            case ADDRESS_64 -> octets.putLong(position, value);
            case ADDRESS_32, SET_32 -> octets.putInt(position, (int) value);
            case PCREL_32, PLT_32 -> octets.putInt(position, (int) (value - address));
            case SET_16 -> octets.putShort(position, (short) value);
            case SET_8 -> octets.put(position, (byte) value);
            case ADD_64 -> octets.putLong(position, octets.getLong(position) + value);
            case ADD_32 -> octets.putInt(position, octets.getInt(position) + (int) value);
            case ADD_16 -> octets.putShort(position, (short) (octets.getShort(position) + value));
            case ADD_8 -> octets.put(position, (byte) (octets.get(position) + value));
            case SUB_64 -> octets.putLong(position, octets.getLong(position) - value);
            case SUB_32 -> octets.putInt(position, octets.getInt(position) - (int) value);
            case SUB_16 -> octets.putShort(position, (short) (octets.getShort(position) - value));
            case SUB_8 -> octets.put(position, (byte) (octets.get(position) - value));
            default -> throw new IllegalStateException(relocation.type() + " is none of data");
        }
    }
}
