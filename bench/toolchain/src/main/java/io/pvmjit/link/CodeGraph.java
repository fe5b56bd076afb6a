package io.pvmjit.link;

import io.pvmjit.link.ElfObject.Relocation;
import io.pvmjit.link.ElfObject.Symbol;
import io.pvmjit.link.RelocationType.Place;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The part of a program that can be reached from its entries, followed through jumps, calls, the relocations of code
 * and data, and the addresses that the assembler has computed ({@link AddressFlow}).
 */
final class CodeGraph {
    private static final int NOP = 0x0000_0013;

    private final ElfObject object;
    private final Problems problems;
    private final Places places;
    private final Decoder decoder;
    private final Operation[] operations;
    /** Places whose address is used; whose address as it is. */
    private final BitSet addressed;
    private final BitSet absolute;
    /** Places that addresses may lead to which the program computes, in functions that do that. */
    private final BitSet open;
    /** Executable sections whose addresses keep their distances. */
    private final Set<Section> linear = new HashSet<>();
    private final Set<Section> data = new LinkedHashSet<>();
    private final Deque<Integer> waiting = new ArrayDeque<>();
    private final Deque<Section> dataToScan = new ArrayDeque<>();

    /**
     * Follows a program from its entries.
     *
     * @param problems takes what cannot be expressed
     */
    CodeGraph(ElfObject object, List<Symbol> entries, Problems problems) {
        this.object = object;
        this.problems = problems;
        this.places = new Places(object);
        this.decoder = new Decoder(this, places, problems);
        this.operations = new Operation[places.count()];
        this.addressed = new BitSet(places.count());
        this.absolute = new BitSet(places.count());
        this.open = new BitSet(places.count());
        for (var entry : entries) {
            refer(entry, 0, true);
        }
        AddressFlow flow;
        do {
            follow();
            flow = new AddressFlow(this, places);
        } while (adopt(flow));
        flow.report(problems);
        flow.resolved().forEach((place, operation) -> operations[place] = operation);
        for (int place = 0; place < operations.length; place++) {
            if (operations[place] != null && operations[place].words() == 2 && operations[place + 1] != null) {
                problems.add(this, place + 1, "a jump into the middle of a call");
            }
        }
    }

    /** Takes what the flow of addresses has shown into the program; whether there was anything new. */
    private boolean adopt(AddressFlow flow) {
        for (var operation : flow.resolved().values()) {
            if (operation.target() != Operation.NOWHERE) {
                reach(operation.target());
            } else {
                refer(operation.relocation());
            }
        }
        linear.addAll(flow.linear());
        for (int begin = flow.open().nextSetBit(0); begin >= 0; begin = flow.open().nextSetBit(begin + 1)) {
            open(begin);
        }
        return !waiting.isEmpty() || !dataToScan.isEmpty();
    }

    /** Every instruction of a function may be jumped to, by addresses that keep their distances. */
    private void open(int begin) {
        if (open.get(begin)) {
            return;
        }
        int end = places.functionEnd(begin);
        linear.add(places.section(begin));
        open.set(begin);
        for (int place = begin; place < end;) {
            if (places.isData(place) || operations[place] == null && isPadding(place)) {
                place++;
                continue;
            }
            var operation = operations[place] == null ? decoder.read(place) : operations[place];
            open.set(place);
            reach(place);
            place = operation.next();
        }
    }

    /** What assemblers put between functions, and compilers behind code that ends. */
    private boolean isPadding(int place) {
        int word = places.word(place);
        return word == NOP || word == 0;
    }

    /** Whether something in a function is not reached that could be. */
    boolean hasHoles(int begin) {
        for (int place = begin; place < places.functionEnd(begin); place++) {
            boolean covered = operations[place] != null
                    || place > begin && operations[place - 1] != null && operations[place - 1].words() == 2;
            if (!covered && !places.isData(place) && !isPadding(place)) {
                return true;
            }
        }
        return false;
    }

    private void follow() {
        while (true) {
            if (!waiting.isEmpty()) {
                visit(waiting.pop());
            } else if (!dataToScan.isEmpty()) {
                scan(dataToScan.pop());
            } else {
                return;
            }
        }
    }

    private void reach(int place) {
        if (place != Operation.NOWHERE && operations[place] == null) {
            waiting.push(place);
        }
    }

