package io.pvmjit.bench.workload;

import java.util.List;

/**
 * C sources that others wrote, in a package of the npm registry.
 *
 * @param npm the package's name
 * @param integrity of the archive, as npm writes it: {@code sha512-} and the digest in Base64
 * @param files what is compiled, paths in the package
 */
public record NpmPackage(String npm, String version, String integrity, List<String> files) {
    public NpmPackage {
        files = files == null ? List.of() : List.copyOf(files);
    }

    /** The name and version, as npm writes them. */
    @Override
    public String toString() {
        return npm + "@" + version;
    }

    /** The name of its folder. */
    String folderName() {
        return toString().replace('/', '_');
    }
}
