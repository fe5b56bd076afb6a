package io.pvmjit.bench.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Engine;
import io.pvmjit.StandardProgram;
import io.pvmjit.asm.Assembler;
import io.pvmjit.bench.workload.NpmPackage;
import io.pvmjit.bench.workload.NpmPackages;
import io.pvmjit.bench.workload.SetupException;
import io.pvmjit.bench.workload.Tool;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCall;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.trace.TraceRecorder;
import io.pvmjit.hostcalls.trace.TraceWriter;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.OperandForm;
import io.pvmjit.testing.Toolchains;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A trace of ours is read and replayed by another team's implementation, anan-as, which follows the Gray Paper 0.7.2.
 *
 * <p>Compared are the numbers and places of host calls, all registers, the RAM that the host read, and the end. Not gas: by
 * 0.7.2 an instruction costs one unit, by ours a block costs what its pipeline takes. So the trace gets the gas that it
 * counts before it compares. The program keeps to opcodes that both revisions have, and to calls whose effect is all in the
 * trace: {@code grow_heap} and opcodes 101 to 111 are other things there.
 */
class ForeignReplayTest {
    private static final NpmPackage PACKAGE = new NpmPackage("@fluffylabs/anan-as", "1.2.0",
            "sha512-2fwkGI+morriBqnTBsm4NhbIJLdetGk81CBBgk1C0//HrFB00d66sCI9mGXVSewstmAoXANThOPsLn51uwGi4g==", List.of());
    private static final Pattern GAS = Pattern.compile("(?<=^(start|ecalli|HALT)[^\\n]{0,40}? gas=)\\d+", Pattern.MULTILINE);

    /** Turns its arguments into a number, asks a host for octets eight times and mixes them. */
    private static final byte[] PROGRAM = Assembler.assembleStandard("""
            .data
            buffer: .zero 64
            .heap_pages 1
            .stack 4096
            .code
                load_ind_u64 s0, [a0]
                load_imm s1, 8
                add_imm_64 sp, sp, -16
                fallthrough
            again:
                store_ind_u64 [sp + 8], s0
                move_reg a1, s0
                load_imm a0, buffer
                ecalli 20
                load_u64 t0, [buffer]
                load_i16 t1, [buffer + 8]
                mul_64 s0, s0, t0
                xor s0, s0, t1
                rot_r_64_imm s0, s0, 7
                store_u64 [buffer + 16], s0
                add_imm_64 s1, s1, -1
                branch_ne_imm s1, 0, again
                ecalli 21
                load_imm a0, buffer
                load_imm a1, 24
                jump_ind ra
            """);
    private static final int COMPUTING_CALLS = 400;
    private static final int INSTRUCTIONS_PER_CALL = 20;
    private static Path script;

    @BeforeAll
    static void fetch() {
        Toolchains.require("node", "npm");
        script = new NpmPackages(Path.of("../target/packages").toAbsolutePath().normalize()).fetch(PACKAGE)
                .resolve("dist/bin/index.js");
    }

    /** Computes with every opcode of two or three registers that both revisions have, and shows all registers to a host. */
    private static byte[] computing(SplittableRandom random) {
        var opcodes = Arrays.stream(Opcode.values())
                .filter(each -> each.form() == OperandForm.REG_REG_REG || each.form() == OperandForm.REG_REG_IMM)
                .filter(each -> each.units() != Opcode.Units.LOAD && each.units() != Opcode.Units.STORE)
                .toList();
        var names = List.of("t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5");
        var text = new StringBuilder(".data\nbuffer: .zero 64\n.heap_pages 1\n.stack 4096\n.code\n");
        for (int call = 0; call < COMPUTING_CALLS; call++) {
            text.append("load_imm_64 ").append(one(names, random)).append(", ").append(value(random)).append('\n');
            for (int i = 0; i < INSTRUCTIONS_PER_CALL; i++) {
                var opcode = one(opcodes, random);
                text.append(opcode.mnemonic()).append(' ').append(one(names, random)).append(", ")
                        .append(one(names, random)).append(", ")
                        .append(opcode.form() == OperandForm.REG_REG_REG
                                ? one(names, random) : Integer.toString((int) value(random)))
                        .append('\n');
            }
            text.append("ecalli 21\n");
        }
        return Assembler.assembleStandard(text + "load_imm a0, buffer\nload_imm a1, 24\njump_ind ra\n");
    }

