package io.pvmjit.asm;

import java.util.Arrays;

/**
 * Chooses how many octets the offsets of jumps and branches take. All start with none and grow until every offset fits,
 * which gives the shortest code.
 *
 * <p>Places are stated as they would be if no offset took any octet: the real place is that plus the widths of the
 * jumps before it.
 */
final class Relaxation {
    /** Rounds of growth after which all offsets get four octets: only made-up programs come near. */
    private static final int ROUND_LIMIT = 100;

    private Relaxation() {}

    /**
     * The widths, 0 to 4 octets, one for each jump in the order of the code.
     *
     * @param places of the jumps
     * @param targets places they lead to
     * @param jumpsBeforeTarget how many of the jumps stand before the target of each
     */
    static int[] widths(int[] places, int[] targets, int[] jumpsBeforeTarget) {
        int count = places.length;
        var widths = new int[count];
        var growthBefore = new int[count + 1];
        for (int round = 0; round < ROUND_LIMIT; round++) {
            for (int i = 0; i < count; i++) {
                growthBefore[i + 1] = growthBefore[i] + widths[i];
            }
            boolean grew = false;
            for (int i = 0; i < count; i++) {
                long offset = (long) targets[i] + growthBefore[jumpsBeforeTarget[i]] - places[i] - growthBefore[i];
                int needed = Encoding.width(offset);
                if (needed > widths[i]) {
                    widths[i] = needed;
                    grew = true;
                }
            }
            if (!grew) {
                return widths;
            }
        }
        Arrays.fill(widths, Encoding.MAXIMUM_WIDTH);
        return widths;
    }
}
