package io.pvmjit.bench.peer;

import io.pvmjit.bench.workload.BuiltWorkload;
import io.pvmjit.bench.workload.SetupException;
import io.pvmjit.bench.workload.Target;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** A shared library, called from Java. It was compiled long before: only its run is timed. */
final class NativeSubject implements Subject {
    private final Arena arena = Arena.ofShared();
    private final MethodHandle run;

    NativeSubject(BuiltWorkload workload) {
        var file = workload.file(Target.NATIVE);
        try {
            var symbol = SymbolLookup.libraryLookup(file, arena).find("run")
                    .orElseThrow(() -> new SetupException(file + " has no function run"));
            run = Linker.nativeLinker().downcallHandle(symbol,
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
        } catch (IllegalArgumentException e) {
            throw new SetupException("cannot load " + file + ": " + e.getMessage());
        }
    }

    @Override
    public void prepare() {
        // The build did.
    }

    @Override
    public long run(long parameter) {
        try {
            return (long) run.invokeExact(parameter);
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    @Override
    public long oneShot(long parameter) {
        return run(parameter);
    }

    @Override
    public Object compile() {
        throw new UnsupportedOperationException("native code is compiled by the build");
    }

    @Override
    public Object make() {
        throw new UnsupportedOperationException("native code has no instances");
    }

    @Override
    public void close() {
        arena.close();
    }
}