    private static <T> T one(List<T> of, SplittableRandom random) {
        return of.get(random.nextInt(of.size()));
    }

    private static long value(SplittableRandom random) {
        return random.nextInt(3) == 0 ? random.nextInt(-70, 70) : random.nextLong() >> random.nextInt(64);
    }

    private static String trace() {
        return trace(PROGRAM);
    }

    private static String trace(byte[] blob) {
        HostCall mix = context -> {
            var octets = new byte[10];
            context.memory().read(context.register(7), octets);
            for (int i = 0; i < octets.length; i++) {
                octets[i] = (byte) (octets[i] * 31 + i + context.register(8));
            }
            context.memory().write(context.register(7), octets);
            return context.charge(10) ? context.answer(0) : HostCall.Outcome.OUT_OF_GAS;
        };
        var calls = HostCallTable.builder().add(20, mix).add(21, context -> context.answer(-2)).build();
        var program = StandardProgram.parse(blob);
        var arguments = "arguments".getBytes(StandardCharsets.US_ASCII);
        var code = new byte[1 + blob.length];
        System.arraycopy(blob, 0, code, 1, blob.length);
        var text = new ByteArrayOutputStream();
        try (var engine = Engine.create();
                var module = engine.compile(program.programBlob());
                var instance = module.instantiate(program.image(arguments));
                var writer = new TraceWriter(text);
                var recorder = new TraceRecorder(writer, code)) {
            var invocation = new ArgumentInvocation(0, 1_000_000, arguments, calls);
            var recorded = new ArgumentInvocation(0, 1_000_000, arguments, recorder.begin(invocation, program, instance));
            recorder.end(instance, recorded.start(instance, program));
        }
        return text.toString(StandardCharsets.US_ASCII);
    }

    private static String replay(Path folder, String trace, String... options) throws IOException {
        var file = Files.writeString(folder.resolve("trace.log"), trace);
        var command = new ArrayList<>(List.of("node", script.toString(), "replay-trace", "--no-logs"));
        command.addAll(List.of(options));
        command.add(file.toString());
        return Tool.run(folder, command);
    }

    /** The trace with the gas that the other implementation counts. */
    private static String withItsGas(Path folder, String trace) throws IOException {
        var counted = GAS.matcher(replay(folder, trace, "--no-verify")).results().map(found -> found.group())
                .collect(Collectors.toCollection(ArrayDeque::new));
        return GAS.matcher(trace).replaceAll(_ -> counted.remove());
    }

    @Test
    void itReplaysWhatWeRecorded(@TempDir Path folder) throws IOException {
        var trace = trace();
        assertEquals(9, trace.lines().filter(line -> line.startsWith("ecalli=")).count(), trace);
        assertEquals(8, trace.lines().filter(line -> line.startsWith("memread ")).count(), trace);
        var output = replay(folder, withItsGas(folder, trace));
        assertTrue(output.contains("Replay complete: 9 ecalli entries"), output);
        assertTrue(output.contains("Status: HALT"), output);
    }

    @Test
    void itComputesWhatWeCompute(@TempDir Path folder) throws IOException {
        long seed = Long.getLong("pvm.test.seed", 1);
        var trace = trace(computing(new SplittableRandom(seed)));
        assertEquals(COMPUTING_CALLS, trace.lines().filter(line -> line.startsWith("ecalli=")).count(), trace);
        var output = replay(folder, withItsGas(folder, trace));
        assertTrue(output.contains("Replay complete: " + COMPUTING_CALLS + " ecalli entries"),
                "seed " + seed + "\n" + output);
        assertTrue(output.contains("Status: HALT"), output);
    }

    /** The tests above see what they look for: a register or an octet that is not so is refused. */
    @Test
    void itNoticesWhatIsNotSo(@TempDir Path folder) throws IOException {
        var trace = withItsGas(folder, trace());
        var register = trace.replaceFirst("(ecalli=21 .*r05=0x)", "$11");
        var octet = trace.replaceFirst("(memread .* -> 0x)0", "$11");
        for (var wrong : List.of(register, octet)) {
            assertThrows(SetupException.class, () -> replay(folder, wrong));
        }
    }
}
