package io.pvmjit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The packages stand on each other in one direction. Names that embedders use pin two packages to several floors of the
 * house (jit-native/docs/adr/0008-packages.md): these are looked at floor by floor, everything else by package.
 */
class RoomsTest {
    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target/classes"));

    /** The packages that are in a ring for the sake of names. None may be added; one that leaves the ring goes from here. */
    private static final Set<String> API =
            Set.of("io.pvmjit", "io.pvmjit.program", "io.pvmjit.rules", "io.pvmjit.internal.backend");

    /** Of {@code io.pvmjit}: what runs programs. It stands on everything. */
    private static final Set<String> FRONT = Set.of("Account", "Engine", "HostWatch", "Instance", "Memory", "Module",
            "RamCharge", "Trial", "Turn", "TurnHistory", "TurnOrder", "Turns");
    /** Of {@code io.pvmjit}: descriptions that know rules and instructions. What is neither is a value and knows nothing. */
    private static final Set<String> DESCRIPTIONS = Set.of("EngineConfig", "StandardProgram");

    private static ArchRule noRings(String description, Function<JavaClass, String> sliceOf) {
        return slices().assignedFrom(new SliceAssignment() {
            @Override
            public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
                return SliceIdentifier.of(sliceOf.apply(javaClass));
            }

            @Override
            public String getDescription() {
                return description;
            }
        }).should().beFreeOfCycles();
    }

    private static String floor(JavaClass javaClass) {
        var name = javaClass.getFullName().replaceFirst("\\$.*", "").replaceFirst(".*\\.", "");
        return switch (javaClass.getPackageName()) {
            case "io.pvmjit" -> FRONT.contains(name) ? "front" : DESCRIPTIONS.contains(name) ? "descriptions" : "values";
            case "io.pvmjit.program" -> name.equals("Program") ? "programs" : "instructions";
            case String other -> other;
        };
    }

    private static ArchRule noRingsOutside(Set<String> ring) {
        return noRings("packages", javaClass -> {
            var name = javaClass.getPackageName();
            return ring.contains(name) ? "the API" : name;
        });
    }

    @Test
    void floorsStandOnEachOtherInOneDirection() {
        noRings("floors", RoomsTest::floor).check(CLASSES);
    }

    @Test
    void packagesStandOnEachOtherInOneDirection() {
        noRingsOutside(API).check(CLASSES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"io.pvmjit", "io.pvmjit.program", "io.pvmjit.rules", "io.pvmjit.internal.backend"})
    void theRingOfTheApiHasNoMoreThanItsPackages(String one) {
        var others = new HashSet<>(API);
        others.remove(one);
        assertTrue(noRingsOutside(others).evaluate(CLASSES).hasViolation(), one + " is in no ring any more");
    }

    @Test
    void theOutputOfJextractIsReachedFromTheJitAlone() {
        noClasses().that().resideOutsideOfPackages("io.pvmjit.ffi", "io.pvmjit.internal.jit")
                .should().dependOnClassesThat().resideInAPackage("io.pvmjit.ffi").check(CLASSES);
    }

    @Test
    void nobodyKnowsABackendButWhoChoosesOne() {
        noClasses().that().resideOutsideOfPackages("io.pvmjit.interpreter", "io.pvmjit.internal.jit",
                "io.pvmjit.internal.crosscheck", "io.pvmjit.internal.sharing", "io.pvmjit.internal.selection")
                .should().dependOnClassesThat().resideInAnyPackage("io.pvmjit.interpreter", "io.pvmjit.internal.jit",
                        "io.pvmjit.internal.crosscheck", "io.pvmjit.internal.sharing", "io.pvmjit.internal.selection")
                .check(CLASSES);
    }
}
