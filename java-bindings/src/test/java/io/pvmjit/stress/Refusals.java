package io.pvmjit.stress;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;

/** Makes the kernel refuse things to this process from now on, as sandboxes and limits do; Linux on x86-64. */
final class Refusals {
    private static final long PRCTL = 157;
    private static final long SECCOMP = 317;
    private static final long SETRLIMIT = 160;

    private static final int NO_NEW_PRIVILEGES = 38;
    private static final int SET_FILTER = 1;
    private static final int ALL_THREADS = 1;

    /** Of the structure that a filter sees: number of the call, and its arguments of 8 octets each. */
    private static final int NUMBER_OFFSET = 0;
    private static final int ARGUMENTS_OFFSET = 16;

    private static final int LOAD_WORD = 0x20;
    private static final int AND = 0x54;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;
    private static final int ALLOW = 0x7fff0000;
    private static final int FAIL = 0x00050000;

    private Refusals() {}

    /** Bits of an argument of a system call, numbered from 0, that must all be set. */
    record Condition(int argument, int bits) {}

    /** Lets calls fail that meet all the conditions. */
    static void refuse(int call, int errorNumber, Condition... conditions) {
        try (var arena = Arena.ofConfined()) {
            int length = 4 + 3 * conditions.length;
            var program = arena.allocate(8L * length, 8);
            int last = length - 1;
            put(program, 0, LOAD_WORD, 0, 0, NUMBER_OFFSET);
            put(program, 1, JUMP_IF_EQUAL, 0, last - 2, call);
            for (int i = 0, at = 2; i < conditions.length; i++, at += 3) {
                put(program, at, LOAD_WORD, 0, 0, ARGUMENTS_OFFSET + 8 * conditions[i].argument());
                put(program, at + 1, AND, 0, 0, conditions[i].bits());
                put(program, at + 2, JUMP_IF_EQUAL, 0, last - at - 3, conditions[i].bits());
            }
            put(program, last - 1, RETURN, 0, 0, FAIL | errorNumber);
            put(program, last, RETURN, 0, 0, ALLOW);
            var filter = arena.allocate(16, 8);
            filter.set(ValueLayout.JAVA_SHORT, 0, (short) length);
            filter.set(ValueLayout.ADDRESS, 8, program);
            call(PRCTL, NO_NEW_PRIVILEGES, 1, 0);
            call(SECCOMP, SET_FILTER, ALL_THREADS, filter.address());
        }
    }

    private static void put(MemorySegment program, int at, int code, int ifTrue, int ifFalse, int value) {
        program.set(ValueLayout.JAVA_SHORT, 8L * at, (short) code);
        program.set(ValueLayout.JAVA_BYTE, 8L * at + 2, (byte) ifTrue);
        program.set(ValueLayout.JAVA_BYTE, 8L * at + 3, (byte) ifFalse);
        program.set(ValueLayout.JAVA_INT, 8L * at + 4, value);
    }

    /** Sets a resource limit of this process, in octets. */
    static void limit(int resource, long octets) {
        try (var arena = Arena.ofConfined()) {
            var both = arena.allocateFrom(ValueLayout.JAVA_LONG, octets, octets);
            call(SETRLIMIT, resource, both.address(), 0);
        }
    }

    /** Octets that a line of /proc/self/status names, such as VmSize. */
    static long status(String name) throws IOException {
        var line = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(each -> each.startsWith(name + ":"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
    }

    private static void call(long number, long first, long second, long third) {
        var longs = Collections.nCopies(6, ValueLayout.JAVA_LONG).toArray(MemoryLayout[]::new);
        var linker = Linker.nativeLinker();
        var function = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"), FunctionDescriptor.of(ValueLayout.JAVA_LONG, longs));
        long result;
        try {
            result = (long) function.invokeExact(number, first, second, third, 0L, 0L);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
        if (result != 0) {
            throw new AssertionError("system call " + number + ": " + result);
        }
    }
}
