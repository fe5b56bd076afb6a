package io.pvmjit.internal.jit;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/** Memory off the heap for one call of the C library; of one thread. */
final class CallMemory implements SegmentAllocator, AutoCloseable {
    private final Arena arena = Arena.ofConfined();

    @Override
    public MemorySegment allocate(long byteSize, long byteAlignment) {
        return arena.allocate(byteSize, byteAlignment);
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
