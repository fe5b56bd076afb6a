package io.pvmjit.conformance;

import io.pvmjit.Engine;
import java.nio.file.Path;
import java.util.Optional;

/** A kind of vector: what its files are checked by, known from the name of their folder. */
public enum VectorKind {
    PROGRAMS("programs", StepVectors::check),
    KOUTE("koute", StepVectors::check),
    GAS("gas", GasVectors::check),
    FUZZ("fuzz", StepVectors::check),
    DEBLOB("deblob", DeblobVectors::check),
    TRACES("traces", TraceVectors::check),
    RUNS("runs", RunVectors::check),
    SPI("spi", SpiVectors::check),
    REFINE("refine", RefineVectors::check);

    /** Runs a case and collects what differs. */
    @FunctionalInterface
    interface Check {
        /** @throws MalformedVectorException when the case does not have the form of its kind */
        void run(Engine engine, VectorFile file, Fields vector, Differences differences);
    }

    private final String folder;
    private final Check check;

    VectorKind(String folder, Check check) {
        this.folder = folder;
        this.check = check;
    }

    public String folder() {
        return folder;
    }

    Check check() {
        return check;
    }

    /** The kind whose folder has this name. */
    static Optional<VectorKind> of(Path folder) {
        var name = String.valueOf(folder.getFileName());
        for (var kind : values()) {
            if (kind.folder.equals(name)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }
}
