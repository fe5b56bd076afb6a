package io.pvmjit.stress;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;

/** The ways to run guests, between which nobody may notice a difference. */
public enum Setup {
    /** As embedders have it, with its module cache; the others compile whatever they are given. */
    DEFAULT(Backend.JIT, EngineConfig.defaults()),
    JIT(Backend.JIT, uncached()),
    JIT_BASE_REGISTER(Backend.JIT, uncached().withAddressing(EngineConfig.Addressing.BASE_REGISTER)),
    JIT_CHECKED(Backend.JIT, uncached().withAlwaysChecked(true)),
    JIT_SINGLE_MAPPING(Backend.JIT, uncached().withSingleMapping(true)),
    INTERPRETER(Backend.INTERPRETER, uncached()),
    CROSSCHECK(Backend.CROSSCHECK, uncached());

    private final Backend backend;
    private final EngineConfig config;

    Setup(Backend backend, EngineConfig config) {
        this.backend = backend;
        this.config = config.withBackend(backend);
    }

    private static EngineConfig uncached() {
        return EngineConfig.defaults().withModuleCacheBytes(0);
    }

    public Backend backend() {
        return backend;
    }

    public EngineConfig config() {
        return config;
    }

    /** A new engine of this kind. */
    public Engine engine() {
        return Engine.create(config);
    }
}
