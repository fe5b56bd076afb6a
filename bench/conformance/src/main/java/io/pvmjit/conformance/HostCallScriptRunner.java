package io.pvmjit.conformance;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.PvmException;
import io.pvmjit.Revision;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Runs host-call scripts, each on several backends: one passes when it does on all of them. */
public final class HostCallScriptRunner implements AutoCloseable {
    private record Rules(Backend backend, Revision revision) {}

    private final List<Backend> backends;
    private final Consumer<String> lines;
    private final Map<Rules, Engine> engines = new HashMap<>();
    private int passed;
    private int failed;

    /** @param lines takes every line that is printed */
    public HostCallScriptRunner(List<Backend> backends, Consumer<String> lines) {
        this.backends = List.copyOf(backends);
        this.lines = lines;
    }

    /**
     * The JSON files below some folders, in the order of their paths, each once.
     *
     * @throws InputException when one of the folders is none
     */
    public static Collection<Path> find(Collection<Path> folders) {
        var found = new TreeSet<Path>();
        for (var folder : folders) {
            if (!Files.isDirectory(folder)) {
                throw new InputException(
                        folder + (Files.exists(folder) ? " is a file, not a directory" : ": no such directory"));
            }
            try (var paths = Files.walk(folder.toAbsolutePath().normalize(), FileVisitOption.FOLLOW_LINKS)) {
                paths.filter(path -> path.toString().endsWith(".json") && Files.isRegularFile(path)).forEach(found::add);
            } catch (IOException | java.io.UncheckedIOException e) {
                throw new InputException(folder + " cannot be searched: " + e.getMessage());
            }
        }
        return found;
    }

    /** Runs every script of a file. A file that cannot be read counts as one that failed. */
    public void run(Path file) {
        List<Fields> scripts;
        try {
            scripts = VectorFile.cases(Inputs.file(file));
        } catch (InputException | MalformedVectorException e) {
            failed++;
            lines.accept(file.getFileName() + ": " + e.getMessage());
            return;
        }
        for (int i = 0; i < scripts.size(); i++) {
            run(file, scripts.get(i), i);
        }
    }

    private void run(Path file, Fields script, int index) {
        var name = "script " + index;
        var differences = new ArrayList<String>();
        try {
            name = script.get("name").text();
            var revision = HostCallScripts.revision(script);
            for (var backend : backends) {
                for (var line : run(script, new Rules(backend, revision))) {
                    differences.add(backend + ": " + line);
                }
            }
        } catch (MalformedVectorException e) {
            differences.add(e.getMessage());
        }
        for (var difference : differences) {
            lines.accept(file.getFileName() + " " + name + ": " + difference);
        }
        if (differences.isEmpty()) {
            passed++;
        } else {
            failed++;
        }
    }

    private List<String> run(Fields script, Rules rules) {
        var differences = new Differences();
        try {
            HostCallScripts.check(engine(rules), script, differences);
        } catch (PvmException e) {
            differences.add("not run: " + e.getMessage());
        } catch (MalformedVectorException e) {
            differences.add(e.getMessage());
        } catch (RuntimeException | AssertionError e) {
            differences.add(e.toString());
        }
        return differences.lines();
    }

    private Engine engine(Rules rules) {
        return engines.computeIfAbsent(rules, key -> Engine.create(
                EngineConfig.defaults().withBackend(key.backend).withRevision(key.revision)));
    }

    public int passedCount() {
        return passed;
    }

    public int failedCount() {
        return failed;
    }

    @Override
    public void close() {
        engines.values().forEach(Engine::close);
    }
}
