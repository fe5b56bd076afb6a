package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every relocation that the linker knows, in object files and in linked ones, wherever those were linked to. */
class RelocationsTest {
    /** What the steps of relocations.S come to. */
    private static final long[] RESULTS = {
        1, 2, 3, 4, 5, 0x12345, 7, 8, 9, 10, 11, 12, 13, 7, 14, 21, 28, 35, 19, 20, 0, 8, 24, 24, 25, 0, 0x1234_5678,
        28,
        0xffff_ffff_ffff_ff88L, 0x88, 0xffff_ffff_ffff_8788L, 0x8788, 0xffff_ffff_8586_8788L, 0x8586_8788L,
        0x8182_8384_8586_8788L, 0x8384_8586L, 31
    };

    @TempDir
    private Path folder;

    private Path object(String... flags) {
        return Guests.object(Guests.resource("relocations.S", folder), folder.resolve("relocations.o"), flags);
    }

    private static void check(Path file) throws LinkException {
        var program = Linker.link(file, LinkOptions.defaults());
        var output = ByteBuffer.wrap(Guests.output(program, new byte[0])).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        var results = new long[output.remaining()];
        output.get(results);
        assertArrayEquals(RESULTS, results, () -> Arrays.toString(results));
        assertEquals(List.of("add_seven", "finish", "refine"), List.copyOf(program.functions().keySet()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-mno-relax", "-mrelax"})
    void objectFile(String relaxation) throws LinkException {
        check(object(relaxation));
    }

    /** The linker's addresses do not matter: none of them is used. */
    @ParameterizedTest
    @CsvSource({"-mno-relax, 0x10000, 0x20000, 0x30000", "-mrelax, 0x10000, 0x20000, 0x30000",
        "-mno-relax, 0x400000, 0x10000000, 0x60000000", "-mno-relax, 0x20000000, 0x10000, 0x7fff0000"})
    void linkedFile(String relaxation, String text, String data, String bss) throws LinkException {
        check(linked(object(relaxation), "--no-relax", text, data, bss));
    }

    /** What has been saved by then is instructions, near to gp, to zero, or to neither. */
    @ParameterizedTest
    @CsvSource({"0x10000, 0x20000, 0x20400", "0x2000, 0x300, 0x1000", "0x3000, 0x900, 0x1100",
        "0x400000, 0x10000000, 0x60000000"})
    void relaxedFile(String text, String data, String bss) throws LinkException {
        check(linked(object("-mrelax"), "--relax", text, data, bss));
    }

    private Path linked(Path object, String relaxation, String text, String data, String bss) {
        var linked = folder.resolve("linked");
        Guests.run(List.of(GuestCompiler.PREFIX + "ld", "--emit-relocs", relaxation, "--entry=refine",
                "--unresolved-symbols=ignore-all", "--no-warn-rwx-segments", "-Ttext=" + text, "-Tdata=" + data,
                "-Tbss=" + bss, "-o", linked.toString(), object.toString()));
        return linked;
    }

    @Test
    void everyRelocationIsTested() throws LinkException {
        // The assembler does not know PLT_32: LocalAddressesTest.
        var known = EnumSet.complementOf(EnumSet.of(RelocationType.PLT_32));
        var tested = EnumSet.noneOf(RelocationType.class);
        var object = object("-mrelax");
        for (var file : List.of(object, linked(object, "--relax", "0x10000", "0x20000", "0x20400"))) {
            for (var section : ElfObject.read(file).sections()) {
                section.relocations.forEach(relocation -> tested.add(relocation.type()));
            }
        }
        assertEquals(known, tested);
    }

    /** Others are refused where they are used: none of the numbers that we do not know passes for another. */
    @Test
    void numbersOfRelocations() {
        var numbers = new ArrayList<Long>();
        for (long number = -1; number < 300; number++) {
            if (RelocationType.of(number) != null) {
                numbers.add(number);
            }
        }
        // RISC-V psABI: NONE, 32, 64, BRANCH, JAL, CALL, CALL_PLT, GOT_HI20, PCREL_HI20, PCREL_LO12_I and _S, HI20,
        // LO12_I and _S, ADD8 to 64, SUB8 to 64, ALIGN, GPREL_I and _S (of GNU ld), RELAX, SET8 to 32, 32_PCREL, PLT32.
        assertEquals(List.of(0L, 1L, 2L, 16L, 17L, 18L, 19L, 20L, 23L, 24L, 25L, 26L, 27L, 28L, 33L, 34L, 35L, 36L,
                37L, 38L, 39L, 40L, 43L, 47L, 48L, 51L, 54L, 55L, 56L, 57L, 59L), numbers);
    }
}
