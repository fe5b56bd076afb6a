package io.pvmjit.link;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was found that cannot be linked: all of it is told at once, each with its function and line. */
final class Problems {
    private record Located(CodeGraph graph, int place) {}

    /** By text with function: one function that has the same problem twice is told of once, at its first place. */
    private final Map<String, Located> problems = new LinkedHashMap<>();

    void add(String problem) {
        problems.putIfAbsent(problem, new Located(null, 0));
    }

    void add(CodeGraph graph, int place, String problem) {
        var object = graph.object();
        var section = graph.section(place);
        long offset = graph.offset(place);
        problems.putIfAbsent("in function '" + object.functionAt(section, offset) + "': " + problem,
                new Located(graph, place));
    }

    /** Throws when there is any. */
    void check() throws LinkException {
        if (problems.isEmpty()) {
            return;
        }
        List<String> lines = new ArrayList<>();
        problems.forEach((text, located) -> {
            if (located.graph == null) {
                lines.add(text);
            } else {
                var graph = located.graph;
                lines.add(SourceLines.of(graph.object(), graph.section(located.place), graph.offset(located.place))
                        + ": " + text);
            }
        });
        throw new LinkException(lines);
    }
}
