package io.pvmjit;

/** Memory, code space, instances or maps are used up. Closing modules or instances makes room. */
public final class ResourceLimitException extends PvmException {
    private static final long serialVersionUID = 1L;

    public ResourceLimitException(String message) {
        super(message);
    }
}
