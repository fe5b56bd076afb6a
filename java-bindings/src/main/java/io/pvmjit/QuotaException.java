package io.pvmjit;

/**
 * An invocation wants more than it may have: by its own bound, or because the engine has no more and it is beyond its
 * share. What it wanted was not done. It concerns this invocation alone: end it, others go on.
 */
public final class QuotaException extends ResourceLimitException {
    private static final long serialVersionUID = 1L;

    private final String invocation;
    private final Resource resource;
    private final long spent;
    private final long wanted;
    private final long limit;

    /**
     * @param invocation whose call it was
     * @param resource what it wants more of
     * @param spent what it has
     * @param wanted what it wanted in addition
     * @param limit its own bound
     * @param free what there was for it beyond what it has, by the bound of the engine
     */
    public QuotaException(String invocation, Resource resource, long spent, long wanted, long limit, long free) {
        super(message(invocation, resource, spent, wanted, limit, free));
        this.invocation = invocation;
        this.resource = resource;
        this.spent = spent;
        this.wanted = wanted;
        this.limit = limit;
    }

    private static String message(
            String invocation, Resource resource, long spent, long wanted, long limit, long free) {
        var has = invocation + " has " + spent + " octets of " + resource.label() + " and wants " + wanted + " more, ";
        return wanted > limit - spent
                ? has + "but one invocation may have " + limit + ": raise Quotas." + resource.quota()
                : has + "but the engine has " + free + " for it: raise " + resource.total()
                        + ", or run fewer invocations at once";
    }

    /** Whose call it was, as its {@link Account} was named; such as "refinement of service 5". */
    public String invocation() {
        return invocation;
    }

    /** What was asked for. */
    public Resource resource() {
        return resource;
    }

    /** What the invocation had, in octets. */
    public long spent() {
        return spent;
    }

    /** What it wanted in addition, in octets. */
    public long wanted() {
        return wanted;
    }

    /** What one invocation may have, in octets. */
    public long limit() {
        return limit;
    }
}
