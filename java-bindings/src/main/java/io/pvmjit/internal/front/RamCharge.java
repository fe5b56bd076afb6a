package io.pvmjit.internal.front;

import io.pvmjit.MemoryImage;
import io.pvmjit.PageAccess;
import io.pvmjit.Resource;
import io.pvmjit.internal.backend.BackendMachine;
import io.pvmjit.internal.backend.Spending;
import java.util.BitSet;

/**
 * Counts the pages of one instance that may hold something against what an invocation may spend: those that are accessible,
 * touched or not, and those that were and kept their contents. So the count is the same on every backend, and never less
 * than what is resident. Used as its instance is, by one thread at a time.
 */
final class RamCharge {
    private final Spending spending;
    private long octets;
    /** Inaccessible pages that kept their contents; null until there are any. A guest cannot make such. */
    private BitSet hidden;

    RamCharge(Spending spending) {
        this.spending = spending;
    }

    /** Takes the pages of an image; once. */
    void take(MemoryImage image) {
        take(image.accessiblePages());
    }

    private void take(long pages) {
        if (pages != 0) {
            spending.take(Resource.MEMORY, pages * MemoryImage.PAGE_SIZE);
            octets += pages * MemoryImage.PAGE_SIZE;
        }
    }

    /** {@link BackendMachine#protect}, if pages that become accessible can be had; where it fails, what it did counts. */
    void protect(BackendMachine machine, int firstPage, int pageCount, PageAccess access, boolean zero) {
        int counted = mayHoldSomething(machine, firstPage, pageCount);
        for (int page = firstPage; access == PageAccess.NONE && !zero && page < firstPage + pageCount; page++) {
            if (machine.access(page) != PageAccess.NONE) {
                hide(page);
            }
        }
        boolean grants = access != PageAccess.NONE;
        take(grants ? pageCount - counted : 0);
        try {
            machine.protect(firstPage, pageCount, access, zero);
        } catch (Throwable e) {
            giveBack(grants ? pageCount - mayHoldSomething(machine, firstPage, pageCount) : 0);
            throw e;
        }
        boolean stayHidden = access == PageAccess.NONE && !zero;
        if (hidden != null && !stayHidden) {
            hidden.clear(firstPage, firstPage + pageCount);
        }
        if (access == PageAccess.NONE && zero) {
            giveBack(counted);
        }
    }

    private void giveBack(long pages) {
        spending.giveBack(Resource.MEMORY, pages * MemoryImage.PAGE_SIZE);
        octets -= pages * MemoryImage.PAGE_SIZE;
    }

    /** How many pages are counted. */
    private int mayHoldSomething(BackendMachine machine, int firstPage, int pageCount) {
        int pages = 0;
        for (int page = firstPage; page < firstPage + pageCount; page++) {
            if (machine.access(page) != PageAccess.NONE || hidden != null && hidden.get(page)) {
                pages++;
            }
        }
        return pages;
    }

    private void hide(int page) {
        if (hidden == null) {
            hidden = new BitSet();
        }
        hidden.set(page);
    }

    /** Gives all back, when the instance is gone. Does nothing when done before. Takes nothing from the Java heap. */
    void release() {
        long given = octets;
        if (given != 0) {
            spending.giveBack(Resource.MEMORY, given);
            octets = 0;
        }
    }
}
