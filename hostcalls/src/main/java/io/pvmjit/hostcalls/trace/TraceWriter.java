package io.pvmjit.hostcalls.trace;

import io.pvmjit.hostcalls.trace.Trace.Call;
import io.pvmjit.hostcalls.trace.Trace.End;
import io.pvmjit.hostcalls.trace.Trace.Ending;
import io.pvmjit.hostcalls.trace.Trace.Octets;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Writes records of a trace as text. Failures of the stream are {@link UncheckedIOException}s. Not thread-safe.
 *
 * <p>Numbers of host calls are written as the 32 bits of the instruction's immediate, unsigned: readers of other teams know
 * no others.
 */
public final class TraceWriter implements AutoCloseable {
    private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    /** More than a number and what stands around it takes. */
    private static final int LONGEST_PIECE = 64;

    private final OutputStream out;
    private final byte[] buffer = new byte[1 << 16];
    private int used;

    /** @param out is written to in large pieces, and closed with this */
    public TraceWriter(OutputStream out) {
        this.out = out;
    }

    /** Writes a whole trace. */
    public void write(Trace trace) {
        trace.revision().ifPresent(revision -> comment("revision " + revision));
        program(trace.program());
        trace.initialWrites().forEach(this::written);
        start(trace.start());
        for (var call : trace.calls()) {
            call(call);
        }
        trace.end().ifPresent(this::end);
    }

    /** Writes words that readers pass over. */
    public void comment(String words) {
        text("comment ");
        for (byte octet : words.replaceAll("\\R", " ").getBytes(StandardCharsets.UTF_8)) {
            room(1);
            buffer[used++] = octet;
        }
        line();
    }

    void program(byte[] blob) {
        text("program 0x");
        octets(blob);
        line();
    }

    /** A piece of initial RAM, or what a host wrote. */
    void written(Octets piece) {
        piece("memwrite 0x", piece, " <- 0x");
    }

    private void read(Octets piece) {
        piece("memread 0x", piece, " -> 0x");
    }

    private void piece(String name, Octets piece, String arrow) {
        text(name);
        for (int shift = 28; shift >= 0; shift -= 4) {
            buffer[used++] = DIGITS[(int) (piece.address() >>> shift & 15)];
        }
        text(" len=");
        decimal(piece.octets().length);
        text(arrow);
        octets(piece.octets());
        line();
    }

    void start(Trace.State state) {
        text("start ");
        state(state);
    }

    void call(Call call) {
        text("ecalli=");
        decimal(call.number() & 0xFFFF_FFFFL);
        text(" ");
        state(call.state());
        call.reads().forEach(this::read);
        call.writes().forEach(this::written);
        call.registers().forEach((index, value) -> {
            text("setreg r");
            index(index);
            text(" <- 0x");
            hexadecimal(value);
            line();
        });
        call.gas().ifPresent(gas -> {
            text("setgas <- ");
            decimal(gas);
            line();
        });
    }

    void end(End end) {
        text(end.ending().name());
        if (end.ending() == Ending.PANIC) {
            text("=");
            decimal(end.argument());
        }
        text(" ");
        state(end.state());
    }

    private void state(Trace.State state) {
        text("pc=");
        decimal(state.pc());
        text(" gas=");
        decimal(state.gas());
        var registers = state.registers();
        for (int i = 0; i < registers.length; i++) {
            if (registers[i] != 0) {
                text(" r");
                index(i);
                text("=0x");
                hexadecimal(registers[i]);
            }
        }
        line();
    }

    private void room(int octets) {
        if (used + octets > buffer.length) {
            drain();
        }
    }

    private void drain() {
        try {
            out.write(buffer, 0, used);
            used = 0;
        } catch (IOException e) {
            throw new UncheckedIOException("the trace cannot be written: " + e.getMessage(), e);
        }
    }

    private void text(String ascii) {
        room(LONGEST_PIECE);
        for (int i = 0; i < ascii.length(); i++) {
            buffer[used++] = (byte) ascii.charAt(i);
        }
    }

    private void line() {
        room(LONGEST_PIECE);
        buffer[used++] = '\n';
    }

    private void index(int register) {
        buffer[used++] = DIGITS[register / 10];
        buffer[used++] = DIGITS[register % 10];
    }

    private void hexadecimal(long value) {
        int digits = Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(value) + 3) / 4);
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            buffer[used++] = DIGITS[(int) (value >>> shift & 15)];
        }
    }

    private void decimal(long value) {
        if (value < 0) {
            text(Long.toUnsignedString(value));
            return;
        }
        int length = 1;
        for (long left = value / 10; left != 0; left /= 10) {
            length++;
        }
        long left = value;
        for (int at = used + length - 1; at >= used; at--) {
            buffer[at] = DIGITS[(int) (left % 10)];
            left /= 10;
        }
        used += length;
    }

    private void octets(byte[] octets) {
        for (byte octet : octets) {
            room(2);
            buffer[used++] = DIGITS[octet >> 4 & 15];
            buffer[used++] = DIGITS[octet & 15];
        }
    }

    /** Hands everything to the stream. */
    public void flush() {
        drain();
        try {
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the trace cannot be written: " + e.getMessage(), e);
        }
    }

    /** Flushes and closes the stream. */
    @Override
    public void close() {
        try (out) {
            drain();
        } catch (IOException e) {
            throw new UncheckedIOException("the trace cannot be written: " + e.getMessage(), e);
        }
    }
}
