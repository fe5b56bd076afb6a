package io.pvmjit.conformance;

import io.pvmjit.input.InputException;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The vectors below some folders.
 *
 * @param files in the order of their paths, each once
 * @param leftOut folders whose kind belongs to the vectors but is not run by this command
 */
public record VectorFiles(List<VectorFile> files, List<Path> leftOut) {
    private static final Set<String> NOT_RUN = Set.of("hostcalls");

    /**
     * Finds them: JSON files whose nearest folder with the name of a kind tells theirs. Such a folder may be one of
     * those given or lie anywhere below.
     *
     * @throws InputException when one of the folders is none
     */
    public static VectorFiles find(Collection<Path> folders) {
        var finder = new Finder();
        for (var folder : folders) {
            if (!Files.exists(folder)) {
                throw new InputException(folder + ": no such directory");
            }
            if (!Files.isDirectory(folder)) {
                throw new InputException(folder + " is a file, not a directory of vectors");
            }
            try {
                // Absolute, so that the folder "." has a name.
                Files.walkFileTree(folder.toAbsolutePath().normalize(), EnumSet.of(FileVisitOption.FOLLOW_LINKS),
                        Integer.MAX_VALUE, finder.from(folder));
            } catch (IOException e) {
                throw new InputException(folder + " cannot be searched: " + e.getMessage());
            }
        }
        return new VectorFiles(List.copyOf(finder.found.values()), List.copyOf(finder.leftOut));
    }

    private static final class Finder extends SimpleFileVisitor<Path> {
        /** By their absolute paths: folders given may contain each other. */
        private final SortedMap<Path, VectorFile> found = new TreeMap<>();
        private final TreeSet<Path> leftOut = new TreeSet<>();
        private Path root;

        Finder from(Path folder) {
            root = folder.toAbsolutePath().normalize();
            return this;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            if (NOT_RUN.contains(String.valueOf(folder.getFileName()))) {
                leftOut.add(folder);
                return FileVisitResult.SKIP_SUBTREE;
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (file.toString().endsWith(".json")) {
                kind(file).ifPresent(kind -> found.put(file, new VectorFile(kind, file)));
            }
            return FileVisitResult.CONTINUE;
        }

        private Optional<VectorKind> kind(Path file) {
            // Names above the folder that was given mean nothing.
            return Stream.iterate(file.getParent(), each -> each != null && each.startsWith(root), Path::getParent)
                    .flatMap(folder -> VectorKind.of(folder).stream()).findFirst();
        }
    }
}
