package io.pvmjit.bench.workload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A workload and the folder with what was built of it. */
public record BuiltWorkload(Workload workload, Path folder) {
    public String name() {
        return workload.name();
    }

    public boolean has(Target target) {
        return workload.targets().contains(target);
    }

    /** What was built for this target. */
    public Path file(Target target) {
        return folder.resolve(target.fileName());
    }

    /** The contents of {@link #file}. */
    public byte[] octets(Target target) {
        try {
            return Files.readAllBytes(file(target));
        } catch (IOException e) {
            throw new SetupException("cannot read " + file(target) + ": " + e.getMessage());
        }
    }
}
