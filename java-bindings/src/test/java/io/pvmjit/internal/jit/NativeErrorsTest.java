package io.pvmjit.internal.jit;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.NativeLoadException;
import io.pvmjit.ResourceLimitException;
import io.pvmjit.ffi.PvmJit;
import io.pvmjit.ffi.pvm_error;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** What a status of the library becomes in Java. */
class NativeErrorsTest {
    private static void check(int status) {
        try (var arena = Arena.ofConfined()) {
            var error = pvm_error.allocate(arena);
            pvm_error.offset(error, 7);
            pvm_error.message(error).setString(0, "the message");
            NativeEngine.check(status, error);
        }
    }

    private static void assertThrown(Class<? extends Throwable> kind, int status) {
        var thrown = assertThrows(kind, () -> check(status));
        assertEquals(kind, thrown.getClass());
        assertTrue(thrown.getMessage().contains("the message"), thrown.getMessage());
    }

    @Test
    void everyStatusHasItsKind() {
        assertDoesNotThrow(() -> check(PvmJit.PVM_OK()));
        assertThrown(InvalidProgramException.class, PvmJit.PVM_INVALID_PROGRAM());
        assertThrown(ResourceLimitException.class, PvmJit.PVM_RESOURCE_LIMIT());
        assertThrown(NativeLoadException.class, PvmJit.PVM_UNSUPPORTED());
        assertThrown(IllegalArgumentException.class, PvmJit.PVM_INVALID_ARGUMENT());
        // Not for an embedder to handle: the library or its binding is wrong.
        assertThrown(AssertionError.class, PvmJit.PVM_INTERNAL_ERROR());
        assertThrown(AssertionError.class, 99);
    }

    /** Shared by all threads: it keeps nothing of those that throw it. */
    @Test
    void aLimitMadeInAdvanceRemembersNothing() {
        var shared = ResourceLimitException.withoutTrace("no room");
        shared.addSuppressed(new IllegalStateException());
        assertEquals(0, shared.getSuppressed().length);
        assertEquals(0, shared.getStackTrace().length);
        assertEquals("no room", shared.getMessage());
    }
}
