package io.pvmjit.cli;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Revision;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of commands that need an engine. */
final class EngineOptions {
    @Option(
            names = "--backend",
            paramLabel = "BACKEND",
            converter = BackendConverter.class,
            description = "jit, interpreter or crosscheck. Default: jit where it works, else interpreter.")
    private Backend backend;

    @Option(
            names = "--revision",
            paramLabel = "REVISION",
            converter = RevisionConverter.class,
            description = "Rules of the Gray Paper: next or 0.8.0. Default: next.")
    private Revision revision;

    /** The chosen revision, or this one. */
    Revision revisionOr(Revision otherwise) {
        return revision == null ? otherwise : revision;
    }

    Engine engine() {
        return engine(revisionOr(EngineConfig.defaults().revision()));
    }

    Engine engine(Revision rules) {
        return engine(backend, rules);
    }

    /** @param backend null for the one that is chosen by itself */
    static Engine engine(Backend backend, Revision rules) {
        var config = EngineConfig.defaults().withRevision(rules);
        try {
            return Engine.create(backend == null ? config : config.withBackend(backend));
        } catch (IllegalArgumentException e) {
            throw new InputException("-Dpvmjit.backend: " + e.getMessage());
        }
    }

    static final class BackendConverter implements ITypeConverter<Backend> {
        @Override
        public Backend convert(String value) {
            try {
                return Backend.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    static final class RevisionConverter implements ITypeConverter<Revision> {
        @Override
        public Revision convert(String value) {
            try {
                return Revision.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
