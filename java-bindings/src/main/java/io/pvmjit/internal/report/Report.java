package io.pvmjit.internal.report;

import java.util.List;
import java.util.ServiceLoader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLogger;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Tells whoever listens what the engine does. An error for want of heap or stack ends the report, not the work: whoever
 * makes something must not lose it because it could not be told.
 */
public final class Report {
    /** Where no provider of slf4j is, it would say so on standard error, of a program that has nothing to log. */
    private static final Logger LOG = ServiceLoader.load(SLF4JServiceProvider.class, LoggerFactory.class.getClassLoader())
            .iterator().hasNext() ? LoggerFactory.getLogger("io.pvmjit") : NOPLogger.NOP_LOGGER;

    private Report() {}

    /**
     * Initialises all that reports need, before there can be any. In the middle of that an error for want of heap or stack
     * would make classes unusable for good.
     */
    public static void initialise() {
        for (var event : List.of(new CompileEvent(), new FallBackEvent(), new EvictionEvent(), new CheckedEvent(),
                new InterruptEvent(), new RunEvent(), new PageFaultsEvent())) {
            event.begin();
            // Not committed: nothing has happened.
            event.shouldCommit();
        }
        LOG.isDebugEnabled();
    }

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

    /** The first instance of a module checks pages in software. */
    public static void checked(long codeLength) {
        try {
            var event = new CheckedEvent();
            event.codeLength = codeLength;
            event.commit();
            LOG.debug("an instance has used up its maps, or faults often, and runs checked, its program has {} octets",
                    codeLength);
        } catch (VirtualMachineError _) {
            // See above.
        }
    }

    /** Somebody interrupts an instance, an invocation, or all of an engine. */
    public static void interrupted(String what) {
        try {
            var event = new InterruptEvent();
            event.what = what;
            event.commit();
        } catch (VirtualMachineError _) {
            // See above.
        }
    }

    /**
     * An invocation stopped.
     *
     * @param run begun before
     * @param faults begun before
     * @param exit how it stopped: its text
     * @param pageFaults its own, and those of inner machines
     */
    public static void ran(RunEvent run, PageFaultsEvent faults, long gas, long gasUsed, Object exit, long pageFaults) {
        try {
            if (run.shouldCommit()) {
                run.gas = gas;
                run.gasUsed = gasUsed;
                run.exit = exit.toString();
                run.commit();
            }
            if (pageFaults != 0) {
                faults.count = pageFaults;
                faults.commit();
            }
        } catch (VirtualMachineError _) {
            // See above.
        }
    }
}
