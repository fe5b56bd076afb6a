package io.pvmjit.rules;

import io.pvmjit.EngineRules;
import io.pvmjit.Revision;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * All in which revisions of the Gray Paper differ: one row each. Code asks a row; nothing else knows revisions. The C
 * library has the columns that concern it in {@code revisions.def}; a test holds the two together.
 *
 * <p>Rules of an embedder's own ({@link #change}) run on the interpreter, which takes them from here alone.
 *
 * @param label the name of the revision
 * @param revision which one these are; empty for an embedder's own, which the C library does not know
 * @param opcodes which octets stand for which opcodes
 * @param thirdRegisterMask what of its octet the third register of a three-register instruction is taken from, before
 *     min(12, ...): all of it, or its low half (#554)
 * @param maximumCodeLength octets of code a program may have, below 2^31 (#559)
 * @param maximumJumpTableLength entries of a jump table (#559)
 * @param limitsEmptyJumpTableEntries whether that limit holds also for entries of no octets, which take no room. The
 *     vectors of 0.8.0 have a valid program with 2^64 - 1 of them
 * @param cmovReadsDestination whether the gas model counts the destination of the four {@code cmov} instructions as a
 *     source (#559)
 * @param heapStackUnit octets to a multiple of which the heap's limit rounds up the stack: a page, or 64 KiB (#538)
 * @param growHeapEmptiesGas whether {@code grow_heap} leaves no gas when there is not enough for its pages (#533); else
 *     it leaves gas as it was and answers the heap's end
 * @param hostCalls which host calls there are, and their numbers
 * @param gasSchedule what host calls cost
 */
public record Rules(
        String label,
        Optional<Revision> revision,
        OpcodeOctets opcodes,
        int thirdRegisterMask,
        int maximumCodeLength,
        int maximumJumpTableLength,
        boolean limitsEmptyJumpTableEntries,
        boolean cmovReadsDestination,
        int heapStackUnit,
        boolean growHeapEmptiesGas,
        HostCallNumbers hostCalls,
        GasSchedule gasSchedule) implements EngineRules {

    /**
     * Checks that they are complete, and the row of the revision that they name; {@link #of} and {@link #change} are the
     * ways to some.
     */
    public Rules(
            String label,
            Optional<Revision> revision,
            OpcodeOctets opcodes,
            int thirdRegisterMask,
            int maximumCodeLength,
            int maximumJumpTableLength,
            boolean limitsEmptyJumpTableEntries,
            boolean cmovReadsDestination,
            int heapStackUnit,
            boolean growHeapEmptiesGas,
            HostCallNumbers hostCalls,
            GasSchedule gasSchedule) {
        this.label = Objects.requireNonNull(label, "label");
        this.revision = Objects.requireNonNull(revision, "revision");
        this.opcodes = Objects.requireNonNull(opcodes, "opcodes");
        this.thirdRegisterMask = thirdRegisterMask;
        this.maximumCodeLength = maximumCodeLength;
        this.maximumJumpTableLength = maximumJumpTableLength;
        this.limitsEmptyJumpTableEntries = limitsEmptyJumpTableEntries;
        this.cmovReadsDestination = cmovReadsDestination;
        this.heapStackUnit = heapStackUnit;
        this.growHeapEmptiesGas = growHeapEmptiesGas;
        this.hostCalls = Objects.requireNonNull(hostCalls, "hostCalls");
        this.gasSchedule = Objects.requireNonNull(gasSchedule, "gasSchedule");
        // An engine is told the revision alone. There are no rows yet while they are made.
        if (revision.isPresent() && ROWS != null && !equals(ROWS.get(revision.get()))) {
            throw new IllegalArgumentException("the rules '" + label + "' are not those of the revision "
                    + revision.get().label());
        }
    }

    private static final int WHOLE_OCTET = 0xFF;
    private static final int LOW_HALF = 0x0F;
    private static final int PAGE = 4096;
    private static final int ZONE = 1 << 16;
    private static final int CODE_LIMIT = 1 << 25;
    private static final int JUMP_TABLE_LIMIT = 1 << 24;

    private static final HostCallNumbers NUMBERS_0_8_0 = HostCallNumbers.none()
            .with(HostFunction.GAS, 0)
            .with(HostFunction.GROW_HEAP, 1)
            .with(HostFunction.FETCH, 2)
            .with(HostFunction.HISTORICAL_LOOKUP, 7)
            .with(HostFunction.EXPORT, 8)
            .with(HostFunction.MACHINE_FROM_CODE, 9)
            .with(HostFunction.PEEK, 10)
            .with(HostFunction.POKE, 11)
            .with(HostFunction.PAGES, 12)
            .with(HostFunction.INVOKE, 13)
            .with(HostFunction.EXPUNGE_MACHINE, 14);

    /** #530 puts compile behind export, so that what follows moves up by one. */
    private static final HostCallNumbers NUMBERS_NEXT = HostCallNumbers.none()
            .with(HostFunction.GAS, 0)
            .with(HostFunction.GROW_HEAP, 1)
            .with(HostFunction.FETCH, 2)
            .with(HostFunction.HISTORICAL_LOOKUP, 7)
            .with(HostFunction.EXPORT, 8)
            .with(HostFunction.COMPILE, 9)
            .with(HostFunction.MACHINE, 10)
            .with(HostFunction.PEEK, 11)
            .with(HostFunction.POKE, 12)
            .with(HostFunction.PAGES, 13)
            .with(HostFunction.INVOKE, 14)
            .with(HostFunction.EXPUNGE, 15);

    // revision, opcodes, third register, code, jump table, empty entries, cmov, heap: stack, gas; host calls, costs
    private static final Map<Revision, Rules> ROWS = rows(
            row(Revision.V0_8_0, OpcodeOctets.standard(), WHOLE_OCTET, CODE_LIMIT, JUMP_TABLE_LIMIT, false, false,
                    PAGE, false, NUMBERS_0_8_0, GasSchedule.standard()),
            row(Revision.V0_8_0_VECTORS, OpcodeOctets.standard(), WHOLE_OCTET, CODE_LIMIT, JUMP_TABLE_LIMIT, true, true,
                    ZONE, true, NUMBERS_0_8_0, GasSchedule.standard()),
            row(Revision.NEXT, OpcodeOctets.standard(), LOW_HALF, CODE_LIMIT, JUMP_TABLE_LIMIT, true, true,
                    ZONE, true, NUMBERS_NEXT, GasSchedule.standard()));

    private static Rules row(
            Revision revision,
            OpcodeOctets opcodes,
            int thirdRegisterMask,
            int maximumCodeLength,
            int maximumJumpTableLength,
            boolean limitsEmptyJumpTableEntries,
            boolean cmovReadsDestination,
            int heapStackUnit,
            boolean growHeapEmptiesGas,
            HostCallNumbers hostCalls,
            GasSchedule gasSchedule) {
        return new Rules(revision.label(), Optional.of(revision), opcodes, thirdRegisterMask, maximumCodeLength,
                maximumJumpTableLength, limitsEmptyJumpTableEntries, cmovReadsDestination, heapStackUnit,
                growHeapEmptiesGas, hostCalls, gasSchedule);
    }

    private static Map<Revision, Rules> rows(Rules... rows) {
        var byRevision = new EnumMap<Revision, Rules>(Revision.class);
        for (var row : rows) {
            byRevision.put(row.revision.orElseThrow(), row);
        }
        return byRevision;
    }

    /** The rules of the default revision, {@code next}. */
    public static Rules defaults() {
        return of(Revision.NEXT);
    }

    /**
     * The rules of a revision of the Gray Paper in full; rules that are in full already as they are.
     *
     * @throws IllegalArgumentException when they are neither
     */
    public static Rules of(EngineRules rules) {
        return rules instanceof Rules full
                ? full
                : ROWS.get(rules.revision().orElseThrow(() -> new IllegalArgumentException(
                        "the rules '" + rules.label() + "' are neither those of a revision nor in full")));
    }

    /** Rules like these under another label, to be changed: an embedder's own. */
    public Change change(String newLabel) {
        return new Change(this, newLabel);
    }

    /** Makes rules of an embedder's own from others, column by column. */
    public static final class Change {
        private final String label;
        private OpcodeOctets opcodes;
        private int thirdRegisterMask;
        private int maximumCodeLength;
        private int maximumJumpTableLength;
        private boolean limitsEmptyJumpTableEntries;
        private boolean cmovReadsDestination;
        private int heapStackUnit;
        private boolean growHeapEmptiesGas;
        private HostCallNumbers hostCalls;
        private GasSchedule gasSchedule;

        private Change(Rules from, String label) {
            this.label = label;
            opcodes = from.opcodes;
            thirdRegisterMask = from.thirdRegisterMask;
            maximumCodeLength = from.maximumCodeLength;
            maximumJumpTableLength = from.maximumJumpTableLength;
            limitsEmptyJumpTableEntries = from.limitsEmptyJumpTableEntries;
            cmovReadsDestination = from.cmovReadsDestination;
            heapStackUnit = from.heapStackUnit;
            growHeapEmptiesGas = from.growHeapEmptiesGas;
            hostCalls = from.hostCalls;
            gasSchedule = from.gasSchedule;
        }

        /** Another {@link Rules#opcodes()}. */
        public Change opcodes(OpcodeOctets value) {
            opcodes = value;
            return this;
        }

        /** Another {@link Rules#thirdRegisterMask()}. */
        public Change thirdRegisterMask(int value) {
            thirdRegisterMask = value;
            return this;
        }

        /** Another {@link Rules#maximumCodeLength()}. */
        public Change maximumCodeLength(int value) {
            maximumCodeLength = value;
            return this;
        }

        /** Another {@link Rules#maximumJumpTableLength()}. */
        public Change maximumJumpTableLength(int value) {
            maximumJumpTableLength = value;
            return this;
        }

        /** Another {@link Rules#limitsEmptyJumpTableEntries()}. */
        public Change limitsEmptyJumpTableEntries(boolean value) {
            limitsEmptyJumpTableEntries = value;
            return this;
        }

        /** Another {@link Rules#cmovReadsDestination()}. */
        public Change cmovReadsDestination(boolean value) {
            cmovReadsDestination = value;
            return this;
        }

        /** Another {@link Rules#heapStackUnit()}. */
        public Change heapStackUnit(int value) {
            heapStackUnit = value;
            return this;
        }

        /** Another {@link Rules#growHeapEmptiesGas()}. */
        public Change growHeapEmptiesGas(boolean value) {
            growHeapEmptiesGas = value;
            return this;
        }

        /** Another {@link Rules#hostCalls()}. */
        public Change hostCalls(HostCallNumbers value) {
            hostCalls = value;
            return this;
        }

        /** Another {@link Rules#gasSchedule()}. */
        public Change gasSchedule(GasSchedule value) {
            gasSchedule = value;
            return this;
        }

        /** The rules as changed so far. */
        public Rules rules() {
            return new Rules(label, Optional.empty(), opcodes, thirdRegisterMask, maximumCodeLength,
                    maximumJumpTableLength, limitsEmptyJumpTableEntries, cmovReadsDestination, heapStackUnit,
                    growHeapEmptiesGas, hostCalls, gasSchedule);
        }
    }

    @Override
    public String toString() {
        return label;
    }
}
