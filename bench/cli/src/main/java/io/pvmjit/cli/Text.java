package io.pvmjit.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/** Text for people. */
final class Text {
    private static final int LONGEST_WORD = 40;

    private Text() {}

    /** A message as one line that cannot confuse a terminal, whatever file names and other input it quotes. */
    static String line(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
    }

    /** A number of things, such as "1 block" or "2 blocks". */
    static String count(int number, String thing) {
        return number + " " + thing + (number == 1 ? "" : "s");
    }

    /** The beginning of a word that is long. */
    static String shortened(String word) {
        return word.length() <= LONGEST_WORD ? word : word.substring(0, LONGEST_WORD) + "...";
    }

    /**
     * A text that may be long, around its first difference from another.
     *
     * @param most how many characters
     */
    static String around(String text, String other, int most) {
        int at = Math.max(0, Arrays.mismatch(text.toCharArray(), other.toCharArray()));
        if (text.length() <= most) {
            return text;
        }
        int begin = most / 4;
        var summary = " (" + text.length() + " characters, the difference is at the " + (at + 1) + "th)";
        if (at < most / 2) {
            return text.substring(0, most) + "..." + summary;
        }
        int from = at - begin;
        return text.substring(0, begin) + "..." + text.substring(from, Math.min(text.length(), from + 2 * begin)) + "..."
                + summary;
    }

    /** The octets as text when they are UTF-8 and printable, and more than none. */
    static Optional<String> printable(byte[] octets) {
        try {
            var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(octets)).toString();
            boolean printable = !text.isEmpty() && text.codePoints().allMatch(Text::isPrintable);
            return printable ? Optional.of(text) : Optional.empty();
        } catch (CharacterCodingException _) {
            return Optional.empty();
        }
    }

    private static boolean isPrintable(int codePoint) {
        return !Character.isISOControl(codePoint) && Character.isDefined(codePoint)
                && Character.getType(codePoint) != Character.FORMAT;
    }
}
