package io.pvmjit.internal.sharing;

import io.pvmjit.EngineConfig;
import io.pvmjit.Quotas;
import io.pvmjit.Resource;
import io.pvmjit.internal.backend.Spending;
import io.pvmjit.internal.system.SystemMemory;

/** What all guests of an engine may have, and the accounts of those who have it. Thread-safe. */
public final class Budget {
    private static final int INVOCATIONS = 128;
    /** An invocation may have this part of all, unless the configuration says otherwise. */
    private static final int PART_OF_ONE = 4;
    private static final String NO_INVOCATION = "what the embedder runs in no invocation";

    private final Pool[] pools;
    private final Spending own;

    /** Of an engine whose code arena has so many octets; 0: it has none. */
    public static Budget of(EngineConfig config, long codeArena) {
        var quotas = config.quotas();
        return new Budget(
                quotas,
                codeArena,
                quotas.memory() != 0 ? quotas.memory() : SystemMemory.octets() / 4 * 3,
                quotas.heap() != 0 ? quotas.heap() : Runtime.getRuntime().maxMemory() / 2);
    }

    /** Of an engine without a configuration. */
    Budget(long code, long memory, long heap) {
        this(Quotas.defaults(), code, memory, heap);
    }

    private Budget(Quotas quotas, long code, long memory, long heap) {
        int sharers = quotas.invocations() != 0 ? quotas.invocations() : INVOCATIONS;
        pools = new Pool[] {
            pool(Resource.CODE, code, quotas.codePerInvocation(), sharers),
            pool(Resource.MEMORY, memory, quotas.memoryPerInvocation(), sharers),
            pool(Resource.HEAP, heap, quotas.heapPerInvocation(), sharers),
        };
        var parts = new Pool.Part[pools.length];
        for (int i = 0; i < pools.length; i++) {
            parts[i] = pools[i].own();
        }
        own = new PooledSpending(NO_INVOCATION, parts);
    }

    private static Pool pool(Resource resource, long limit, long limitOfOne, int sharers) {
        return new Pool(resource, limit, limitOfOne != 0 ? limitOfOne : limit / PART_OF_ONE, sharers);
    }

    /** What is in no invocation. */
    public Spending own() {
        return own;
    }

    /** Opens the account of an invocation. */
    public Spending open(String invocation) {
        var parts = new Pool.Part[pools.length];
        try {
            for (int i = 0; i < pools.length; i++) {
                parts[i] = pools[i].open();
            }
            return new PooledSpending(invocation, parts);
        } catch (Throwable e) {
            for (var part : parts) {
                if (part != null) {
                    part.close();
                }
            }
            throw e;
        }
    }

    /** Octets that accounts have or hold ready. */
    long used(Resource resource) {
        return pools[resource.ordinal()].drawn();
    }

    long limit(Resource resource) {
        return pools[resource.ordinal()].limit();
    }
}
