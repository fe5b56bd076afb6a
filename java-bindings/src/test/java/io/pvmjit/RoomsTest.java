package io.pvmjit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The packages stand on each other in one direction: jit-native/docs/adr/0008-packages.md has the floors. */
class RoomsTest {
    private static final JavaClasses CLASSES = new ClassFileImporter().importPath(Path.of("target/classes"));

    /** From the ground up: none knows what is above it. */
    private static final List<Set<String>> FLOORS = List.of(
            Set.of("io.pvmjit.ffi", "io.pvmjit.internal.encoding", "io.pvmjit.internal.lifetime",
                    "io.pvmjit.internal.report", "io.pvmjit.internal.system"),
            Set.of("io.pvmjit"),
            Set.of("io.pvmjit.rules"),
            Set.of("io.pvmjit.program"),
            Set.of("io.pvmjit.asm", "io.pvmjit.debug", "io.pvmjit.internal.backend"),
            Set.of("io.pvmjit.interpreter", "io.pvmjit.internal.crosscheck", "io.pvmjit.internal.jit"),
            Set.of("io.pvmjit.internal.sharing"),
            Set.of("io.pvmjit.internal.selection"),
            Set.of("io.pvmjit.internal.front"));

    private static String[] packages(int from, int to) {
        return FLOORS.subList(from, to).stream().flatMap(Set::stream).toArray(String[]::new);
    }

    static IntStream floorsWithAnother() {
        return IntStream.range(0, FLOORS.size() - 1);
    }

    @Test
    void noPackagesAreInARing() {
        slices().assignedFrom(new SliceAssignment() {
            @Override
            public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
                return SliceIdentifier.of(javaClass.getPackageName());
            }

            @Override
            public String getDescription() {
                return "packages";
            }
        }).should().beFreeOfCycles().check(CLASSES);
    }

    @ParameterizedTest
    @MethodSource("floorsWithAnother")
    void aFloorDoesNotKnowWhatIsAboveIt(int floor) {
        noClasses().that().resideInAnyPackage(packages(floor, floor + 1))
                .should().dependOnClassesThat().resideInAnyPackage(packages(floor + 1, FLOORS.size())).check(CLASSES);
    }

    @Test
    void everyPackageIsOnAFloor() {
        assertEquals(Set.of(packages(0, FLOORS.size())),
                CLASSES.stream().map(JavaClass::getPackageName).filter(name -> !name.isEmpty()).collect(Collectors.toSet()));
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
                        "io.pvmjit.internal.crosscheck", "io.pvmjit.internal.sharing")
                .check(CLASSES);
    }

    /** One that an error cuts short while it is linked, when it first runs, may never run again. A flag of all modules. */
    @Test
    void concatenationsAreNotLinkedAtRunTime() throws IOException {
        try (var files = Files.walk(Path.of("target/classes"))) {
            var classes = files.filter(file -> file.toString().endsWith(".class")).toList();
            assertTrue(classes.size() > 20, () -> classes.size() + " classes");
            for (var file : classes) {
                assertFalse(Files.readString(file, StandardCharsets.ISO_8859_1).contains("makeConcatWithConstants"),
                        file::toString);
            }
        }
    }
}
