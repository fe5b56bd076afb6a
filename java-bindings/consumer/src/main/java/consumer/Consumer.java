package consumer;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.asm.Assembler;
import io.pvmjit.hostcalls.Dispatcher;
import io.pvmjit.hostcalls.HostCallTable;

/** Runs a program with a host call on the JIT, and says how it came to the library. */
public final class Consumer {
    private Consumer() {}

    public static void main(String[] arguments) {
        var calls = HostCallTable.builder().add(7, context -> context.answer(42)).build();
        try (var engine = Engine.create();
                var module = engine.compile(Assembler.assemble("ecalli 7\njump_ind ra\n"));
                var instance = module.instantiate()) {
            instance.gas(1_000).register(0, 0xffff0000L);
            var exit = new Dispatcher(calls).run(instance);
            if (engine.backend() != Backend.JIT || instance.register(7) != 42) {
                throw new IllegalStateException(engine.backend() + " answered " + instance.register(7));
            }
            System.out.println(exit + ", as " + (Consumer.class.getModule().isNamed() ? "a module" : "a class"));
        }
    }
}
