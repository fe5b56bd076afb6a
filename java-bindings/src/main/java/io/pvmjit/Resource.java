package io.pvmjit;

/** What guests spend beside gas. Amounts are octets. */
public enum Resource {
    /** Room for machine code. Whoever gets none runs on the interpreter, with the same results and gas. */
    CODE("machine code", "codePerInvocation", "EngineConfig.codeArenaBytes"),
    /** Memory: pages of RAM from the moment they are accessible, and what modules take beside machine code. */
    MEMORY("memory", "memoryPerInvocation", "Quotas.memory"),
    /** What interpreted programs take of the Java heap: their pages once written, and their modules. */
    HEAP("Java heap", "heapPerInvocation", "Quotas.heap, or -Xmx");

    private final String label;
    private final String quota;
    private final String total;

    Resource(String label, String quota, String total) {
        this.label = label;
        this.quota = quota;
        this.total = total;
    }

    /** What it is called in messages. */
    public String label() {
        return label;
    }

    /** The component of {@link Quotas} that bounds what one invocation has of it. */
    public String quota() {
        return quota;
    }

    /** What to raise for all invocations to have more of it. */
    public String total() {
        return total;
    }
}
