package io.pvmjit.bench.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.pvmjit.bench.peer.Verification.Answer;
import io.pvmjit.bench.peer.Verification.Cost;
import io.pvmjit.bench.workload.BuiltWorkload;
import io.pvmjit.bench.workload.Kind;
import io.pvmjit.bench.workload.Target;
import io.pvmjit.bench.workload.Workload;
import io.pvmjit.testing.Toolchains;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Peers are compared only when their results are equal. */
class VerificationTest {
    /** A module whose function run gives its parameter back: types, functions, exports, code. */
    private static final byte[] ECHO = HexFormat.of().parseHex(
            "0061736d01000000" + "01060160017e017e" + "03020100" + "0707010372756e0000" + "0a0601040020000b");
    private static final Cost COST = new Cost(1, 1);

    @TempDir
    private Path folder;

    private BuiltWorkload echo() throws IOException {
        Files.write(folder.resolve("module.wasm"), ECHO);
        return new BuiltWorkload(new Workload("echo", "", Kind.COMPUTATION, List.of(), List.of(), 1, 1,
                Set.of(Target.WASM), 1, List.of(), List.of()), folder);
    }

    private Verification compare(Answer jit, Answer interpreter) throws IOException {
        var answers = new EnumMap<Peer, Answer>(Peer.class);
        answers.put(Peer.NATIVE, new Answer(0x11, 0, COST, ""));
        answers.put(Peer.JIT, jit);
        answers.put(Peer.INTERPRETER, interpreter);
        return Verification.compare(echo(), 5, answers);
    }

    @Test
    void equalAnswersAreVerified() throws IOException {
        var verified = compare(new Answer(0x11, 90, COST, ""), new Answer(0x11, 90, COST, "is slow"));
        assertEquals(0x11, verified.result());
        assertEquals(90, verified.gasUsed());
        assertEquals(Set.of(Peer.NATIVE, Peer.JIT, Peer.INTERPRETER), verified.costs().keySet());
        assertEquals(List.of("PVM, our interpreter: echo is slow"), verified.remarks());
    }

    @Test
    void aWrongResultNamesWorkloadAndPeer() {
        var e = assertThrows(WrongResultException.class,
                () -> compare(new Answer(0x12, 90, COST, ""), new Answer(0x11, 90, COST, "")));
        assertEquals("workload echo: jit returned 0x12, native 0x11", e.getMessage());
    }

    @Test
    void differentGasNamesWorkloadAndPeer() {
        var e = assertThrows(WrongResultException.class,
                () -> compare(new Answer(0x11, 90, COST, ""), new Answer(0x11, 91, COST, "")));
        assertEquals("workload echo: interpreter used gas 91, jit 90", e.getMessage());
    }

    @Test
    void webAssemblyRunsOnTheJvm() throws IOException {
        try (var subject = Subject.open(Peer.ENDIVE, echo())) {
            assertEquals(-7, subject.oneShot(-7));
            subject.prepare();
            assertEquals(1L << 40, subject.run(1L << 40));
            assertEquals("", subject.remark());
        }
    }

    @Test
    void nodeRunsAndTimesAWorkload() throws IOException {
        Toolchains.require("node");
        try (var node = new NodeRunner()) {
            var loop = new NodeRunner.Loop(2, 1);
            var answer = node.run(echo(), new NodeRunner.Order(-7, "fffffffffffffff9", Peer.V8.phases(), loop, loop, loop));
            assertEquals("fffffffffffffff9", answer.path("result").asText());
            var samples = NodeRunner.samples(answer);
            assertEquals(Set.of(Phase.values()), samples.keySet());
            samples.values().forEach(figures -> assertEquals(2, figures.size()));
        }
    }

    @Test
    void aWrongResultOnNodeNamesWorkloadAndPeer() throws IOException {
        Toolchains.require("node");
        try (var node = new NodeRunner()) {
            var loop = new NodeRunner.Loop(1, 1);
            var order = new NodeRunner.Order(7, "8", List.of(Phase.RUN), loop, loop, loop);
            var built = echo();
            var e = assertThrows(WrongResultException.class, () -> node.run(built, order));
            assertEquals("workload echo on v8: node failed (1): error: returned 7, not 8", e.getMessage());
        }
    }
}
