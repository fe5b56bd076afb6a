package io.pvmjit.internal.jit;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A Java object that is made before what it stands for in the C library, with room for the address that C will put
 * there: an error may come with any call in between, also in the way back from C, and loses nothing. Whoever makes the
 * object either hands it out, or leaves it to the engine to be closed later.
 */
abstract sealed class NativeObject permits NativeModule, NativeMachine {
    /** Where C puts an address. Engines use them again. */
    static final class Cell {
        final MemorySegment segment;
        Cell next;

        Cell(MemorySegment segment) {
            this.segment = segment;
        }
    }

    /** Until the object is handed out; null then. */
    Cell cell;
    /** The next object that was left to the engine. */
    NativeObject nextLeft;
    /** Of the native object; 0 while it is not known, or there is none. */
    private long address;

    NativeObject(Cell cell) {
        this.cell = cell;
    }

    /** Of the native object; 0 when there is none. */
    final long address() {
        if (address == 0) {
            address = cell.segment.get(ValueLayout.JAVA_LONG, 0);
        }
        return address;
    }

    /** Gives the native object back. */
    public abstract void close();
}
