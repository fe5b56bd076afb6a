package io.pvmjit.hostcalls.trace;

import io.pvmjit.EngineRules;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.PageAccess;
import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.trace.Trace.Octets;
import io.pvmjit.program.NaturalEncoding;
import io.pvmjit.program.Program;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the blob of a trace is: a standard program when the run started with such a program's arguments, else a bare one.
 * Metadata may be missing: not every writer has it.
 *
 * @param standard empty for a bare program
 * @param blob the program blob
 */
public record TraceProgram(Optional<StandardProgram> standard, byte[] blob) {
    private static final int ARGUMENT_REGISTER = 7;

    /**
     * The program of a trace.
     *
     * @throws InvalidProgramException when it is none by these rules
     */
    public static TraceProgram of(Trace trace, EngineRules rules) {
        if (isStandard(trace)) {
            StandardProgram program;
            try {
                program = StandardProgram.parseServiceCode(trace.program());
            } catch (InvalidProgramException _) {
                program = StandardProgram.parse(trace.program());
            }
            return new TraceProgram(Optional.of(program), program.programBlob().toArray(ValueLayout.JAVA_BYTE));
        }
        return new TraceProgram(Optional.empty(), bare(trace.program(), rules));
    }

    private static boolean isStandard(Trace trace) {
        return trace.start().registers()[ARGUMENT_REGISTER] == StandardProgram.ARGUMENT_ADDRESS
                || trace.initialWrites().stream().anyMatch(piece -> piece.address() == StandardProgram.ARGUMENT_ADDRESS);
    }

    private static byte[] bare(byte[] octets, EngineRules rules) {
        try {
            var metadata = NaturalEncoding.read(octets, 0, "length of the metadata");
            if (metadata.value() >= 0 && metadata.value() <= octets.length - metadata.end()) {
                var blob = Arrays.copyOfRange(octets, (int) (metadata.end() + metadata.value()), octets.length);
                Program.parse(blob, rules);
                return blob;
            }
        } catch (InvalidProgramException _) {
            // Then it has none.
        }
        Program.parse(octets, rules);
        return octets;
    }

    /**
     * RAM at the start of the run. What was written to RAM of a bare program makes its pages writable.
     *
     * @throws MalformedTraceException when something was written where nothing can be
     */
    MemoryImage image(Trace trace) {
        if (standard.isPresent()) {
            return standard.get().image(arguments(trace));
        }
        var pages = new TreeMap<Integer, byte[]>();
        for (var piece : trace.initialWrites()) {
            for (int i = 0; i < piece.octets().length; i++) {
                long address = piece.address() + i;
                int page = (int) (address / MemoryImage.PAGE_SIZE);
                var contents = pages.computeIfAbsent(page, _ -> new byte[MemoryImage.PAGE_SIZE]);
                contents[(int) (address % MemoryImage.PAGE_SIZE)] = piece.octets()[i];
            }
        }
        if (!pages.isEmpty() && pages.firstKey() < MemoryImage.FIRST_PAGE) {
            throw new MalformedTraceException(0, "initial RAM below 64 KiB, which is never accessible");
        }
        var regions = new ArrayList<Region>();
        pages.forEach((page, contents) -> regions.add(Region.of(page, 1, PageAccess.WRITE, contents)));
        return MemoryImage.of(regions);
    }

    /** As many octets as register 8 says, from what was written at their address on. */
    private static byte[] arguments(Trace trace) {
        long length = trace.start().registers()[ARGUMENT_REGISTER + 1];
        if (length < 0 || length > StandardProgram.MAXIMUM_ARGUMENT_LENGTH) {
            throw new MalformedTraceException(0, "register 8 asks for " + Long.toUnsignedString(length)
                    + " octets of arguments, the most are " + StandardProgram.MAXIMUM_ARGUMENT_LENGTH);
        }
        var arguments = MemorySegment.ofArray(new byte[(int) length]);
        for (var piece : argumentPieces(trace)) {
            long at = piece.address() - StandardProgram.ARGUMENT_ADDRESS;
            long octets = Math.min(piece.octets().length, length - at);
            if (octets > 0) {
                MemorySegment.copy(MemorySegment.ofArray(piece.octets()), 0, arguments, at, octets);
            }
        }
        return arguments.toArray(ValueLayout.JAVA_BYTE);
    }

    private static List<Octets> argumentPieces(Trace trace) {
        return trace.initialWrites().stream().filter(piece -> piece.address() >= StandardProgram.ARGUMENT_ADDRESS).toList();
    }
}
