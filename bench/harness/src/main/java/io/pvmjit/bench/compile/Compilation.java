package io.pvmjit.bench.compile;

/**
 * What compiling a program took on the JIT.
 *
 * @param instructions of the guest's
 * @param octets of its blob: code, jump table and mask, all of which a guest that has it compiled hands over
 * @param codeOctets of these, the code's
 * @param nativeOctets of machine code
 * @param nanoseconds the shortest time for all of it: validate, price, compile, publish, close
 * @param nanosecondsToStart the shortest time until a run can begin, which makes the rest when it gets there
 */
public record Compilation(
        String name, long instructions, long octets, long codeOctets, long nativeOctets, double nanoseconds,
        double nanosecondsToStart) {
    public double nanosecondsPerInstruction() {
        return nanoseconds / instructions;
    }

    public double nanosecondsToStartPerInstruction() {
        return nanosecondsToStart / instructions;
    }

    public double nanosecondsToStartPerOctet() {
        return nanosecondsToStart / octets;
    }

    public double nanosecondsPerOctet() {
        return nanoseconds / octets;
    }

    /** Octets of machine code for each octet of the guest's code. */
    public double expansion() {
        return (double) nativeOctets / codeOctets;
    }
}
