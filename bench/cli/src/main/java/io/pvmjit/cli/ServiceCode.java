package io.pvmjit.cli;

import java.lang.foreign.MemorySegment;

/** The form in which services store their code: metadata, then a JAM blob. */
public final class ServiceCode {
    private ServiceCode() {}

    /** Service code of a JAM blob, with no metadata. */
    public static MemorySegment of(byte[] jamBlob) {
        // The length of the metadata, 0, is one octet.
        var code = new byte[1 + jamBlob.length];
        System.arraycopy(jamBlob, 0, code, 1, jamBlob.length);
        return MemorySegment.ofArray(code);
    }
}
