package io.pvmjit.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import io.pvmjit.Instance;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * A JSON value of a vector, with the way to it for messages. Every accessor checks type and range and fails with a
 * {@link MalformedVectorException}; fields that nobody asks for are ignored.
 */
final class Fields {
    private static final BigInteger MINIMUM = BigInteger.ONE.shiftLeft(63).negate();

    private final JsonNode node;
    private final String where;

    Fields(JsonNode node, String where) {
        this.node = node;
        this.where = where;
    }

    private MalformedVectorException malformed(String expected) {
        var text = node.isMissingNode() ? "nothing" : node.toString();
        var shown = text.length() <= 60 ? text : text.substring(0, 60) + "...";
        return new MalformedVectorException(
                "malformed: " + (where.isEmpty() ? "the case" : where) + " should be " + expected + ", is " + shown);
    }

    boolean has(String name) {
        return node.hasNonNull(name);
    }

    /** A field; whether it exists, the accessor of its type finds out. */
    Fields get(String name) {
        if (!node.isObject()) {
            throw malformed("an object");
        }
        return new Fields(node.path(name), where.isEmpty() ? name : where + "." + name);
    }

    /** The elements of an array. */
    List<Fields> elements() {
        if (!node.isArray()) {
            throw malformed("an array");
        }
        var elements = new ArrayList<Fields>(node.size());
        for (int i = 0; i < node.size(); i++) {
            elements.add(new Fields(node.get(i), where + "[" + i + "]"));
        }
        return elements;
    }

    /** The elements of an array of exactly this many. */
    List<Fields> elements(int count) {
        if (!node.isArray() || node.size() != count) {
            throw malformed("an array of " + count);
        }
        return elements();
    }

    /** The names of an object's fields. */
    List<String> names() {
        if (!node.isObject()) {
            throw malformed("an object");
        }
        var names = new ArrayList<String>();
        node.fieldNames().forEachRemaining(names::add);
        return names;
    }

    boolean isText() {
        return node.isTextual();
    }

    boolean isArray() {
        return node.isArray();
    }

    String text() {
        if (!node.isTextual()) {
            throw malformed("a string");
        }
        return node.textValue();
    }

    boolean flag() {
        if (!node.isBoolean()) {
            throw malformed("true or false");
        }
        return node.booleanValue();
    }

    /** A number of any size. */
    BigInteger anyInteger() {
        if (!node.isIntegralNumber()) {
            throw malformed("a whole number");
        }
        return node.bigIntegerValue();
    }

    /** A number from -2^63 to 2^64 - 1. */
    BigInteger integer() {
        var value = anyInteger();
        if (value.bitLength() > 64 || value.compareTo(MINIMUM) < 0) {
            throw malformed("a number from -2^63 to 2^64 - 1");
        }
        return value;
    }

    /** A number from -2^63 to 2^64 - 1 as 64 bits: the negative ones in two's complement. */
    long word() {
        return integer().longValue();
    }

    /** A number from 0 to 2^64 - 1 as 64 bits. */
    long unsigned() {
        var value = integer();
        if (value.signum() < 0) {
            throw malformed("a number from 0 to 2^64 - 1");
        }
        return value.longValue();
    }

    /** 64 bits: a number from -2^63 to 2^64 - 1, or the same as a string, decimal or hexadecimal behind 0x. */
    long word64() {
        if (!node.isTextual()) {
            return word();
        }
        var text = node.textValue();
        try {
            var value = text.startsWith("0x") ? new BigInteger(text.substring(2), 16) : new BigInteger(text);
            if (value.bitLength() <= 64 && value.compareTo(MINIMUM) >= 0) {
                return value.longValue();
            }
        } catch (NumberFormatException _) {
            // Reported below, like a number out of range.
        }
        throw malformed("a 64-bit number, or one in a string");
    }

    /** A number from 0 to {@code maximum}. */
    int index(int maximum) {
        var value = integer();
        if (value.signum() < 0 || value.compareTo(BigInteger.valueOf(maximum)) > 0) {
            throw malformed("a number from 0 to " + maximum);
        }
        return value.intValue();
    }

    /** Octets, written as an array of numbers. */
    byte[] octets() {
        if (!node.isArray()) {
            throw malformed("an array of octets");
        }
        var octets = new byte[node.size()];
        for (int i = 0; i < octets.length; i++) {
            var element = node.get(i);
            if (!element.isIntegralNumber() || !element.canConvertToInt() || element.intValue() >>> 8 != 0) {
                throw new Fields(element, where + "[" + i + "]").malformed("an octet");
            }
            octets[i] = (byte) element.intValue();
        }
        return octets;
    }

    /** Octets, written as hexadecimal digits. */
    byte[] hex() {
        var text = text();
        try {
            return Inputs.hex(text, "hex");
        } catch (InputException _) {
            throw malformed("octets in hexadecimal digits");
        }
    }

    /** The 13 registers. */
    long[] registers() {
        return elements(Instance.REGISTER_COUNT).stream().mapToLong(Fields::unsigned).toArray();
    }
}
