package io.pvmjit.hostcalls.refine;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Map;

/**
 * A world held in memory, for tests, the command line and simple embedders.
 *
 * @param preimages by service and hash (lower-case hex, 64 digits)
 * @param items of fetch, by selector and, for those that take them, indices
 */
public record InMemoryEnvironment(
        long service, Map<Key, byte[]> preimages, Map<Item, byte[]> items, int exportOffset) implements RefineEnvironment {

    /** Names a preimage. */
    public record Key(long service, String hash) {
        /** The key of a preimage that a service has. */
        public static Key of(long service, byte[] hash) {
            return new Key(service, HexFormat.of().formatHex(hash));
        }
    }

    /**
     * Names an item of {@code fetch}.
     *
     * @param first index for selectors 3 to 6, 12, 13 and 15, else 0
     * @param second index for selectors 3 and 5, else 0
     */
    public record Item(int selector, long first, long second) {}

    /** Copies the maps. */
    public InMemoryEnvironment {
        preimages = Map.copyOf(preimages);
        items = Map.copyOf(items);
        if (exportOffset < 0 || exportOffset > Limits.EXPORTS) {
            throw new IllegalArgumentException("the export offset " + exportOffset + " is not in 0.." + Limits.EXPORTS);
        }
    }

    @Override
    public MemorySegment preimage(long of, byte[] hash) {
        return segment(preimages.get(Key.of(of, hash)));
    }

    @Override
    public MemorySegment fetch(int selector, long first, long second) {
        return segment(items.get(switch (selector) {
            case 3, 5 -> new Item(selector, first, second);
            case 4, 6, 12, 13, 15 -> new Item(selector, first, 0);
            default -> new Item(selector, 0, 0);
        }));
    }

    private static MemorySegment segment(byte[] octets) {
        return octets == null ? null : MemorySegment.ofArray(octets).asReadOnly();
    }
}
