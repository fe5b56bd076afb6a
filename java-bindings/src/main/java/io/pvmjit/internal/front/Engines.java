package io.pvmjit.internal.front;

import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.internal.selection.Backends;
import io.pvmjit.internal.selection.Backends.Selected;
import java.util.function.Function;

/** Makes engines: found by its name, with a constructor for all. */
public final class Engines implements Function<EngineConfig, Engine> {
    @Override
    public Engine apply(EngineConfig config) {
        var selected = Backends.select(config, Engines::tryOut);
        try {
            return new FrontEngine(selected);
        } catch (Throwable e) {
            selected.engine().close();
            throw e;
        }
    }

    private static void tryOut(Selected selected) {
        try (var engine = new FrontEngine(selected)) {
            Trial.run(engine);
        }
    }
}
