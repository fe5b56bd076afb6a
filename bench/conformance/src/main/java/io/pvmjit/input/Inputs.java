package io.pvmjit.input;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** Reads what users hand in: files, hexadecimal octets, numbers. Whatever is wrong is an {@link InputException}. */
public final class Inputs {
    /** Files longer than this are refused: no program is. */
    public static final int MAXIMUM_FILE_SIZE = 1 << 28;

    private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,20}");
    private static final Pattern HEXADECIMAL = Pattern.compile("0[xX][0-9a-fA-F]{1,16}");

    private Inputs() {}

    /** The contents of a file. */
    public static byte[] file(Path path) {
        if (Files.isDirectory(path)) {
            throw new InputException(path + " is a directory, not a file");
        }
        try (var stream = Files.newInputStream(path)) {
            // Asked for the size first, so that a file too big takes no memory; pipes have none and are read.
            long size = Files.size(path);
            var contents = size > MAXIMUM_FILE_SIZE ? null : stream.readNBytes(MAXIMUM_FILE_SIZE + 1);
            if (contents == null || contents.length > MAXIMUM_FILE_SIZE) {
                throw new InputException(path + " has more than " + MAXIMUM_FILE_SIZE + " octets");
            }
            return contents;
        } catch (NoSuchFileException _) {
            throw new InputException(path + ": no such file");
        } catch (AccessDeniedException _) {
            throw new InputException(path + ": no permission to read it");
        } catch (IOException e) {
            throw new InputException(path + " cannot be read: " + e.getMessage());
        }
    }

    /** Octets from hexadecimal digits, with or without 0x in front; none from an empty text. */
    public static byte[] hex(String text, String what) {
        var digits = text.startsWith("0x") || text.startsWith("0X") ? text.substring(2) : text;
        for (int i = 0; i < digits.length(); i++) {
            if (!HexFormat.isHexDigit(digits.charAt(i))) {
                throw new InputException(what + ": '" + digits.charAt(i) + "' is not a hexadecimal digit");
            }
        }
        if (digits.length() % 2 != 0) {
            throw new InputException(what + ": an odd number of hexadecimal digits (" + digits.length() + ")");
        }
        return HexFormat.of().parseHex(digits);
    }

    /** A natural number below 2^64, decimal or hexadecimal with 0x. */
    public static long unsigned(String text, String what) {
        var value = text.startsWith("-") ? null : number(text);
        if (value == null) {
            throw new InputException(what + ": '" + abbreviated(text) + "' is not a number from 0 to 2^64 - 1");
        }
        return value.longValue();
    }

    /** As {@link #unsigned}; numbers down to -2^63 stand for their two's complement. */
    public static long word(String text, String what) {
        var value = number(text);
        if (value == null) {
            throw new InputException(what + ": '" + abbreviated(text) + "' is not a number from -2^63 to 2^64 - 1");
        }
        return value.longValue();
    }

    private static BigInteger number(String text) {
        BigInteger value;
        if (HEXADECIMAL.matcher(text).matches()) {
            value = new BigInteger(text.substring(2), 16);
        } else if (DECIMAL.matcher(text).matches()) {
            value = new BigInteger(text);
        } else {
            return null;
        }
        return value.bitLength() <= (value.signum() < 0 ? 63 : 64) ? value : null;
    }

    private static String abbreviated(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
}
