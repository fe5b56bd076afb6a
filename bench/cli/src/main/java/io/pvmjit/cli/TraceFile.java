package io.pvmjit.cli;

import io.pvmjit.hostcalls.trace.MalformedTraceException;
import io.pvmjit.hostcalls.trace.Trace;
import io.pvmjit.hostcalls.trace.TraceReader;
import io.pvmjit.hostcalls.trace.TraceWriter;
import io.pvmjit.input.FileKind;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A file with a trace: read, or being written. */
final class TraceFile implements AutoCloseable {
    private final TraceWriter writer;

    private TraceFile(String name, OutputStream stream) {
        this.writer = new TraceWriter(new FilterOutputStream(stream) {
            @Override
            public void write(byte[] octets, int offset, int length) {
                // In the midst of a run: what cannot be written is the file's fault, not this program's.
                attempt(() -> out.write(octets, offset, length));
            }

            @Override
            public void flush() {
                attempt(out::flush);
            }

            @Override
            public void close() {
                attempt(out::close);
            }

            private void attempt(Attempt attempt) {
                try {
                    attempt.run();
                } catch (IOException e) {
                    throw new InputException(name + " cannot be written: " + e.getMessage());
                }
            }
        });
    }

    private interface Attempt {
        void run() throws IOException;
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
        var contents = Inputs.file(path);
        try {
            // Any octets make some text, and what is no record is passed over.
            return TraceReader.read(new String(contents, StandardCharsets.UTF_8));
        } catch (MalformedTraceException e) {
            if (e.line() == 0) {
                FileKind.TRACE.require("a trace, as 'pvm trace' writes it", path, contents);
            }
            throw new InputException(path + ": " + e.getMessage());
        }
    }

    TraceWriter writer() {
        return writer;
    }

    @Override
    public void close() {
        writer.close();
    }
}
