package io.pvmjit.bench.workload;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What tools say about themselves, asked once each. */
public final class ToolVersions {
    private final Map<String, String> known = new ConcurrentHashMap<>();

    /**
     * The first line that {@code TOOL --version} prints.
     *
     * @throws io.pvmjit.bench.workload.SetupException when the tool is not installed
     */
    public String of(String tool) {
        return known.computeIfAbsent(tool, name -> Tool.run(Path.of("."), List.of(name, "--version"))
                .lines().findFirst().orElse("unknown"));
    }
}
