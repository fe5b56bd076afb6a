package io.pvmjit.conformance;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.Revision;
import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.refine.InMemoryEnvironment;
import io.pvmjit.hostcalls.refine.Limits;
import io.pvmjit.input.AssemblyFile;
import io.pvmjit.input.FileKind;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import io.pvmjit.program.Blake2b256;
import io.pvmjit.rules.Rules;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code pvm refine} refines: see its help for the form of the file. */
public record RefineScenario(
        MemorySegment serviceCode,
        byte[] arguments,
        long gas,
        InMemoryEnvironment environment,
        Rules rules) {
    private static final long DEFAULT_GAS = 1_000_000_000;

    /**
     * Reads a scenario.
     *
     * @param revision wins over that of the scenario
     * @throws InputException when the file does not have the form
     */
    public static RefineScenario read(Path file, Optional<Revision> revision) {
        var contents = Inputs.file(file);
        FileKind.JSON.require("a scenario", file, contents);
        try {
            var cases = VectorFile.cases(contents);
            if (cases.size() != 1) {
                throw new InputException(file + " holds " + cases.size() + " scenarios, expected one object");
            }
            var fields = cases.getFirst();
            var rules = revision.or(() -> revision(file, fields)).map(Rules::of).orElseGet(Rules::defaults);
            return new Reader(file, fields, rules).read();
        } catch (MalformedVectorException e) {
            throw new InputException(file + ": " + e.getMessage());
        }
    }

    private static Optional<Revision> revision(Path file, Fields fields) {
        if (!fields.has("revision")) {
            return Optional.empty();
        }
        try {
            return Optional.of(Revision.of(fields.get("revision").text()));
        } catch (IllegalArgumentException e) {
            throw new InputException(file + ": " + e.getMessage());
        }
    }

    /** Reads one scenario. */
    private record Reader(Path file, Fields fields, Rules rules) {
        RefineScenario read() {
            long service = number(fields, "service", 0);
            var environment = new InMemoryEnvironment(service, preimages(service), items(),
                    fields.has("export-offset") ? fields.get("export-offset").index(Limits.EXPORTS) : 0);
            var arguments = fields.has("arguments") ? octets(fields.get("arguments")) : new byte[0];
            if (arguments.length > StandardProgram.MAXIMUM_ARGUMENT_LENGTH) {
                throw new InputException(file + ": more than " + StandardProgram.MAXIMUM_ARGUMENT_LENGTH
                        + " octets of arguments");
            }
            return new RefineScenario(serviceCode(), arguments, number(fields, "gas", DEFAULT_GAS), environment, rules);
        }

        private MemorySegment serviceCode() {
            var code = octets(fields.get("code"));
            try {
                StandardProgram.parse(code);
                // The length of the metadata, 0, in front.
                return MemorySegment.ofArray(ByteBuffer.allocate(1 + code.length).put((byte) 0).put(code).array());
            } catch (InvalidProgramException _) {
                var text = fields.get("code").text();
                if (text.startsWith("@")) {
                    FileKind.BLOB.require("service code", path(text), code);
                }
                // With metadata in front, or not valid at all: the invocation tells.
                return MemorySegment.ofArray(code);
            }
        }

        private Map<InMemoryEnvironment.Key, byte[]> preimages(long ownService) {
            var preimages = new HashMap<InMemoryEnvironment.Key, byte[]>();
            for (var preimage : list("preimages")) {
                var blob = octets(preimage.get("blob"));
                var hash = preimage.has("hash") ? preimage.get("hash").hex() : Blake2b256.of(blob).octets();
                preimages.put(InMemoryEnvironment.Key.of(number(preimage, "service", ownService), hash), blob);
            }
            return preimages;
        }

        private Map<InMemoryEnvironment.Item, byte[]> items() {
            var items = new HashMap<InMemoryEnvironment.Item, byte[]>();
            for (var item : list("fetch")) {
                items.put(new InMemoryEnvironment.Item(item.get("selector").index(15), number(item, "first", 0),
                        number(item, "second", 0)), octets(item.get("item")));
            }
            return items;
        }

        private List<Fields> list(String name) {
            return fields.has(name) ? fields.get(name).elements() : List.of();
        }

        private static long number(Fields from, String name, long otherwise) {
            return from.has(name) ? from.get(name).word64() : otherwise;
        }

        /** Hexadecimal digits, or the contents of a file, assembled when it is a text. */
        private byte[] octets(Fields field) {
            if (!field.text().startsWith("@")) {
                return field.hex();
            }
            return AssemblyFile.program(path(field.text()), rules);
        }

        /** The file of an {@code @PATH}, relative to the scenario. */
        private Path path(String text) {
            try {
                return file.toAbsolutePath().resolveSibling(text.substring(1));
            } catch (InvalidPathException e) {
                throw new InputException(file + ": " + e.getMessage());
            }
        }
    }
}
