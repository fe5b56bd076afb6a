package io.pvmjit;

/**
 * A blob that is not a valid program (Gray Paper A.2, {@code deblob}) or not a standard program. Without a stack trace,
 * which would take longer than to find out what is wrong: guests may have any number of blobs refused.
 */
public final class InvalidProgramException extends PvmException {
    private static final long serialVersionUID = 1L;

    private final String reason;
    private final long offset;

    /**
     * @param reason which rule is broken
     * @param offset of the offending octet in the blob that was handed in
     */
    public InvalidProgramException(String reason, long offset) {
        super("invalid program: " + reason + " (at octet " + offset + " of the blob)", false);
        this.reason = reason;
        this.offset = offset;
    }

    /** Which rule is broken. */
    public String reason() {
        return reason;
    }

    /** Offset of the offending octet in the blob. */
    public long offset() {
        return offset;
    }
}
