package io.pvmjit;

/** Access to a page of guest RAM; the order is that of {@code enum pvm_access}. */
public enum PageAccess {
    /** Neither. */
    NONE,
    /** Read only. */
    READ,
    /** Read and write. */
    WRITE;

    private static final PageAccess[] VALUES = values();

    /** The access with this ordinal, 0 to 2. */
    public static PageAccess of(int ordinal) {
        return VALUES[ordinal];
    }
}
