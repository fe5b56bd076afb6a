package io.pvmjit.conformance;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.StandardProgram;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;

/**
 * The program of a vector, whatever its kind. It need not be valid.
 *
 * @param octets a program blob, or a standard program
 * @param standard which of the two
 */
public record VectorProgram(String name, byte[] octets, boolean standard) {
    /** Whether octets may be a JSON text of vectors: an array or an object. */
    public static boolean looksLikeJson(byte[] contents) {
        int first = firstCharacter(contents);
        return first == '[' || first == '{';
    }

    /** Whether such a text is an array. */
    public static boolean isArray(byte[] contents) {
        return firstCharacter(contents) == '[';
    }

    private static int firstCharacter(byte[] contents) {
        for (byte octet : contents) {
            if (!Character.isWhitespace(octet)) {
                return octet;
            }
        }
        return -1;
    }

    /**
     * The programs of a JSON text of vectors, one for each case.
     *
     * @param path of the file, beside which others may lie that it names
     * @throws MalformedVectorException when a case has no program
     */
    public static List<VectorProgram> read(Path path, byte[] contents) {
        return VectorFile.cases(contents).stream().map(vector -> of(path, vector)).toList();
    }

    private static VectorProgram of(Path path, Fields vector) {
        var name = vector.has("name") ? vector.get("name").text() : "(no name)";
        if (vector.has("program-hex")) {
            return new VectorProgram(name, vector.get("program-hex").hex(), false);
        }
        if (vector.has("blob")) {
            return new VectorProgram(name, vector.get("blob").hex(), false);
        }
        if (vector.has("program-file")) {
            return new VectorProgram(name, VectorFile.neighbour(path, vector.get("program-file").text()), true);
        }
        var program = vector.get("program");
        if (!program.isText()) {
            return new VectorProgram(name, program.octets(), false);
        }
        boolean hex = program.text().matches("[0-9a-fA-F]*");
        return new VectorProgram(name, hex ? program.hex() : VectorFile.neighbour(path, program.text()), true);
    }

    /**
     * The program blob.
     *
     * @throws InvalidProgramException when it should be within a standard program that is none
     */
    public byte[] blob() {
        return standard ? StandardProgram.parse(octets).programBlob().toArray(ValueLayout.JAVA_BYTE) : octets;
    }
}
