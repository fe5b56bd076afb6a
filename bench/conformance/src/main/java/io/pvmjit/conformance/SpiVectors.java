package io.pvmjit.conformance;

import io.pvmjit.Engine;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.StandardProgram;
import java.util.List;

/** Kind spi: what a standard program starts with. */
final class SpiVectors {
    private SpiVectors() {}

    static void check(Engine engine, VectorFile file, Fields vector, Differences differences) {
        var blob = vector.has("program-file")
                ? file.neighbour(vector.get("program-file").text())
                : vector.get("program").hex();
        var arguments = vector.get("args").hex();
        boolean valid = vector.get("valid").flag();
        StandardProgram program;
        try {
            program = StandardProgram.parse(blob);
        } catch (InvalidProgramException e) {
            if (valid) {
                differences.add("rejected, expected to be valid: " + e.getMessage());
            }
            return;
        }
        // Y is defined for arguments up to a length; beyond it there is nothing to start with.
        boolean accepted = arguments.length <= StandardProgram.MAXIMUM_ARGUMENT_LENGTH;
        differences.expect("valid", accepted, valid);
        if (accepted && valid) {
            compare(engine, program, arguments, vector, differences);
        }
    }

    private static void compare(
            Engine engine, StandardProgram program, byte[] arguments, Fields vector, Differences differences) {
        differences.expectRegisters(program.registers(arguments), vector.get("regs").registers());
        differences.expect("code-length", program.programBlob().byteSize(), vector.get("code-length").unsigned());
        differences.expect("code-sha256", Ram.digest(program.programBlob()), vector.get("code-sha256").text());
        var expected = vector.get("segments").elements();
        try (var guest = Guest.ofImage(engine, program.image(arguments));
                var _ = guest.instance().hold()) {
            var memory = guest.instance().memory();
            var actual = Ram.segments(memory);
            differences.expect("the list of segments", describe(actual), describeExpected(expected));
            for (int i = 0; i < Math.min(actual.size(), expected.size()); i++) {
                differences.expect("sha256 of segment " + i, Ram.digest(memory, actual.get(i)),
                        expected.get(i).get("sha256").text());
            }
        }
    }

    private static List<String> describe(List<Ram.Segment> segments) {
        return segments.stream().map(s -> s.firstPage() + "+" + s.pages() + s.letter()).toList();
    }

    private static List<String> describeExpected(List<Fields> segments) {
        return segments.stream().map(s -> Long.toUnsignedString(s.get("first-page").unsigned()) + "+"
                + Long.toUnsignedString(s.get("pages").unsigned()) + s.get("access").text()).toList();
    }
}
