package io.pvmjit.link;

import io.pvmjit.link.ElfObject.Symbol;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Symbols that linkers define: begin and end of all sections of a name ({@code __start_X}, {@code __stop_X}, of arrays
 * of functions too), which then lie together, and of the heap.
 */
final class Boundaries {
    static final String HEAP_START = "__heap_start";
    static final String HEAP_END = "__heap_end";

    private static final String START = "__start_";
    private static final String STOP = "__stop_";
    private static final Map<String, String> ARRAYS = Map.of(".preinit_array", "__preinit_array", ".init_array",
            "__init_array", ".fini_array", "__fini_array");

    private Boundaries() {}

    /** What sections that lie together have in common; null of one that may lie anywhere. */
    static String group(Section section) {
        for (var array : ARRAYS.keySet()) {
            if (isIn(section, array)) {
                return array;
            }
        }
        return section.name.matches("[A-Za-z_][A-Za-z0-9_]*") ? section.name : null;
    }

    /** Whether a section is of an array of functions: by its name, or that and a priority. */
    static boolean isIn(Section section, String array) {
        return section.name.equals(array) || section.name.startsWith(array + ".");
    }

    /** The order in which sections of one array lie: by priority, those without one last. */
    static Comparator<Section> order() {
        return Comparator.comparingLong(Boundaries::priority);
    }

    /** The number at the end of a section's name; the greatest there is where there is none. */
    static long priority(Section section) {
        var digits = section.name.substring(section.name.lastIndexOf('.') + 1);
        return digits.matches("[0-9]{1,9}") ? Long.parseLong(digits) : Long.MAX_VALUE;
    }

    /** The sections that a symbol is the begin or the end of, in their order; none when it is another symbol. */
    static List<Section> of(ElfObject object, Symbol symbol) {
        if (symbol.defined()) {
            return List.of();
        }
        var name = symbol.name();
        for (var array : ARRAYS.entrySet()) {
            if (name.equals(array.getValue() + "_start") || name.equals(array.getValue() + "_end")) {
                return object.sections().stream().filter(section -> isIn(section, array.getKey())).sorted(order())
                        .toList();
            }
        }
        var wanted = name.startsWith(START) ? name.substring(START.length())
                : name.startsWith(STOP) ? name.substring(STOP.length()) : null;
        return object.sections().stream().filter(section -> section.name.equals(wanted)).toList();
    }

    static boolean isEnd(Symbol symbol) {
        return symbol.name().startsWith(STOP) || !symbol.name().startsWith(START) && symbol.name().endsWith("_end");
    }

    /** Whether a symbol is the begin or the end of an array, which is empty where there are no sections of it. */
    static boolean isOfArray(Symbol symbol) {
        return ARRAYS.values().stream()
                .anyMatch(array -> symbol.name().equals(array + "_start") || symbol.name().equals(array + "_end"));
    }
}
