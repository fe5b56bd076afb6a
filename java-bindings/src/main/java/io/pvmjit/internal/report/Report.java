package io.pvmjit.internal.report;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whoever listens what the engine does. Nobody can listen is no failure: an error for want of heap or stack ends the
 * report, not the work.
 */
public final class Report {
    private static final Logger LOG = LoggerFactory.getLogger("io.pvmjit");

    private Report() {}

    /** @param event begun before */
    public static void compiled(CompileEvent event, long octets, long machineCode, boolean cached) {
        try {
            event.octets = octets;
            event.machineCode = machineCode;
            event.cached = cached;
            event.commit();
            LOG.debug("compiled {} octets to {} octets of machine code, found in the cache: {}", octets, machineCode,
                    cached);
        } catch (VirtualMachineError _) {
            // See above.
        }
    }

    /** A program got no room for its code. */
    public static void fellBack(long octets) {
        try {
            var event = new FallBackEvent();
            event.octets = octets;
            event.commit();
            LOG.debug("no room for the machine code of {} octets: they run on the interpreter", octets);
        } catch (VirtualMachineError _) {
            // See above.
        }
    }

    /** The cache dropped a module of so many octets. */
    public static void evicted(long octets) {
        try {
            var event = new EvictionEvent();
            event.octets = octets;
            event.commit();
            LOG.debug("dropped a module of {} octets from the cache", octets);
        } catch (VirtualMachineError _) {
            // See above.
        }
    }

    /** An instance checks pages in software from here on. */
    public static void checked(long codeLength) {
        try {
            var event = new CheckedEvent();
            event.codeLength = codeLength;
            event.commit();
            LOG.debug("an instance has used up its maps and runs checked, its program has {} octets", codeLength);
        } catch (VirtualMachineError _) {
            // See above.
        }
    }

    /** Somebody interrupts an instance. */
    public static void interrupted() {
        try {
            new InterruptEvent().commit();
        } catch (VirtualMachineError _) {
            // See above.
        }
    }
}
