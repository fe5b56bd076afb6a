package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.testing.Toolchains;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@link ReferenceMachine}, which translated programs are held against, does what QEMU's user mode does.
 *
 * <p>They share RV64IM with Zbb: arithmetic, loads and stores, branches, calls. What they do not share is left out:
 * addresses count modulo 2^32 for guests and are 64 bits for QEMU, so that all lie below 2^31 here; host calls are ours
 * alone; QEMU knows no gas; and {@code ctzw} of a number whose low half is zero is 32 by the manual, but more in QEMU
 * before 8.0, which Debian 12 has.
 */
class SecondOpinionTest {
    private static final int PROGRAMS = 750;
    private static final int INPUTS = 3;
    private static final Set<String> OURS = Set.of("host", "ctzw");
    private static final int STEPS = 20_000;
    private static final long PATTERN = 0x9e37_79b9_7f4a_7c15L;
    /** In the middle of the memory that programs get, far below where addresses have a sign. */
    private static final long MEMORY = 0x7000_0000L;
    private static final long STACK_POINTER = MEMORY + 4096;
    private static final long WINDOW = STACK_POINTER + RandomProgram.WINDOW_END - RandomProgram.WINDOW_SIZE;
    private static final int OUTCOME = ProgramBatch.REGISTERS.length + 1;

    private record Case(int program, long[] inputs, long[] expected) {}

    private final List<List<AssemblyLine>> programs = new ArrayList<>();
    private final List<Case> cases = new ArrayList<>();

    @TempDir
    private Path folder;

    @Test
    void qemuComesToTheSame() throws Exception {
        Toolchains.require(GuestCompiler.PREFIX + "gcc", "qemu-riscv64");
        var random = new SplittableRandom(3 + Long.getLong("pvm.test.seed", 0));
        while (programs.size() < PROGRAMS) {
            add(RandomProgram.make(random, STACK_POINTER).stream().filter(line -> !OURS.contains(line.mnemonic())).toList(),
                    random);
        }
        assertTrue(cases.size() > PROGRAMS, cases.size() + " cases");
        var results = ByteBuffer.wrap(run()).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        assertEquals(cases.size() * OUTCOME, results.remaining());
        for (var one : cases) {
            var actual = new long[OUTCOME];
            results.get(actual);
            assertArrayEquals(one.expected, actual, () -> text(programs.get(one.program), "L") + "registers "
                    + Arrays.toString(one.inputs) + ", here " + Arrays.toString(one.expected) + ", on QEMU "
                    + Arrays.toString(actual));
        }
    }

    /** Adds a program with those of a few inputs that it ends with. */
    private void add(List<AssemblyLine> program, SplittableRandom random) {
        var ending = new ArrayList<Case>();
        for (int i = 0; i < INPUTS; i++) {
            var inputs = random.longs(ProgramBatch.REGISTERS.length).map(_ -> RandomProgram.value(random)).toArray();
            var expected = expected(program, inputs);
            if (expected != null) {
                ending.add(new Case(programs.size(), inputs, expected));
            }
        }
        if (!ending.isEmpty()) {
            programs.add(program);
            cases.addAll(ending);
        }
    }

    private static long[] expected(List<AssemblyLine> program, long[] inputs) {
        var machine = new ReferenceMachine(MEMORY, 8192);
        for (int i = 0; i < RandomProgram.WINDOW_SIZE; i += Long.BYTES) {
            machine.octets(WINDOW + i, PATTERN * (i / Long.BYTES + 1));
        }
        for (int i = 0; i < inputs.length; i++) {
            int register = ProgramBatch.REGISTERS[i];
            machine.registers[register] = register == 2 ? STACK_POINTER : inputs[i];
        }
        if (!machine.run(program, STEPS)) {
            return null;
        }
        var outcome = new long[OUTCOME];
        for (int i = 0; i < inputs.length; i++) {
            outcome[i] = machine.registers[ProgramBatch.REGISTERS[i]];
        }
        for (int i = 0; i < RandomProgram.WINDOW_SIZE; i += Long.BYTES) {
            outcome[inputs.length] = outcome[inputs.length] * 31 + machine.octets(WINDOW + i);
        }
        return outcome;
    }

    /** What QEMU writes: the outcome of each case. */
    private byte[] run() throws IOException, InterruptedException {
        var source =
                new StringBuilder(".equ WINDOW, %d\n.equ STACK_POINTER, %d\n.equ PATTERN, 0x%x\n.equ WORDS, %d\n".formatted(
                        WINDOW, STACK_POINTER, PATTERN, RandomProgram.WINDOW_SIZE / Long.BYTES));
        source.append(Files.readString(Guests.resource("machine.S", folder))).append("    .text\n");
        for (int i = 0; i < programs.size(); i++) {
            source.append("program").append(i).append(":\n").append(text(programs.get(i), ".Lp%d_".formatted(i)))
                    .append("    la s5, finish\n    jr s5\n");
        }
        source.append("    .data\n    .p2align 3\ncase_count: .dword ").append(cases.size()).append("\ncases:\n");
        for (var one : cases) {
            source.append("    .dword program").append(one.program);
            Arrays.stream(one.inputs).forEach(input -> source.append(", 0x").append(Long.toHexString(input)));
            source.append('\n');
        }
        source.append("    .bss\n    .p2align 3\nresults: .zero ").append(cases.size() * OUTCOME * Long.BYTES).append('\n');
        var file = Files.writeString(folder.resolve("machine.S"), source);
        var machine = folder.resolve("machine");
        Guests.run(List.of(GuestCompiler.PREFIX + "gcc", "-march=rv64im_zbb", "-mabi=lp64", "-nostdlib", "-static",
                "-Wl,--section-start=.window=0x" + Long.toHexString(MEMORY), "-o", machine.toString(), file.toString()));
        var output = folder.resolve("output");
        var process = new ProcessBuilder("qemu-riscv64", "-cpu", "rv64,zbb=true", machine.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).redirectOutput(output.toFile()).start();
        try {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS));
            assertEquals(0, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
        return Files.readAllBytes(output);
    }

    private static String text(List<AssemblyLine> program, String prefix) {
        return program.stream().map(line -> "    " + line.text(prefix) + "\n").collect(Collectors.joining());
    }
}
