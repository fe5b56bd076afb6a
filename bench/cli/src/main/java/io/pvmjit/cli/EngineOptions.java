package io.pvmjit.cli;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.EngineRules;
import io.pvmjit.Hardening;
import io.pvmjit.Revision;
import io.pvmjit.input.InputException;
import io.pvmjit.rules.Rules;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
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
            names = "--hardening",
            paramLabel = "KIND",
            split = ",",
            converter = HardeningConverter.class,
            description = "Make machine code harder to abuse, and slower: retpolines, blinded-constants. Default: nothing "
                    + "of it.")
    private Set<Hardening> hardening = Set.of();

    @Mixin
    private RevisionOption revision;

    /** The chosen revision; empty when none is. */
    Optional<Revision> revision() {
        return revision.chosen();
    }

    /** The rules of the chosen revision, or those of the default. */
    Rules rules() {
        return revision.rules();
    }

    Engine engine() {
        return engine(rules());
    }

    Engine engine(EngineRules rules) {
        return engine(backend, EngineConfig.defaults().withRules(rules).withHardening(hardening));
    }

    /** @param backend null for the one that is chosen by itself */
    static Engine engine(Backend backend, EngineRules rules) {
        return engine(backend, EngineConfig.defaults().withRules(rules));
    }

    private static Engine engine(Backend backend, EngineConfig config) {
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

    static final class HardeningConverter implements ITypeConverter<Hardening> {
        @Override
        public Hardening convert(String value) {
            try {
                return Hardening.of(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
