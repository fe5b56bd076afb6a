package io.pvmjit.interpreter;

/**
 * Division as the PVM has it. By zero it gives all ones and leaves the dividend as the remainder. The most negative number
 * divided by -1 is itself, remainder 0, in Java as in the PVM.
 */
final class Division {
    private static final long ALL_ONES = -1L;

    private Division() {}

    static long quotientUnsigned(int dividend, int divisor) {
        return divisor == 0 ? ALL_ONES : Integer.divideUnsigned(dividend, divisor);
    }

    static long quotientSigned(int dividend, int divisor) {
        return divisor == 0 ? ALL_ONES : dividend / divisor;
    }

    static long remainderUnsigned(int dividend, int divisor) {
        return divisor == 0 ? dividend : Integer.remainderUnsigned(dividend, divisor);
    }

    static long remainderSigned(int dividend, int divisor) {
        return divisor == 0 ? dividend : dividend % divisor;
    }

    static long quotientUnsigned(long dividend, long divisor) {
        return divisor == 0 ? ALL_ONES : Long.divideUnsigned(dividend, divisor);
    }

    static long quotientSigned(long dividend, long divisor) {
        return divisor == 0 ? ALL_ONES : dividend / divisor;
    }

    static long remainderUnsigned(long dividend, long divisor) {
        return divisor == 0 ? dividend : Long.remainderUnsigned(dividend, divisor);
    }

    static long remainderSigned(long dividend, long divisor) {
        return divisor == 0 ? dividend : dividend % divisor;
    }
}
