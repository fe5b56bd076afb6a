package io.pvmjit.conformance;

import io.pvmjit.Engine;
import io.pvmjit.PvmException;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.util.List;

/** Runs vectors on an engine, and tells a report of each case. */
public final class VectorRunner {
    private final Engine engine;
    private final VectorReport report;

    public VectorRunner(Engine engine, VectorReport report) {
        this.engine = engine;
        this.report = report;
    }

    /** Runs every case of these files. A file that cannot be read counts as one case that failed. */
    public void run(List<VectorFile> files) {
        files.forEach(this::run);
    }

    private void run(VectorFile file) {
        List<Fields> cases;
        try {
            cases = VectorFile.cases(Inputs.file(file.path()));
        } catch (InputException | MalformedVectorException e) {
            report.failed(file, -1, "", List.of(e.getMessage()));
            return;
        }
        for (int i = 0; i < cases.size(); i++) {
            run(file, cases.get(i), i);
        }
    }

    private void run(VectorFile file, Fields vector, int index) {
        var differences = new Differences();
        var name = "case " + index;
        try {
            name = vector.get("name").text();
            file.kind().check().run(engine, file, vector, differences);
        } catch (MalformedVectorException e) {
            differences.add(e.getMessage());
        } catch (PvmException e) {
            differences.add("not run: " + e.getMessage());
        } catch (RuntimeException | AssertionError e) {
            // A difference between the two sides of crosscheck is an AssertionError.
            differences.add(e.toString());
        }
        if (differences.isEmpty()) {
            report.passed();
        } else {
            report.failed(file, index, name, differences.lines());
        }
    }
}
