package io.pvmjit.testing;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;

/** What tests need of the machine: tools that may not be installed. */
public final class Toolchains {
    private Toolchains() {}

    /** Skips the test when a tool is missing; where CI=true that is a failure. */
    public static void require(String... tools) {
        for (var tool : tools) {
            boolean found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                    .anyMatch(folder -> new File(folder, tool).canExecute());
            if (!found && "true".equals(System.getenv("CI"))) {
                fail(tool + " is not installed: scripts/test installs it");
            }
            Assumptions.assumeTrue(found, () -> tool + " is not installed");
        }
    }
}
