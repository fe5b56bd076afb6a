package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.PageAccess;
import io.pvmjit.hostcalls.HostCall.Outcome;
import io.pvmjit.hostcalls.HostCallTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the heap may grow no more, malloc says so, nothing is lost, and what is freed is whole again. */
class HeapLimitsTest {
    private static final int PAGE = 4096;
    private static final int BLOCK = 1000;
    /** A block with its header, at a multiple of 16. */
    private static final int CHUNK = 1008;

    /** Results: blocks until there are no more, those that were whole, blocks the second time, 1 when all is one block. */
    private static final String PROGRAM = """
            #include <pvm.h>
            #include <stdlib.h>
            #include <string.h>
            extern uint8_t __heap_start[], __heap_end[];
            static uint64_t out[7];
            static unsigned char *blocks[2000];

            static uint64_t fill(void) {
                uint64_t count = 0;
                while (count < 2000 && (blocks[count] = malloc(1000)) != NULL) {
                    memset(blocks[count], (int)(count % 251), 1000);
                    count++;
                }
                return count;
            }

            static uint64_t empty(uint64_t count) {
                uint64_t whole = 0;
                for (uint64_t i = 0; i < count; i++) {
                    uint64_t number = i * 2003 % count;
                    whole += blocks[number][0] == number % 251 && blocks[number][999] == number % 251;
                    blocks[number][0] = (unsigned char)~(number % 251);
                    free(blocks[number]);
                }
                return whole;
            }

            pvm_octets refine(const uint8_t *arguments, uint64_t length) {
                out[0] = fill();
                out[1] = realloc(out[0] == 0 ? NULL : blocks[0], 100000000) == NULL && malloc(100000000) == NULL
                         && calloc(1000, 100000) == NULL && (out[0] == 0 || blocks[0][999] == 0);
                out[2] = empty(out[0]);
                out[3] = fill();
                out[4] = empty(out[3]);
                out[5] = out[0] == 0 || malloc(out[0] * 1008 - 8) != NULL;
                out[6] = (uint64_t)__heap_start % 4096;
                return (pvm_octets){out, sizeof out};
            }
            """;

    @TempDir
    private static Path folder;

    private static LinkedProgram program;

    @BeforeAll
    static void build() throws Exception {
        var source = Files.writeString(folder.resolve("heap.c"), PROGRAM);
        program = Guests.toolchain().build(List.of(source), List.of("-g0", "-fno-builtin"), LinkOptions.defaults());
    }

    /** grow_heap as the Gray Paper has it, with a heap that gets so many pages beyond those at its begin. */
    private static HostCallTable heap(int pages) {
        var bounds = new long[2];
        return HostCallTable.builder().add(1, context -> {
            long wished = context.register(7);
            if (bounds[0] == 0) {
                bounds[0] = end(wished, context.memory()::writable);
                bounds[1] = bounds[0] + pages;
            }
            if (wished <= bounds[0] || wished > bounds[1]) {
                context.register(7, bounds[0]);
                return Outcome.CONTINUE;
            }
            boolean done = context.memory().protect(bounds[0], wished - bounds[0], PageAccess.WRITE, true);
            bounds[0] = wished;
            return done ? Outcome.CONTINUE : Outcome.PANIC;
        }).build();
    }

    /** Whether a stretch of memory can be written. */
    private interface Writable {
        boolean test(long address, int length);
    }

    private static long end(long wished, Writable writable) {
        long end = wished;
        while (!writable.test((end - 1) * PAGE, 1)) {
            end--;
        }
        return end;
    }

    /** Less than what the heap asks for at once (16 pages), as much, and more. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 15, 16, 17, 33, 100})
    void theEnd(int pages) {
        var output = ByteBuffer.wrap(Guests.output(program, new byte[0], heap(pages), Backend.JIT))
                .order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
        var results = new long[output.remaining()];
        output.get(results);
        long count = results[0];
        long octets = (PAGE - results[6]) % PAGE + (long) pages * PAGE;
        assertTrue(count * CHUNK <= octets, count + " blocks");
        assertTrue((count + 1) * CHUNK + 64 > octets, () -> count + " blocks of " + BLOCK + " in " + octets);
        assertEquals(1, results[1], "what is too large is refused, and what was there stays");
        assertEquals(count, results[2], "blocks that were whole");
        assertEquals(count, results[3], "as many again");
        assertEquals(count, results[4]);
        assertEquals(1, results[5], "what is freed is one block");
    }

    /** Pages that are there from the start are used before any are asked for. */
    @Test
    void pagesAtTheStart() throws Exception {
        var source = folder.resolve("heap.c");
        var larger = Guests.toolchain().build(List.of(source), List.of("-g0", "-fno-builtin"),
                LinkOptions.defaults().withHeapPages(5));
        var output = ByteBuffer.wrap(Guests.output(larger, new byte[0], heap(0), Backend.JIT))
                .order(ByteOrder.LITTLE_ENDIAN);
        long count = output.getLong();
        long octets = (PAGE - output.getLong(6 * Long.BYTES)) % PAGE + 5 * PAGE;
        assertTrue(count * CHUNK <= octets && (count + 1) * CHUNK + 64 > octets, count + " blocks in " + octets);
    }
}
