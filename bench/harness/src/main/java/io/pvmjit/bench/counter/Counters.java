package io.pvmjit.bench.counter;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Counts instructions and cycles of the thread that made it, outside the kernel, by {@code perf_event_open}: a group of
 * two counters, so that both see the same time. On x86-64 Linux.
 */
final class Counters implements AutoCloseable {
    /** What was counted; scaled up when the processor's counters were shared with others. */
    record Reading(double cycles, double instructions) {}

    private static final long PERF_EVENT_OPEN = 298;
    private static final long ENABLE = 0x2400;
    private static final long DISABLE = 0x2401;
    private static final long RESET = 0x2403;
    private static final long OF_GROUP = 1;
    private static final int CYCLES = 0;
    private static final int INSTRUCTIONS = 1;
    /** struct perf_event_attr in its first version. */
    private static final int ATTRIBUTE_OCTETS = 64;
    private static final long SIZE_AT = 4;
    private static final long CONFIG_AT = 8;
    private static final long READ_FORMAT_AT = 32;
    private static final long FLAGS_AT = 40;
    /** Time enabled, time running, all of the group. */
    private static final long READ_FORMAT = 1 | 2 | 8;
    /** Disabled at first; not the kernel, not a hypervisor. */
    private static final long FLAGS = 1 | 1 << 5 | 1 << 6;
    /** Number of counters, time enabled, time running, and the counters. */
    private static final int READING_LONGS = 5;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO_AT = STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final int EPERM = 1;
    private static final int EACCES = 13;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = arena.allocate(STATE);
    private final MemorySegment reading = arena.allocate(JAVA_LONG, READING_LONGS);
    private final MethodHandle syscall;
    private final MethodHandle ioctl;
    private final MethodHandle read;
    private final MethodHandle close;
    private int leader = -1;
    private int member = -1;

    /** @throws RefusedException when the kernel refuses, or the processor has no counters */
    Counters() {
        syscall = function("syscall", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT,
                JAVA_LONG), Linker.Option.firstVariadicArg(1), Linker.Option.captureCallState("errno"));
        ioctl = function("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
                Linker.Option.firstVariadicArg(2));
        read = function("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
        close = function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        try {
            leader = open(CYCLES, -1);
            member = open(INSTRUCTIONS, leader);
        } catch (RefusedException e) {
            close();
            throw e;
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, options);
    }

    private int open(long event, int group) {
        var attributes = arena.allocate(ATTRIBUTE_OCTETS, Long.BYTES);
        attributes.set(JAVA_INT, SIZE_AT, ATTRIBUTE_OCTETS);
        attributes.set(JAVA_LONG, CONFIG_AT, event);
        attributes.set(JAVA_LONG, READ_FORMAT_AT, READ_FORMAT);
        attributes.set(JAVA_LONG, FLAGS_AT, FLAGS);
        try {
            long file = (long) syscall.invokeExact(state, PERF_EVENT_OPEN, attributes, 0, -1, group, 0L);
            if (file < 0) {
                throw new RefusedException(reason(state.get(JAVA_INT, ERRNO_AT)));
            }
            return (int) file;
        } catch (RefusedException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    /** What an error of perf_event_open means. */
    static String reason(int errno) {
        return switch (errno) {
            case EPERM, EACCES -> "not allowed: the kernel refuses perf_event_open (kernel.perf_event_paranoid is "
                    + paranoia() + "; 2 or less is needed, and in a container permission for the call)";
            default -> "not possible: the kernel knows no counters of this processor (perf_event_open fails with error "
                    + errno + "), as on many virtual machines";
        };
    }

    private static String paranoia() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/perf_event_paranoid")).strip();
        } catch (java.io.IOException _) {
            return "not known";
        }
    }

    /** Counts what runs. */
    Reading count(Runnable what) {
        control(RESET);
        control(ENABLE);
        what.run();
        control(DISABLE);
        try {
            long length = (long) read.invokeExact(leader, reading, reading.byteSize());
            if (length != reading.byteSize()) {
                throw new IllegalStateException("the counters gave " + length + " octets");
            }
        } catch (IllegalStateException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
        double scale = (double) reading.getAtIndex(JAVA_LONG, 1) / reading.getAtIndex(JAVA_LONG, 2);
        return new Reading(reading.getAtIndex(JAVA_LONG, 3) * scale, reading.getAtIndex(JAVA_LONG, 4) * scale);
    }

    private void control(long request) {
        try {
            int _ = (int) ioctl.invokeExact(leader, request, OF_GROUP);
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    @Override
    public void close() {
        try {
            if (member >= 0) {
                int _ = (int) close.invokeExact(member);
            }
            if (leader >= 0) {
                int _ = (int) close.invokeExact(leader);
            }
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
        arena.close();
    }
}
