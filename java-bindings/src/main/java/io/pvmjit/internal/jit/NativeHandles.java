package io.pvmjit.internal.jit;

import io.pvmjit.ffi.PvmJit;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Functions of the C library by raw addresses, where the segments of {@link PvmJit} cost too much. Giving objects back
 * takes nothing from the Java heap, so that it works when there is nothing to take; running an instance looks at no
 * segment, which is 2 ns of each host call.
 */
final class NativeHandles {
    private static final MethodHandle DESTROY_ENGINE = function(
            PvmJit.pvm_engine_destroy$address(),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle RELEASE_MODULE =
            function(PvmJit.pvm_module_release$address(), FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
    private static final MethodHandle DESTROY_INSTANCE =
            function(PvmJit.pvm_instance_destroy$address(), FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));

    private static final MethodHandle RUN = function(
            PvmJit.pvm_run$address(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
    private static final MethodHandle RUN_ANSWERING_GAS = function(
            PvmJit.pvm_run_answering_gas$address(),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));

    /** More calls than the JDK waits for before it makes a method handle a form of its own, on the heap. */
    private static final int CALLS_UNTIL_SPECIALISED = 1000;

    static {
        // Of nothing, which C takes for nothing to do: what these calls take from the heap they take now.
        for (int i = 0; i < CALLS_UNTIL_SPECIALISED; i++) {
            destroyEngine(0);
            releaseModule(0);
            destroyInstance(0);
        }
    }

    private NativeHandles() {}

    private static MethodHandle function(MemorySegment address, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(address, descriptor);
    }

    /** The status: not PVM_OK, and nothing done, when modules or instances of the engine are alive. */
    static int destroyEngine(long engine) {
        try {
            return (int) DESTROY_ENGINE.invokeExact(engine, 0L);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    static void releaseModule(long module) {
        try {
            RELEASE_MODULE.invokeExact(module);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    static void destroyInstance(long context) {
        try {
            DESTROY_INSTANCE.invokeExact(context);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    static int run(long context) {
        try {
            return (int) RUN.invokeExact(context);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    static int runAnsweringGas(long context, long number, long cost) {
        try {
            return (int) RUN_ANSWERING_GAS.invokeExact(context, number, cost);
        } catch (Throwable e) {
            throw unchecked(e);
        }
    }

    /** C throws nothing; the JVM may, for want of stack. */
    private static Error unchecked(Throwable e) {
        return e instanceof Error error ? error : new AssertionError(e);
    }
}
