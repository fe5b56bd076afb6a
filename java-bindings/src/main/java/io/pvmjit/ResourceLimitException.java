package io.pvmjit;

/** Memory, code space, instances or maps are used up. Closing modules or instances makes room. */
public sealed class ResourceLimitException extends PvmException permits QuotaException {
    private static final long serialVersionUID = 1L;

    /** One with the reason, a line. */
    public ResourceLimitException(String message) {
        super(message);
    }

    private ResourceLimitException(String message, boolean writableStackTrace) {
        super(message, writableStackTrace);
    }

    /** One without stack trace and suppressed exceptions: it can be made in advance, shared, and thrown without memory. */
    public static ResourceLimitException withoutTrace(String message) {
        return new ResourceLimitException(message, false);
    }
}
