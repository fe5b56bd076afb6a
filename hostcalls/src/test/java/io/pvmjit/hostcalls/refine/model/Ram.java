package io.pvmjit.hostcalls.refine.model;

import java.math.BigInteger;
import java.util.TreeMap;

/**
 * RAM as a map of its accessible pages. Pages that are not in it are inaccessible; their contents nobody can ask for.
 */
final class Ram {
    static final int PAGE = 4096;
    private static final byte[] ZEROS = new byte[PAGE];
    private static final BigInteger SIZE = BigInteger.ONE.shiftLeft(32);

    /** An accessible page. */
    static final class Page {
        boolean writable;
        byte[] octets;

        Page(boolean writable) {
            this.writable = writable;
        }

        /** The octets; nobody may write to them. */
        byte[] contents() {
            return octets == null ? ZEROS : octets;
        }
    }

    final TreeMap<Long, Page> pages = new TreeMap<>();

    boolean readable(long address, long length) {
        return accessible(Numbers.unsigned(address), Numbers.unsigned(length), false);
    }

    boolean writable(long address, long length) {
        return accessible(Numbers.unsigned(address), Numbers.unsigned(length), true);
    }

    private boolean accessible(BigInteger address, BigInteger length, boolean write) {
        if (length.signum() == 0) {
            return true;
        }
        var end = address.add(length);
        if (end.compareTo(SIZE) > 0) {
            return false;
        }
        for (long page = address.longValue() / PAGE; page <= (end.longValue() - 1) / PAGE; page++) {
            var found = pages.get(page);
            if (found == null || write && !found.writable) {
                return false;
            }
        }
        return true;
    }

    byte octet(long address) {
        var octets = pages.get(address / PAGE).octets;
        return octets == null ? 0 : octets[(int) (address % PAGE)];
    }

    void octet(long address, byte value) {
        var page = pages.get(address / PAGE);
        if (page.octets == null) {
            page.octets = new byte[PAGE];
        }
        page.octets[(int) (address % PAGE)] = value;
    }

    byte[] read(long address, long length) {
        var octets = new byte[(int) length];
        for (int done = 0; done < octets.length;) {
            int offset = (int) ((address + done) % PAGE);
            int part = Math.min(octets.length - done, PAGE - offset);
            System.arraycopy(pages.get((address + done) / PAGE).contents(), offset, octets, done, part);
            done += part;
        }
        return octets;
    }

    void write(long address, byte[] octets) {
        for (int done = 0; done < octets.length;) {
            int offset = (int) ((address + done) % PAGE);
            int part = Math.min(octets.length - done, PAGE - offset);
            octet(address + done, octets[done]);
            System.arraycopy(octets, done, pages.get((address + done) / PAGE).octets, offset, part);
            done += part;
        }
    }

    long word(long address) {
        return Numbers.littleEndian(read(address, Long.BYTES));
    }

    void word(long address, long value) {
        write(address, Numbers.littleEndian(value));
    }

    /** A page that is zero, whatever it was. */
    void clean(long page, boolean writable) {
        pages.put(page, new Page(writable));
    }
}
