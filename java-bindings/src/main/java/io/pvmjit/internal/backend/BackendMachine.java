package io.pvmjit.internal.backend;

import io.pvmjit.ExitKind;
import io.pvmjit.PageAccess;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/**
 * One machine of one backend: what {@link io.pvmjit.Instance} drives. Not thread-safe and not checked for use after
 * close: the instance sees to both. Addresses and lengths are unsigned 64-bit values that a guest may have chosen; a
 * range is accessible only when it lies below 2^32 with all its pages; an empty range always is.
 */
public interface BackendMachine {
    long register(int index);

    void register(int index, long value);

    /** Unsigned. */
    long gas();

    void gas(long value);

    /** Where the next run starts, unsigned 32 bits. */
    long pc();

    void pc(long value);

    boolean gasCharged();

    void gasCharged(boolean value);

    /** Runs from {@link #pc()} until an exit. */
    ExitKind run();

    /**
     * As {@link #run()}, answering the host call {@code gas} as often as the guest makes it, or coming out for it as for
     * every other: see {@link io.pvmjit.Instance#resumeAnsweringGas}.
     *
     * @param number of that call
     * @param cost unsigned
     */
    default ExitKind runAnsweringGas(long number, long cost) {
        return run();
    }

    /**
     * Executes one instruction, from {@link #pc()} on: for backends that can.
     *
     * @return null when the machine may go on behind it, else the exit that {@link #run()} would have come to
     */
    default ExitKind step() {
        throw new UnsupportedOperationException("this backend runs blocks, not single instructions: the interpreter does");
    }

    /**
     * Makes the run that is under way stop at the start of a block soon, or else the next one before it does anything:
     * an {@link ExitKind#INTERRUPTED}. The only method for threads other than the machine's own; not after close.
     */
    void interrupt();

    /** Takes back an interrupt for which no run has stopped; whether there was one. */
    boolean takeInterrupt();

    /** Page address or host-call number of the last exit, else 0. */
    long exitArgument();

    /** Address of the instruction that made the last exit. */
    long exitPc();

    /** @param page 0 to 2^20 - 1 */
    PageAccess access(int page);

    boolean readable(long address, long length);

    boolean writable(long address, long length);

    /** Copies RAM to {@code target[offset..]}; false, and nothing copied, when the range is not readable. */
    boolean read(long address, MemorySegment target, long offset, long length);

    /** Copies {@code source[offset..]} to RAM; false, and nothing copied, when the range is not writable. */
    boolean write(long address, MemorySegment source, long offset, long length);

    /** Fills an array from RAM, as {@link #read(long, MemorySegment, long, long)}. */
    default boolean read(long address, byte[] target) {
        return read(address, MemorySegment.ofArray(target), 0, target.length);
    }

    /** Copies an array to RAM, as {@link #write(long, MemorySegment, long, long)}. */
    default boolean write(long address, byte[] source) {
        return write(address, MemorySegment.ofArray(source), 0, source.length);
    }

    /** As {@link #write}, into pages that are at least readable. */
    boolean fill(long address, MemorySegment source, long offset, long length);

    /**
     * A view, or where the backend has none a copy, of readable RAM; null when the range is not readable. Valid until
     * the machine runs, changes or closes: never handed to users.
     */
    MemorySegment view(long address, long length);

    /**
     * Applies an action to a {@link #view}; null when the range is not readable. A copy is paid for meanwhile.
     */
    default <T> T withView(long address, long length, Function<MemorySegment, T> action) {
        var view = view(address, length);
        return view == null ? null : action.apply(view);
    }

    /** Sets access and, if asked, zeroes the pages. The range is valid: below 2^20, and from page 16 unless NONE. */
    void protect(int firstPage, int pageCount, PageAccess access, boolean zero);

    /** Whether the machine runs with software page checks in place of hardware protection. */
    boolean checked();

    /**
     * From now on the machine does without the checks in software that it would have only because it faults often.
     *
     * @return whether it does without them now
     */
    default boolean checkByHardware() {
        return !checked();
    }

    /** Called once; again after an error, for which it may do no part twice. Takes nothing from the Java heap. */
    void close();
}
