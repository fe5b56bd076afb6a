package io.pvmjit.asm;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Reads the words, numbers, strings and signs of one line of assembly text; knows where it is, for messages. */
final class Scanner {
    /** Longer names are refused, which keeps messages and look-ups short. */
    private static final int NAME_LIMIT = 200;

    private final String text;
    private final int line;
    private int position;

    Scanner(String text, int line) {
        this.text = text;
        this.line = line;
    }

    int line() {
        return line;
    }

    /** Column of the next sign, from 1. */
    int column() {
        skipSpace();
        return position + 1;
    }

    private void skipSpace() {
        while (position < text.length() && (text.charAt(position) == ' ' || text.charAt(position) == '\t')) {
            position++;
        }
    }

    /** The next character that is no space; 0 at the end of the line and before a comment. */
    char peek() {
        return atEnd() ? 0 : text.charAt(position);
    }

    boolean atEnd() {
        skipSpace();
        return position == text.length() || text.charAt(position) == ';' || text.charAt(position) == '#';
    }

    /** Takes this character if it is next. */
    boolean take(char expected) {
        if (!atEnd() && text.charAt(position) == expected) {
            position++;
            return true;
        }
        return false;
    }

    /** Takes this character, which must be next. */
    void expect(char expected, String advice) {
        if (!take(expected)) {
            throw error("expected '" + expected + "'" + insteadOf(), advice);
        }
    }

    /** The line must end here. */
    void expectEnd(String advice) {
        if (!atEnd()) {
            throw error("the line goes on where it should end" + insteadOf(), advice);
        }
    }

    /** What stands at the current position, for messages. */
    String insteadOf() {
        if (atEnd()) {
            return ", found the end of the line";
        }
        int end = text.offsetByCodePoints(position, 1);
        while (end < text.length() && end - position < 20 && isNamePart(text.charAt(end))) {
            end++;
        }
        return ", found '" + text.substring(position, end) + "'";
    }

    boolean atName() {
        return !atEnd() && isNameStart(text.charAt(position));
    }

    boolean atNumber() {
        return !atEnd() && isDigit(text.charAt(position));
    }

    /** A name, which must be next: letters, digits, underscores and dots, no digit first. */
    String name(String advice) {
        if (!atName()) {
            throw error("expected a name" + insteadOf(), advice);
        }
        int start = position;
        while (position < text.length() && isNamePart(text.charAt(position))) {
            position++;
        }
        if (position - start > NAME_LIMIT) {
            position = start;
            throw error("a name of more than " + NAME_LIMIT + " characters", "choose a shorter one");
        }
        return text.substring(start, position);
    }

    /** A number without sign, which must be next: decimal, {@code 0x} or {@code 0b}, up to 64 bits. */
    long number(String advice) {
        if (!atNumber()) {
            throw error("expected a number" + insteadOf(), advice);
        }
        int start = position;
        int radix = text.startsWith("0x", position) ? 16 : text.startsWith("0b", position) ? 2 : 10;
        position += radix == 10 ? 0 : 2;
        long value = 0;
        boolean any = false;
        boolean apart = true;
        while (position < text.length() && isNamePart(text.charAt(position))) {
            char next = text.charAt(position);
            if (next != '_') {
                int digit = next < 128 ? Character.digit(next, radix) : -1;
                // The next value exceeds 64 bits when the present one is above (2^64 - 1 - digit) / radix.
                if (digit < 0 || Long.compareUnsigned(value, Long.divideUnsigned(-1L - digit, radix)) > 0) {
                    position = start;
                    throw error(digit < 0 ? "not a number" + insteadOf() : "a number of more than 64 bits",
                            "write decimal digits, 0x and hexadecimal digits, or 0b and binary digits, up to 64 bits");
                }
                value = value * radix + digit;
                any = true;
            } else if (apart) {
                break;
            }
            apart = next == '_';
            position++;
        }
        if (!any) {
            position = start;
            throw error("a number without digits", "write digits behind 0x or 0b");
        }
        if (apart) {
            position = start;
            throw error("not a number" + insteadOf(), "put _ between two digits");
        }
        return value;
    }

    /** A string in double quotes, which must be next, as UTF-8; escapes are {@code \n \t \0 \\ \"} and {@code \xHH}. */
    byte[] string() {
        expect('"', "write a string in double quotes");
        var result = new StringBuilder();
        var octets = new ByteArrayOutputStream();
        while (true) {
            if (position == text.length()) {
                throw error("a string without end", "close it with a double quote on the same line");
            }
            char next = text.charAt(position++);
            if (next == '"') {
                octets.writeBytes(result.toString().getBytes(StandardCharsets.UTF_8));
                return octets.toByteArray();
            }
            if (next != '\\') {
                result.append(next);
                continue;
            }
            octets.writeBytes(result.toString().getBytes(StandardCharsets.UTF_8));
            result.setLength(0);
            octets.write(escape());
        }
    }

    private int escape() {
        char kind = position < text.length() ? text.charAt(position++) : 0;
        return switch (kind) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case '0' -> 0;
            case '\\', '"' -> kind;
            case 'x' -> hexadecimalOctet();
            default -> {
                position = Math.max(0, position - 2);
                throw error("an unknown escape in a string", "use \\n, \\t, \\0, \\\\, \\\" or \\xHH");
            }
        };
    }

    /** Octets as pairs of hexadecimal digits up to the end of the line; spaces and commas between pairs are free. */
    byte[] hexadecimal() {
        var octets = new ByteArrayOutputStream();
        while (!atEnd()) {
            if (!take(',')) {
                octets.write(hexadecimalOctet());
            }
        }
        return octets.toByteArray();
    }

    private int hexadecimalOctet() {
        int high = position < text.length() ? hexadecimalDigit(text.charAt(position)) : -1;
        int low = position + 1 < text.length() ? hexadecimalDigit(text.charAt(position + 1)) : -1;
        if (high < 0 || low < 0) {
            throw error("expected two hexadecimal digits" + insteadOf(),
                    "write each octet with two digits, such as 0f");
        }
        position += 2;
        return high << 4 | low;
    }

    private static int hexadecimalDigit(char digit) {
        return digit < 128 ? Character.digit(digit, 16) : -1;
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    private static boolean isNameStart(char character) {
        return character >= 'a' && character <= 'z' || character >= 'A' && character <= 'Z' || character == '_';
    }

    private static boolean isNamePart(char character) {
        return isNameStart(character) || isDigit(character) || character == '.';
    }

    AssemblyException error(String problem, String advice) {
        return new AssemblyException(line, column(), problem, advice);
    }

    AssemblyException errorAt(int column, String problem, String advice) {
        return new AssemblyException(line, column, problem, advice);
    }
}
