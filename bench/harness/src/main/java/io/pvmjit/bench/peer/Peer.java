package io.pvmjit.bench.peer;

import io.pvmjit.bench.workload.SetupException;
import io.pvmjit.bench.workload.Target;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** What runs workloads. The order is that of reports and of every round of measurements. */
public enum Peer {
    /** {@code gcc -O2}, called from Java: the limit. */
    NATIVE("native", "native, gcc -O2", Target.NATIVE, List.of(Phase.RUN)),
    /** Our machine code. */
    JIT("jit", "PVM, our JIT", Target.PVM, List.of(Phase.values())),
    /** WebAssembly on V8, in a process of its own. */
    V8("v8", "WebAssembly, V8", Target.WASM, List.of(Phase.values())),
    /** WebAssembly compiled to bytecode of the JVM. */
    ENDIVE("endive", "WebAssembly, Endive", Target.WASM, List.of(Phase.values())),
    /** Our interpreter. */
    INTERPRETER("interpreter", "PVM, our interpreter", Target.PVM, List.of(Phase.values()));

    private final String label;
    private final String title;
    private final Target target;
    private final List<Phase> phases;

    Peer(String label, String title, Target target, List<Phase> phases) {
        this.label = label;
        this.title = title;
        this.target = target;
        this.phases = phases;
    }

    /** The name on command lines and in raw data. */
    public String label() {
        return label;
    }

    /** The name for readers. */
    public String title() {
        return title;
    }

    /** What it runs. */
    public Target target() {
        return target;
    }

    /** What is timed. */
    public List<Phase> phases() {
        return phases;
    }

    /** Whether it runs in this JVM, under JMH. */
    public boolean inProcess() {
        return this != V8;
    }

    /**
     * The peer with this label.
     *
     * @throws SetupException when there is none
     */
    public static Peer of(String label) {
        return Arrays.stream(values()).filter(peer -> peer.label.equals(label)).findFirst()
                .orElseThrow(() -> new SetupException("there is no peer '" + label + "': expected "
                        + Arrays.stream(values()).map(Peer::label).collect(Collectors.joining(", "))));
    }
}
