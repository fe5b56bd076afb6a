package io.pvmjit.conformance;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Counts cases and prints the differences of those that failed. */
public final class VectorReport {
    private final String label;
    private final Consumer<String> lines;
    private final Set<String> failedCases = new HashSet<>();
    private int passed;
    private int failed;

    /**
     * @param label in front of each case, such as the backend; may be empty
     * @param lines takes every line that is printed
     */
    public VectorReport(String label, Consumer<String> lines) {
        this.label = label.isEmpty() ? "" : label + " ";
        this.lines = lines;
    }

    void passed() {
        passed++;
    }

    /** @param index of the case in its file, or -1 for the file as a whole */
    void failed(VectorFile file, int index, String name, List<String> differences) {
        failed++;
        failedCases.add(file.path() + "#" + index);
        var place = label + file.kind().folder() + "/" + file.path().getFileName() + (name.isEmpty() ? "" : " " + name);
        differences.forEach(difference -> lines.accept(place + ": " + difference));
    }

    public int passedCount() {
        return passed;
    }

    public int failedCount() {
        return failed;
    }

    /** Which cases failed: names that are the same in every report. */
    public Set<String> failedCases() {
        return Set.copyOf(failedCases);
    }

    /** The closing line. */
    public static String summary(int passed, int failed) {
        return passed + " passed, " + failed + " failed";
    }
}
