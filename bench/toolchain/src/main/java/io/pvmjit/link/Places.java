package io.pvmjit.link;

import io.pvmjit.link.ElfObject.Symbol;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers for everything that can be jumped to: every word of every executable section has one, its place, and so has
 * the end of each section, which never holds an instruction.
 */
final class Places {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** By section: the place of its first word. */
    private final Map<Section, Integer> bases = new HashMap<>();
    /** Executable sections in the order of their places. */
    private final List<Section> executable = new ArrayList<>();
    private final int count;
    /** Where functions begin, and what stands between them. */
    private final BitSet functionBegins;
    private final BitSet functionEnds;

    Places(ElfObject object) {
        long total = 0;
        for (var section : object.sections()) {
            if (section.executable) {
                bases.put(section, (int) total);
                executable.add(section);
                total += section.contents.length / Integer.BYTES + 1;
            }
        }
        count = Math.toIntExact(total);
        functionBegins = new BitSet(count);
        functionEnds = new BitSet(count);
        for (var section : executable) {
            functionBegins.set(base(section));
            functionEnds.set(end(section));
        }
        for (var symbol : object.symbols()) {
            if (symbol.function() && isPlace(symbol)) {
                functionBegins.set(place(symbol, 0));
                if (symbol.size() > 0 && symbol.size() <= symbol.section().size - symbol.value()) {
                    functionEnds.set(place(symbol, symbol.size()));
                }
            }
        }
    }

    private int base(Section section) {
        return bases.get(section);
    }

    private int end(Section section) {
        return base(section) + section.contents.length / Integer.BYTES;
    }

    int count() {
        return count;
    }

    List<Section> sections() {
        return executable;
    }

    Section section(int place) {
        int low = 0;
        int high = executable.size();
        while (high - low > 1) {
            int middle = (low + high) / 2;
            if (base(executable.get(middle)) <= place) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return executable.get(low);
    }

    long offset(int place) {
        return (long) (place - base(section(place))) * Integer.BYTES;
    }

    int word(int place) {
        var section = section(place);
        return (int) WORD.get(section.contents, (place - base(section)) * Integer.BYTES);
    }

    /** Whether a place is the end of a section. */
    boolean isEnd(int place) {
        return place == end(section(place));
    }

    /** Whether what is at a place is marked as data. */
    boolean isData(int place) {
        return section(place).data.has(offset(place));
    }

    boolean isCode(Symbol symbol) {
        return bases.containsKey(symbol.section());
    }

    /** Whether a symbol is a place in the code, as it is in every sound file when it is code. */
    boolean isPlace(Symbol symbol) {
        return isCode(symbol) && symbol.value() >= 0 && symbol.value() <= symbol.section().contents.length;
    }

    /** The place that a symbol and an addend lead to, which must be code. */
    int place(Symbol symbol, long addend) {
        return base(symbol.section()) + (int) ((symbol.value() + addend - beyond(symbol, addend)) / Integer.BYTES);
    }

    /**
     * What is added to the address of a function without leading to another instruction: compilers compute with it ahead,
     * such as where a pointer to a member of a class may be that of a function or, an odd number, of a virtual one.
     */
    long beyond(Symbol symbol, long addend) {
        return symbol.function() && symbol.value() % Integer.BYTES == 0 && addend % Integer.BYTES != 0 ? addend : 0;
    }

    /** The place at an offset of an executable section; {@link Operation#NOWHERE} when there is none. */
    int at(Section section, long offset) {
        return offset < 0 || offset > section.contents.length || offset % Integer.BYTES != 0
                ? Operation.NOWHERE
                : base(section) + (int) (offset / Integer.BYTES);
    }

    /** Whether a function ends before a place. */
    boolean isFunctionEnd(int place) {
        return functionEnds.get(place);
    }

    boolean isFunctionBegin(int place) {
        return functionBegins.get(place);
    }

    /** The first place of the function that a place is in; where there is none, of what is between functions. */
    int function(int place) {
        return Math.max(functionBegins.previousSetBit(place), isEnd(place) ? 0 : functionEnds.previousSetBit(place));
    }

    /** Where the next function begins behind the one that begins at a place, or its section ends. */
    int functionEnd(int begin) {
        int next = functionBegins.nextSetBit(begin + 1);
        int end = functionEnds.nextSetBit(begin + 1);
        return next < 0 ? end : end < 0 ? next : Math.min(next, end);
    }

    /** First and last place of a section. */
    int[] bounds(Section section) {
        return new int[] {base(section), end(section)};
    }
}
