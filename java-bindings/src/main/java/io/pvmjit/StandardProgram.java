package io.pvmjit;

import io.pvmjit.MemoryImage.Region;
import io.pvmjit.internal.encoding.Naturals;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A standard program, also called a JAM blob (Gray Paper A.7): a program blob with the RAM and registers that it starts
 * with. Service code carries metadata in front of it. Immutable and thread-safe.
 *
 * <p>Only the container is checked here: whether the program blob is valid, {@link Engine#compile} says. What the blob
 * merely claims, such as 256 MiB of zero pages, takes no memory.
 */
public final class StandardProgram {
    /** Octets of a zone: what starts a region is a multiple of it, and as much stays free between regions (ZZ). */
    public static final int ZONE_SIZE = 1 << 16;
    /** The most octets that arguments may have (ZI). */
    public static final int MAXIMUM_ARGUMENT_LENGTH = 1 << 24;
    /** Where arguments begin, an address. */
    public static final long ARGUMENT_ADDRESS = (1L << 32) - ZONE_SIZE - MAXIMUM_ARGUMENT_LENGTH;
    /** Where the stack ends, an address: it grows down from here. */
    public static final long STACK_END = (1L << 32) - 2 * ZONE_SIZE - MAXIMUM_ARGUMENT_LENGTH;
    /** Where a program jumps to in order to halt: what register 0 holds at the start. */
    public static final long HALT_ADDRESS = (1L << 32) - ZONE_SIZE;

    private final long offset;
    private final MemorySegment metadata;
    private final int readOnlyLength;
    private final int readWriteLength;
    private final int heapPages;
    private final int stackSize;
    private final MemoryImage image; // without arguments
    private final MemorySegment programBlob;
    private final long programOffset;

    private StandardProgram(Reader reader, MemorySegment metadata) {
        this.offset = reader.position;
        this.metadata = metadata;
        // The bound 5 ZZ + Q(|o|) + Q(|w| + z * 4096) + Q(s) + ZI <= 2^32 holds for any content of these fields: the
        // left side is at most 2^28 + 2^26 + 6 * 2^16.
        this.readOnlyLength = (int) reader.littleEndian(3, "the length of read-only data");
        this.readWriteLength = (int) reader.littleEndian(3, "the length of read-write data");
        this.heapPages = (int) reader.littleEndian(2, "the number of heap pages");
        this.stackSize = (int) reader.littleEndian(3, "the stack size");
        var readOnly = reader.octets(readOnlyLength, "read-only data");
        var readWrite = reader.octets(readWriteLength, "read-write data");
        long codeLength = reader.littleEndian(4, "the length of the program blob");
        this.programOffset = reader.position;
        var program = reader.octets(codeLength, "the program blob");
        reader.end();
        this.programBlob = program;
        this.image = MemoryImage.of(fixedRegions(readOnly, readWrite));
    }

    /**
     * Parses a JAM blob. It is copied.
     *
     * @throws InvalidProgramException when octets are missing or left over
     */
    public static StandardProgram parse(byte[] blob) {
        return parse(MemorySegment.ofArray(blob));
    }

    /** As {@link #parse(byte[])}, from a segment on or off the heap. */
    public static StandardProgram parse(MemorySegment blob) {
        return new StandardProgram(new Reader(copy(blob, Arena.ofAuto())), MemorySegment.NULL);
    }

    /**
     * Parses service code: metadata with its length in front, then a JAM blob. It is copied.
     *
     * @throws InvalidProgramException when octets are missing or left over, or the length of the metadata is not in its
     *     shortest form
     */
    public static StandardProgram parseServiceCode(byte[] blob) {
        return parseServiceCode(MemorySegment.ofArray(blob));
    }

    /** As {@link #parseServiceCode(byte[])}, from a segment on or off the heap. */
    public static StandardProgram parseServiceCode(MemorySegment blob) {
        return parseServiceCode(blob, Arena.ofAuto());
    }

    /**
     * As {@link #parseServiceCode(MemorySegment)}, with the copy in memory of the caller's, for whoever parses many: what is
     * left to the garbage collector stays until it runs. Neither the program nor its segments, its images and the
     * instances of these may be used after the memory is gone; modules may.
     *
     * @param memory gives native memory, aligned to 1 octet
     */
    public static StandardProgram parseServiceCode(MemorySegment blob, SegmentAllocator memory) {
        var reader = new Reader(copy(blob, memory));
        long length = reader.natural("length of the metadata");
        var metadata = reader.octets(length, "the metadata");
        return new StandardProgram(reader, metadata);
    }

    /**
     * Parses a JAM blob, or service code when it is not one: for people who have a file and do not know. Consensus code
     * knows which form it has and must not guess.
     *
     * @throws InvalidProgramException when it is neither
     */
    public static StandardProgram detect(byte[] blob) {
        InvalidProgramException plain;
        try {
            return parse(blob);
        } catch (InvalidProgramException e) {
            plain = e;
        }
        try {
            return parseServiceCode(blob);
        } catch (InvalidProgramException service) {
            throw new InvalidProgramException("neither a JAM blob (" + plain.reason() + " at octet " + plain.offset()
                    + ") nor service code (" + service.reason() + ")", service.offset());
        }
    }

    private static MemorySegment copy(MemorySegment source, SegmentAllocator memory) {
        // Native, so that neither compilation nor an instance has to copy it from the heap first; and in one piece, of which
        // all else are slices: each of its own would burden the garbage collector.
        return memory.allocate(Math.max(1, source.byteSize())).asSlice(0, source.byteSize()).copyFrom(source)
                .asReadOnly();
    }

    /** The regions that do not depend on arguments: made once, so that pooled memory slots keep their contents. */
    private List<Region> fixedRegions(MemorySegment readOnly, MemorySegment readWrite) {
        var result = new ArrayList<Region>(3);
        addRegion(result, ZONE_SIZE, pages(readOnlyLength), PageAccess.READ, readOnly);
        addRegion(result, heapStart(), pages(readWriteLength) + heapPages, PageAccess.WRITE, readWrite);
        addRegion(result, STACK_END - (long) pages(stackSize) * MemoryImage.PAGE_SIZE, pages(stackSize),
                PageAccess.WRITE, MemorySegment.NULL);
        return result;
    }

    private static void addRegion(
            List<Region> regions, long address, int pageCount, PageAccess access, MemorySegment contents) {
        if (pageCount > 0) {
            regions.add(Region.ofNative((int) (address / MemoryImage.PAGE_SIZE), pageCount, access, contents));
        }
    }

    private static int pages(int octets) {
        return Math.ceilDiv(octets, MemoryImage.PAGE_SIZE);
    }

    /**
     * The RAM at the start of a run. The regions of data and stack are the same objects in every image of this program.
     *
     * @param arguments at most {@link #MAXIMUM_ARGUMENT_LENGTH} octets, copied
     * @throws IllegalArgumentException when they are longer
     */
    public MemoryImage image(byte[] arguments) {
        requireArguments(arguments);
        if (arguments.length == 0) {
            return image;
        }
        var all = new ArrayList<>(image.regions());
        all.add(Region.oneTime((int) (ARGUMENT_ADDRESS / MemoryImage.PAGE_SIZE), pages(arguments.length), PageAccess.READ,
                MemorySegment.ofArray(arguments)));
        return MemoryImage.of(all);
    }

    /**
     * The 13 registers at the start of a run.
     *
     * @throws IllegalArgumentException when the arguments are too long
     */
    public long[] registers(byte[] arguments) {
        requireArguments(arguments);
        var registers = new long[Instance.REGISTER_COUNT];
        registers[0] = HALT_ADDRESS;
        registers[1] = STACK_END;
        registers[7] = ARGUMENT_ADDRESS;
        registers[8] = arguments.length;
        return registers;
    }

    private static void requireArguments(byte[] arguments) {
        if (arguments.length > MAXIMUM_ARGUMENT_LENGTH) {
            throw new IllegalArgumentException("arguments have at most " + MAXIMUM_ARGUMENT_LENGTH + " octets, got "
                    + arguments.length);
        }
    }

    /** The program blob, to be handed to {@link Engine#compile(MemorySegment)}: read-only native memory. */
    public MemorySegment programBlob() {
        return programBlob;
    }

    /** Where the program blob begins in what was parsed, an octet index. */
    public long programOffset() {
        return programOffset;
    }

    /** Where the JAM blob begins in what was parsed, an octet index: behind the metadata. */
    public long offset() {
        return offset;
    }

    /** The metadata of service code, read-only; empty for a JAM blob without. */
    public MemorySegment metadata() {
        return metadata;
    }

    /** Octets of read-only data (|o|), below 2^24. */
    public int readOnlyLength() {
        return readOnlyLength;
    }

    /** Octets of initial read-write data (|w|), below 2^24. */
    public int readWriteLength() {
        return readWriteLength;
    }

    /** Zero pages behind the read-write data (z), below 2^16. */
    public int heapPages() {
        return heapPages;
    }

    /** Octets of stack as asked for (s), below 2^24; it has whole pages. */
    public int stackSize() {
        return stackSize;
    }

    /** Where read-write data and the heap begin, an address. */
    public long heapStart() {
        return 2L * ZONE_SIZE + (long) Math.ceilDiv(readOnlyLength, ZONE_SIZE) * ZONE_SIZE;
    }

    /** Takes a blob apart from front to back; every failure names what was being read and where. */
    private static final class Reader {
        private final MemorySegment blob;
        private long position;

        Reader(MemorySegment blob) {
            this.blob = blob;
        }

        MemorySegment octets(long length, String what) {
            // Unsigned: a length in front of metadata may be any 64-bit number.
            if (Long.compareUnsigned(length, blob.byteSize() - position) > 0) {
                throw new InvalidProgramException(what + " would have " + Long.toUnsignedString(length)
                        + " octets, but the blob ends before that", blob.byteSize());
            }
            var slice = blob.asSlice(position, length);
            position += length;
            return slice;
        }

        private long octet(String what) {
            if (position == blob.byteSize()) {
                throw new InvalidProgramException("the blob ends within " + what, position);
            }
            return blob.get(ValueLayout.JAVA_BYTE, position++) & 0xff;
        }

        long littleEndian(int length, String what) {
            long value = 0;
            for (int i = 0; i < length; i++) {
                value |= octet(what) << 8 * i;
            }
            return value;
        }

        /** A natural at the front of the blob: from there are the offsets in exceptions. */
        long natural(String what) {
            var head = blob.asSlice(0, Math.min(Naturals.MAXIMUM_LENGTH, blob.byteSize()));
            var number = Naturals.read(head.toArray(ValueLayout.JAVA_BYTE), 0);
            if (number.flaw() != null) {
                throw new InvalidProgramException("the " + what + " " + number.flaw(), number.end());
            }
            position = number.end();
            return number.value();
        }

        void end() {
            if (position != blob.byteSize()) {
                throw new InvalidProgramException(
                        (blob.byteSize() - position) + " octets are left over behind the program blob", position);
            }
        }
    }
}
