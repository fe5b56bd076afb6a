package io.pvmjit.cli;

import io.pvmjit.hostcalls.trace.MalformedTraceException;
import io.pvmjit.hostcalls.trace.Trace;
import io.pvmjit.hostcalls.trace.TraceReader;
import io.pvmjit.hostcalls.trace.TraceWriter;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A file with a trace: read, or being written. */
final class TraceFile implements AutoCloseable {
    private final String name;
    private final TraceWriter writer;

    private TraceFile(String name, OutputStream stream) {
        this.name = name;
        this.writer = new TraceWriter(stream);
    }

    /** Opens a file to write a trace to. */
    static TraceFile create(Path path) {
        return new TraceFile(path.toString(), OutputFile.stream(path));
    }

    /** Writes a trace where a command prints. */
    static TraceFile to(PrintWriter out) {
        return new TraceFile("standard output", new OutputStream() {
            @Override
            public void write(int octet) {
                out.write(octet);
            }

            @Override
            public void write(byte[] octets, int offset, int length) {
                out.write(new String(octets, offset, length, StandardCharsets.US_ASCII));
            }
        });
    }

    /** The trace in a file. */
    static Trace read(Path path) {
        try {
            // Any octets make some text, and what is no record is passed over.
            return TraceReader.read(new String(Inputs.file(path), StandardCharsets.UTF_8));
        } catch (MalformedTraceException e) {
            throw new InputException(path + ": " + e.getMessage());
        }
    }

    TraceWriter writer() {
        return writer;
    }

    @Override
    public void close() {
        try {
            writer.close();
        } catch (UncheckedIOException e) {
            throw new InputException(name + ": " + e.getMessage());
        }
    }
}
