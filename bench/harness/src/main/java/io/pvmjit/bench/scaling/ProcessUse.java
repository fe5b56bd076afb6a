package io.pvmjit.bench.scaling;

import io.pvmjit.bench.workload.SetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process takes of the machine, as the kernel counts it. */
record ProcessUse(double residentMebibytes, long maps, long descriptors) {
    private static final double PAGES_OF_MIB = 256;

    /** As it is now. */
    static ProcessUse now() {
        try (var lines = Files.lines(Path.of("/proc/self/maps")); var files = Files.list(Path.of("/proc/self/fd"))) {
            return new ProcessUse(Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) / PAGES_OF_MIB,
                    lines.count(), files.count());
        } catch (IOException e) {
            throw new SetupException("this system does not tell what a process takes: " + e.getMessage());
        }
    }
}
