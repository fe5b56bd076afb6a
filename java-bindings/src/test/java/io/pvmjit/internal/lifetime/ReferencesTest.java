package io.pvmjit.internal.lifetime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What is left of a thing when freeing it is cut short, and that it is freed once in the end. */
class ReferencesTest {
    private final StackOverflowError cutShort = new StackOverflowError();
    private int failures;
    private int frees;
    private final References references = new References(() -> {
        if (failures-- > 0) {
            throw cutShort;
        }
        frees++;
    });

    private void assertCutShort(Runnable action) {
        assertSame(cutShort, assertThrows(StackOverflowError.class, action::run));
        assertEquals(0, frees);
        assertFalse(references.tryRetain(), "it is closed all the same");
    }

    private void assertFreed() {
        assertEquals(1, frees);
        references.close();
        assertEquals(1, frees);
        assertFalse(references.tryRetain());
        assertThrows(AssertionError.class, references::release);
    }

    @Test
    void closingIsDoneAgain() {
        failures = 2;
        assertCutShort(references::close);
        assertCutShort(references::close);
        references.close();
        assertFreed();
    }

    @Test
    void whoGaveTheLastOneBackInVainHasItStill() {
        assertTrue(references.tryRetain());
        references.close();
        failures = 1;
        assertCutShort(references::release);
        references.close();
        assertEquals(0, frees, "it is not the owner's");
        references.release();
        assertFreed();
    }

    @Test
    void ownerMakesUpForAUseThatEnded() {
        assertTrue(references.tryRetain());
        references.close();
        failures = 1;
        assertCutShort(references::releaseOrLeave);
        references.close();
        assertFreed();
    }
}
