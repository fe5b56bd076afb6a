package io.pvmjit;

import java.util.function.Consumer;

/**
 * How much of a machine guests may take, all together and each invocation. 0 means the default. Amounts are octets.
 *
 * <p>Half of each total is divided into equal shares, one for each of the invocations that are to run at once: an invocation
 * is never refused what is within its share, whatever others have. Beyond that it takes from the other half, which all have
 * in common, up to its own bound. What the embedder compiles and runs in no invocation takes from that half alone.
 *
 * @param invocations how many have a share of their own at a time (default 128); more may run, on what is in common
 * @param codePerInvocation machine code of one invocation (default a quarter of the code arena); what is beyond runs on
 *     the interpreter
 * @param memory of all guests: accessible pages, and modules beside their machine code (default three
 *     quarters of the machine's memory)
 * @param memoryPerInvocation the same of one invocation (default a quarter of {@code memory})
 * @param heap of all guests on the interpreter: written pages and modules on the Java heap (default half of its maximum)
 * @param heapPerInvocation the same of one invocation (default a quarter of {@code heap})
 */
public record Quotas(
        int invocations,
        long codePerInvocation,
        long memory,
        long memoryPerInvocation,
        long heap,
        long heapPerInvocation) {
    private static final Quotas DEFAULTS = new Draft().with(_ -> {});

    /** Checks the ranges; {@link #defaults()} and the methods behind it are the way to one. */
    public Quotas {
        if (invocations < 0 || codePerInvocation < 0 || memory < 0 || memoryPerInvocation < 0 || heap < 0
                || heapPerInvocation < 0) {
            throw new IllegalArgumentException("a quota is negative");
        }
    }

    /** All as described above. */
    public static Quotas defaults() {
        return DEFAULTS;
    }

    /** This with another {@link #invocations()}. */
    public Quotas withInvocations(int value) {
        return new Draft(this).with(draft -> draft.invocations = value);
    }

    /** This with another {@link #codePerInvocation()}. */
    public Quotas withCodePerInvocation(long value) {
        return new Draft(this).with(draft -> draft.codePerInvocation = value);
    }

    /** This with another {@link #memory()}. */
    public Quotas withMemory(long value) {
        return new Draft(this).with(draft -> draft.memory = value);
    }

    /** This with another {@link #memoryPerInvocation()}. */
    public Quotas withMemoryPerInvocation(long value) {
        return new Draft(this).with(draft -> draft.memoryPerInvocation = value);
    }

    /** This with another {@link #heap()}. */
    public Quotas withHeap(long value) {
        return new Draft(this).with(draft -> draft.heap = value);
    }

    /** This with another {@link #heapPerInvocation()}. */
    public Quotas withHeapPerInvocation(long value) {
        return new Draft(this).with(draft -> draft.heapPerInvocation = value);
    }

    /** What quotas are made of, while they are made: the one place, beside the components, that has all of them. */
    private static final class Draft {
        private int invocations;
        private long codePerInvocation;
        private long memory;
        private long memoryPerInvocation;
        private long heap;
        private long heapPerInvocation;

        Draft() {}

        Draft(Quotas from) {
            invocations = from.invocations;
            codePerInvocation = from.codePerInvocation;
            memory = from.memory;
            memoryPerInvocation = from.memoryPerInvocation;
            heap = from.heap;
            heapPerInvocation = from.heapPerInvocation;
        }

        Quotas with(Consumer<Draft> change) {
            change.accept(this);
            return new Quotas(invocations, codePerInvocation, memory, memoryPerInvocation, heap, heapPerInvocation);
        }
    }
}
