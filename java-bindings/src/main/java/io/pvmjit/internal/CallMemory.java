package io.pvmjit.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;

/** Memory off the heap for one call of the C library; of one thread. */
final class CallMemory implements SegmentAllocator, AutoCloseable {
    private final Arena arena = Arena.ofConfined();

    @Override
    public MemorySegment allocate(long byteSize, long byteAlignment) {
        return arena.allocate(byteSize, byteAlignment);
    }

    /** Room for the address of an object that the call makes, zero until then. */
    MemorySegment allocateResult() {
        var result = allocate(ValueLayout.JAVA_LONG);
        // What takes the address out must have the stack for it before there is an object that could be lost.
        result.get(ValueLayout.JAVA_LONG, 0);
        return result;
    }

    /** Never throws: what the call did, and an error that it met, must not be lost for some octets. */
    @Override
    public void close() {
        try {
            arena.close();
        } catch (VirtualMachineError _) {
            // At the end of heap or stack the octets stay allocated.
        }
    }
}
