package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.pvmjit.Backend;
import io.pvmjit.hostcalls.HostCall.Outcome;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.hostcalls.InvocationResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Many generated programs in one guest, and what they must come to: every case is a program with what the registers
 * hold at its start, and its outcome is what they hold at its end and a digest of the memory that it may use.
 */
final class ProgramBatch {
    /** Where the stack of a standard program ends, and what programs see in their stack pointer. */
    private static final long STACK_END = 0xfefe_0000L;
    static final long STACK_POINTER = STACK_END - 256;
    /** Little, since all of it is compared at every host call. */
    private static final int STACK_SIZE = 8192;
    /** The PVM's registers as RISC-V numbers them. */
    static final int[] REGISTERS = {1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    private static final int STACK_POINTER_INDEX = 1;
    private static final long PATTERN = 0x9e37_79b9_7f4a_7c15L;
    /** More steps than any program takes that ends. */
    private static final int STEPS = 20_000;
    /** Cases that run together; batch.S has room for the results of so many. */
    private static final int PART = 1024;
    /** More host calls than the cases of one run make: a program that is translated wrongly may not end. */
    private static final int CALLS = 100_000;

    /** A program and its registers at the start, in the order of {@link #REGISTERS}. */
    private record Case(int program, long[] inputs, long[] expected) {}

    private final List<List<AssemblyLine>> programs = new ArrayList<>();
    private final List<Case> cases = new ArrayList<>();

    /** Adds a program with some inputs, unless it takes too long with one of them; whether it was added. */
    boolean add(List<AssemblyLine> program, List<long[]> inputs) {
        var added = new ArrayList<Case>();
        for (var input : inputs) {
            var expected = expected(program, input);
            if (expected == null) {
                return false;
            }
            added.add(new Case(programs.size(), input, expected));
        }
        programs.add(program);
        cases.addAll(added);
        return true;
    }

    /** Adds a program whose outcome in a register is known from elsewhere as well. */
    void add(List<AssemblyLine> program, long[] inputs, int register, long result) {
        var expected = expected(program, inputs);
        assertNotNull(expected);
        assertEquals(result, expected[Arrays.binarySearch(REGISTERS, register)], () -> text(program, "L"));
        cases.add(new Case(programs.size(), inputs, expected));
        programs.add(program);
    }

    int programs() {
        return programs.size();
    }

    int cases() {
        return cases.size();
    }

    /** What the reference machine comes to; null when it takes too long. */
    static long[] expected(List<AssemblyLine> program, long[] inputs) {
        var machine = new ReferenceMachine(STACK_POINTER - 2048, 4096);
        long begin = STACK_POINTER + RandomProgram.WINDOW_END - RandomProgram.WINDOW_SIZE;
        for (int i = 0; i < RandomProgram.WINDOW_SIZE; i += Long.BYTES) {
            machine.octets(begin + i, PATTERN * (i / Long.BYTES + 1));
        }
        for (int i = 0; i < REGISTERS.length; i++) {
            machine.registers[REGISTERS[i]] = i == STACK_POINTER_INDEX ? STACK_POINTER : inputs[i];
        }
        if (!machine.run(program, STEPS)) {
            return null;
        }
        var outcome = new long[REGISTERS.length + 1];
        for (int i = 0; i < REGISTERS.length; i++) {
            outcome[i] = machine.registers[REGISTERS[i]];
        }
        long digest = 0;
        for (int i = 0; i < RandomProgram.WINDOW_SIZE; i += Long.BYTES) {
            digest = digest * 31 + machine.octets(begin + i);
        }
        outcome[REGISTERS.length] = digest;
        return outcome;
    }

    /** Assembles, links, and runs every case on the JIT and the interpreter; all must come to what is expected. */
    void check(Path folder) throws IOException, LinkException {
        var harness = Files.readString(Guests.resource("batch.S", folder));
        var source = new StringBuilder(harness).append("\n    .section .rodata\n    .p2align 3\ntable:\n");
        for (int i = 0; i < programs.size(); i++) {
            source.append("    .dword program%d\n".formatted(i));
        }
        source.append("    .text\n");
        for (int i = 0; i < programs.size(); i++) {
            source.append("    .type program%d, @function\nprogram%d:\n    load_registers\n".formatted(i, i))
                    .append(text(programs.get(i), ".Lp%d_".formatted(i))).append("    j finish\n")
                    .append("    .size program%d, .-program%d\n".formatted(i, i));
        }
        var file = Files.writeString(folder.resolve("batch.S"), source);
        var linked = Guests.toolchain().build(List.of(file), List.of(),
                LinkOptions.defaults().withStackSize(STACK_SIZE));
        try (var engine = Guests.engine(Backend.CROSSCHECK)) {
            for (int from = 0; from < cases.size(); from += PART) {
                var part = cases.subList(from, Math.min(cases.size(), from + PART));
                var result = Guests.result(engine, linked, arguments(part), calls());
                if (result instanceof InvocationResult.Output(byte[] output, _)) {
                    compare(part, output);
                } else {
                    part.forEach(one -> assertInstanceOf(InvocationResult.Output.class,
                            Guests.result(engine, linked, arguments(List.of(one)), calls()), () -> describe(one)));
                }
            }
        }
    }

    private static HostCallTable calls() {
        var served = new AtomicInteger();
        return HostCallTable.builder().unknown(context -> {
            if (served.incrementAndGet() > CALLS) {
                return Outcome.PANIC;
            }
            var arguments = new long[6];
            for (int i = 0; i < arguments.length; i++) {
                arguments[i] = context.register(7 + i);
            }
            ReferenceMachine.hostCall(context.number(), arguments);
            for (int i = 0; i < arguments.length; i++) {
                context.register(7 + i, arguments[i]);
            }
            return Outcome.CONTINUE;
        }).build();
    }

    private static byte[] arguments(List<Case> part) {
        var arguments = ByteBuffer.allocate(part.size() * (REGISTERS.length + 1) * Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        for (var one : part) {
            arguments.putLong(one.program);
            Arrays.stream(one.inputs).forEach(arguments::putLong);
        }
        return arguments.array();
    }

    private void compare(List<Case> part, byte[] output) {
        var results = ByteBuffer.wrap(output).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        for (var one : part) {
            var actual = new long[REGISTERS.length + 1];
            results.get(actual);
            if (!Arrays.equals(one.expected, actual)) {
                throw new AssertionError(describe(one) + "\nactual:   " + hex(actual));
            }
        }
    }

    private String describe(Case one) {
        return "program " + one.program + ":\n" + text(programs.get(one.program), "L") + "registers ra sp t0-t2 s0 s1 "
                + "a0-a5 at the start: " + hex(one.inputs) + "\nexpected: " + hex(one.expected);
    }

    private static String text(List<AssemblyLine> program, String prefix) {
        return program.stream().map(line -> "    " + line.text(prefix) + "\n").collect(Collectors.joining());
    }

    private static String hex(long[] values) {
        return Arrays.stream(values).mapToObj(Long::toHexString).collect(Collectors.joining(" "));
    }
}
