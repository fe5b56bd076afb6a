package io.pvmjit.bench.peer;

import io.pvmjit.bench.workload.BuiltWorkload;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What every peer computed for a workload, before anything is timed: the same, else there is no verification.
 *
 * @param result of all of them
 * @param gasUsed of our backends, the same on both; 0 without them
 * @param costs what a run takes on each peer, cold: no measurements, but they say how long a measurement will take
 * @param remarks what readers must know about a peer
 */
public record Verification(
        BuiltWorkload workload,
        long parameter,
        long result,
        long gasUsed,
        Map<Peer, Cost> costs,
        List<String> remarks) {

    /** Nanoseconds of a first one-shot and of a run after it. */
    public record Cost(long oneShot, long run) {
        /** The longest that an operation of this phase may take. */
        public long of(Phase phase) {
            return phase == Phase.RUN ? run : oneShot;
        }
    }

    /**
     * Runs a workload on every peer.
     *
     * @throws WrongResultException when results differ, or the gas of our backends
     */
    public static Verification of(BuiltWorkload workload, long parameter, List<Peer> peers, NodeRunner node) {
        var answers = new EnumMap<Peer, Answer>(Peer.class);
        for (var peer : peers) {
            if (workload.has(peer.target())) {
                answers.put(peer, answer(workload, parameter, peer, node));
            }
        }
        return compare(workload, parameter, answers);
    }

    /** What one peer said. */
    record Answer(long result, long gasUsed, Cost cost, String remark) {}

    private static Answer answer(BuiltWorkload workload, long parameter, Peer peer, NodeRunner node) {
        if (!peer.inProcess()) {
            var found = node.run(workload, NodeRunner.Order.result(parameter));
            return new Answer(Long.parseUnsignedLong(found.path("result").asText(), 16), 0, new Cost(0, 0), "");
        }
        try (var subject = Subject.open(peer, workload)) {
            long begin = System.nanoTime();
            long result = subject.oneShot(parameter);
            long oneShot = System.nanoTime() - begin;
            long gasUsed = subject.gasUsed();
            subject.prepare();
            long middle = System.nanoTime();
            long again = subject.run(parameter);
            var cost = new Cost(oneShot, System.nanoTime() - middle);
            if (again != result || subject.gasUsed() != gasUsed) {
                throw new WrongResultException("workload " + workload.name() + " on " + peer.label()
                        + ": its second run returned " + hex(again) + " with gas " + subject.gasUsed() + ", its first "
                        + hex(result) + " with gas " + gasUsed);
            }
            return new Answer(result, gasUsed, cost, subject.remark());
        }
    }

    /** Compares answers with the first, which is the native one where there is one. */
    static Verification compare(BuiltWorkload workload, long parameter, Map<Peer, Answer> answers) {
        var peers = List.copyOf(answers.keySet());
        long result = 0;
        long gasUsed = 0;
        var costs = new EnumMap<Peer, Cost>(Peer.class);
        var remarks = new ArrayList<String>();
        for (var peer : peers) {
            var answer = answers.get(peer);
            if (peer == peers.getFirst()) {
                result = answer.result();
            } else if (answer.result() != result) {
                throw new WrongResultException("workload " + workload.name() + ": " + peer.label() + " returned "
                        + hex(answer.result()) + ", " + peers.getFirst().label() + " " + hex(result));
            }
            if (answer.gasUsed() != 0) {
                if (gasUsed != 0 && answer.gasUsed() != gasUsed) {
                    throw new WrongResultException("workload " + workload.name() + ": " + peer.label() + " used gas "
                            + answer.gasUsed() + ", " + Peer.JIT.label() + " " + gasUsed);
                }
                gasUsed = answer.gasUsed();
            }
            costs.put(peer, answer.cost());
            if (!answer.remark().isEmpty()) {
                remarks.add(peer.title() + ": " + workload.name() + " " + answer.remark());
            }
        }
        return new Verification(workload, parameter, result, gasUsed, costs, remarks);
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
