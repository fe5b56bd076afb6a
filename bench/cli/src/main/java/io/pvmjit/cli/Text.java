package io.pvmjit.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Text for people. */
final class Text {
    private Text() {}

    /** A message as one line that cannot confuse a terminal, whatever file names and other input it quotes. */
    static String line(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
    }

    /** A number of things, such as "1 block" or "2 blocks". */
    static String count(int number, String thing) {
        return number + " " + thing + (number == 1 ? "" : "s");
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
