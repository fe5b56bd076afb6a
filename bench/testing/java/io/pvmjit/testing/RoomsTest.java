package io.pvmjit.testing;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** In each module that compiles this: its packages stand on each other in one direction, and on the libraries' API alone. */
class RoomsTest {
    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target/classes"));

    @Test
    void packagesStandOnEachOtherInOneDirection() {
        slices().matching("io.pvmjit.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void whatIsInsideTheLibrariesIsNotReached() {
        noClasses().should().dependOnClassesThat()
                .resideInAnyPackage("io.pvmjit.ffi", "io.pvmjit.interpreter", "io.pvmjit.internal..").check(CLASSES);
    }
}
