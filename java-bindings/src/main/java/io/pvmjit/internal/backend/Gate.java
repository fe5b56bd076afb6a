package io.pvmjit.internal.backend;

/** What a compilation that takes long passes before it begins, so that not all processors compile at once. */
public interface Gate {
    /** Always open. */
    Gate OPEN = new Gate() {
        @Override
        public boolean enter(long octets) {
            return false;
        }

        @Override
        public void leave() {
            throw new AssertionError("nobody entered");
        }
    };

    /**
     * Waits until a program of so many octets may be compiled.
     *
     * @return whether the gate must be left afterwards
     * @throws io.pvmjit.InterruptedCompilationException when that is not to be awaited any more
     */
    boolean enter(long octets);

    /** Takes nothing from the Java heap. */
    void leave();
}