    /** Follows code from a place on, until it ends or was visited. */
    private void visit(int start) {
        int place = start;
        while (operations[place] == null) {
            var operation = decoder.read(place);
            operations[place] = operation;
            if (operation.target() != Operation.NOWHERE) {
                reach(operation.target());
            } else if (operation.relocation() != null) {
                if (isUndefined(operation.relocation().symbol())) {
                    problems.add(this, place, "'%s' is not defined".formatted(operation.relocation().symbol().name()));
                }
                refer(operation.relocation());
            }
            if (!operation.flow().goesOn()) {
                return;
            }
            place = operation.next();
            // A call that ends its function does not return: what stands behind it is another function.
            if (operation.flow().isCall() && places.isFunctionEnd(place) && !places.isEnd(place)) {
                return;
            }
        }
    }

    private boolean isUndefined(Symbol symbol) {
        return !isCode(symbol) && !object.hasValue(symbol);
    }

    /** What a relocation leads to becomes part of the program. */
    private void refer(Relocation relocation) {
        var symbol = relocation.symbol();
        var type = relocation.type();
        if (type == RelocationType.PCREL_LO12_I || type == RelocationType.PCREL_LO12_S) {
            // It names the auipc that it belongs to, which has reached what it leads to.
            return;
        }
        if (isCode(symbol)) {
            refer(symbol, relocation.addend(), !type.isDistance());
        } else if (symbol.section() != null) {
            include(symbol.section());
        } else {
            object.bounded(symbol).forEach(this::include);
        }
    }

    private void include(Section section) {
        if (data.add(section)) {
            dataToScan.push(section);
        }
    }

    /** An address in the code that jumps which are not seen may lead to. */
    private void refer(Symbol symbol, long addend, boolean whole) {
        long beyond = places.beyond(symbol, addend);
        int place = decoder.label(symbol, addend - beyond);
        if (beyond != 0) {
            linear.add(symbol.section());
        }
        if (place != Operation.NOWHERE) {
            addressed.set(place);
            absolute.set(place, whole || absolute.get(place));
            reach(place);
        }
    }

    private void scan(Section section) {
        Relocation previous = null;
        for (var relocation : section.relocations) {
            if (relocation.type() == null || relocation.type().place() == Place.CODE) {
                problems.add("section %s+0x%x: %s".formatted(section.name, relocation.offset(),
                        RelocationType.refusal(relocation.number(), relocation.symbol().name())));
            } else if (relocation.type().place() == Place.DATA) {
                if (isUndefined(relocation.symbol())) {
                    problems.add("section %s+0x%x: '%s' is not defined".formatted(section.name, relocation.offset(),
                            relocation.symbol().name()));
                }
                refer(relocation);
                var text = relocation.symbol().section();
                if (previous != null && previous.offset() == relocation.offset()
                        && previous.symbol().section() == text && isCode(relocation.symbol())) {
                    // A distance within the code: a number like any other.
                    linear.add(text);
                }
                previous = relocation;
            }
        }
    }

    boolean isCode(Symbol symbol) {
        return places.isCode(symbol);
    }

    /** Whether a symbol is a place in the code, as it is in every sound file when it is code. */
    boolean isPlace(Symbol symbol) {
        return places.isPlace(symbol);
    }

    /** The place that a symbol and an addend lead to, which must be code. */
    int place(Symbol symbol, long addend) {
        return places.place(symbol, addend);
    }

    /** What the address has beyond that of the place. */
    long beyond(Symbol symbol, long addend) {
        return places.beyond(symbol, addend);
    }

    Section section(int place) {
        return places.section(place);
    }

    long offset(int place) {
        return places.offset(place);
    }

    ElfObject object() {
        return object;
    }

    /** Places, reached or not. */
    int size() {
        return operations.length;
    }

    /** What stands at a place; null when it cannot be reached. */
    Operation operation(int place) {
        return operations[place];
    }

    /** Whether the address of a place is used, so that indirect jumps may lead to it. */
    boolean hasAddress(int place) {
        return addressed.get(place) || open.get(place);
    }

    /** Whether the program has the address of a place, and does not compute it. */
    boolean isLabel(int place) {
        return addressed.get(place);
    }

    /** Whether the address of a place is used by itself, and not only its distance from data. */
    boolean hasWholeAddress(int place) {
        return absolute.get(place);
    }

    /** First and last place of each section whose addresses are to keep their distances. */
    Map<Integer, Integer> linear() {
        var bounds = new HashMap<Integer, Integer>();
        for (var section : linear) {
            bounds.put(places.bounds(section)[0], places.bounds(section)[1]);
        }
        return bounds;
    }

    /** The relocation of the word at a place, or null. */
    Relocation relocation(int place) {
        return decoder.relocation(place);
    }

    /** Data sections that are part of the program. */
    Set<Section> data() {
        return data;
    }
}
