package io.pvmjit.hostcalls;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The packages of host calls stand on each other in one direction, and on the API of the bindings. */
class RoomsTest {
    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target/classes"));

    @Test
    void packagesStandOnEachOtherInOneDirection() {
        slices().matching("io.pvmjit.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    /** The other packages of helpers that depend on nothing are this library's too: the module exports them to it. */
    @Test
    void noBackendIsReached() {
        noClasses().should().dependOnClassesThat().resideInAnyPackage("io.pvmjit.ffi", "io.pvmjit.interpreter",
                "io.pvmjit.internal.backend", "io.pvmjit.internal.crosscheck", "io.pvmjit.internal.encoding",
                "io.pvmjit.internal.front", "io.pvmjit.internal.jit", "io.pvmjit.internal.selection",
                "io.pvmjit.internal.sharing").check(CLASSES);
    }
}
