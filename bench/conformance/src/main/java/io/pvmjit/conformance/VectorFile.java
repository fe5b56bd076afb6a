package io.pvmjit.conformance;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.StandardProgram;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JSON file of vectors: one case, or an array of them. */
public record VectorFile(VectorKind kind, Path path) {
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxStringLength(Inputs.MAXIMUM_FILE_SIZE).build())
            .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /**
     * The cases of a JSON text.
     *
     * @throws MalformedVectorException when it is not JSON
     */
    static List<Fields> cases(byte[] text) {
        JsonNode root;
        try {
            root = JSON.readTree(text);
        } catch (JacksonException e) {
            var at = e.getLocation();
            throw new MalformedVectorException("malformed: not JSON: " + e.getOriginalMessage()
                    + (at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")"));
        } catch (IOException e) {
            throw new MalformedVectorException("malformed: not JSON: " + e.getMessage());
        }
        if (root.isMissingNode()) {
            throw new MalformedVectorException("malformed: empty");
        }
        var cases = new ArrayList<Fields>();
        if (root.isArray()) {
            root.forEach(element -> cases.add(new Fields(element, "")));
        } else {
            cases.add(new Fields(root, ""));
        }
        return cases;
    }

    /** The contents of a file that a case names: it lies beside this one, or below the folder above. */
    byte[] neighbour(String name) {
        return neighbour(path, name);
    }

    static byte[] neighbour(Path path, String name) {
        var folder = path.toAbsolutePath().getParent();
        try {
            var beside = folder.resolve(name);
            return Inputs.file(Files.exists(beside) ? beside : folder.resolveSibling(name));
        } catch (InputException | java.nio.file.InvalidPathException e) {
            throw new MalformedVectorException("malformed: the program file: " + e.getMessage());
        }
    }

    /** The standard program in a file that a case names. */
    StandardProgram standardProgram(String name) {
        try {
            return StandardProgram.parse(neighbour(name));
        } catch (InvalidProgramException e) {
            throw new MalformedVectorException("malformed: " + name + " is no standard program: " + e.getMessage());
        }
    }
}
