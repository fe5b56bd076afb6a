package io.pvmjit.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.pvmjit.MemoryImage;
import io.pvmjit.asm.Assembler;
import io.pvmjit.internal.sharing.Unbounded;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Machine code does what the interpreter does, on random programs, at every stop: exit, pc, registers, gas and RAM.
 *
 * <p>System properties: {@code pvmjit.differential.programs} how many programs, {@code .seed} which ones (random unless
 * set; it is logged), {@code .first} the number of the first.
 */
class DifferentialTest {
    private static final Logger LOG = LoggerFactory.getLogger(DifferentialTest.class);
    private static final int LARGEST_BLOCK = 600;
    private static final int BLOCKS_PER_PROGRAM = 4;
    private static final int BLOCKS = 20_000;
    private static final int PIECES = 5_000;

    private static Campaign campaign;

    @BeforeAll
    static void start() {
        boolean supported =
                System.getProperty("os.name").equals("Linux") && System.getProperty("os.arch").equals("amd64");
        Assumptions.assumeTrue(supported, "machine code runs on Linux on x86-64 only");
        campaign = Campaign.ofJit();
    }

    @AfterAll
    static void stop() {
        if (campaign != null) {
            campaign.close();
        }
    }

    @Test
    void enginesAreWhatTheySay() {
        var blob = Assembler.assemble("trap");
        for (var pair : campaign.pairs()) {
            var jit = pair.first().compile(MemorySegment.ofArray(blob));
            var interpreter = pair.second().compile(MemorySegment.ofArray(blob));
            var machine = jit.instantiate(MemoryImage.empty(), Unbounded.spending());
            boolean checked = machine.checked();
            var listings = List.of(jit.listing(), interpreter.listing());
            machine.close();
            jit.close();
            interpreter.close();
            assertEquals(pair.name().contains("checks"), checked, pair.name());
            assertFalse(listings.get(0).isEmpty(), pair.name());
            assertTrue(listings.get(1).isEmpty(), pair.name());
        }
    }

    @Test
    void randomPrograms() throws InterruptedException {
        long seed = Setting.seed();
        long first = Setting.of("first", 0);
        long programs = Setting.of("programs", 100_000);
        LOG.info("random programs: -Dpvmjit.differential.seed={} -Dpvmjit.differential.first={}"
                + " -Dpvmjit.differential.programs={}", seed, first, programs);
        var done = new AtomicLong();
        var failure = campaign.run(seed, first, number -> number < first + programs, done);
        assertNull(failure, () -> failure.text());
        assertEquals(programs, done.get());
    }

    private static RealPrograms services() {
        var folder = Path.of(Objects.requireNonNullElse(System.getenv("PVM_VECTORS"), "../../shared/vectors"), "services");
        boolean vectors = Files.isDirectory(folder);
        assertTrue(vectors || System.getenv("CI") == null, folder + " is no folder");
        Assumptions.assumeTrue(vectors, folder + " is no folder");
        return RealPrograms.of(folder);
    }

    /** Compilers' code, changed here and there: {@code scripts/fuzz --services} does the same for longer. */
    @Test
    void piecesOfServices() throws InterruptedException {
        var services = services();
        long seed = Setting.seed();
        LOG.info("pieces of {} services: -Dpvmjit.differential.seed={}", services.count(), seed);
        var done = new AtomicLong();
        var failure = campaign.of(services).run(seed, 0, number -> number < PIECES, done);
        assertNull(failure, () -> failure.text());
        assertEquals(PIECES, done.get());
    }

    /** Most pieces are more than a few instructions, and go on for more than one stop. */
    @Test
    void piecesReachSomething() {
        var services = services();
        long instructions = 0;
        long stops = 0;
        for (int seed = 0; seed < 500; seed++) {
            var piece = services.scenario(seed);
            instructions += piece.items().size();
            stops += Runner.run(campaign.pairs().getFirst().second(), piece).stops().size();
        }
        assertTrue(instructions > 500 * 40, instructions + " instructions");
        assertTrue(stops > 500 * 2, stops + " stops");
    }

    /** The gas of large blocks, which the short programs above do not have. */
    @Test
    void gasOfLargeBlocks() {
        long seed = Setting.seed();
        LOG.info("large blocks: -Dpvmjit.differential.seed={}", seed);
        var blocks = new AtomicInteger();
        LongStream.range(0, BLOCKS / BLOCKS_PER_PROGRAM).parallel().forEach(number -> {
            var pair = campaign.pairs().get((int) (number % campaign.pairs().size()));
            var program = Generator.blocks(Campaign.scenarioSeed(seed, number), BLOCKS_PER_PROGRAM, LARGEST_BLOCK);
            if (gasDifference(pair, program) != null) {
                var shrunk = Shrinker.shrink(program, each -> gasDifference(pair, each) != null);
                fail(pair.name() + ", program " + number + " of seed " + seed + ": " + gasDifference(pair, shrunk)
                        + "\n" + Report.of(shrunk));
            }
            blocks.addAndGet(BLOCKS_PER_PROGRAM);
        });
        assertEquals(BLOCKS, blocks.get());
    }

    /** What differs in the gas of the blocks; null for nothing. */
    private static String gasDifference(Campaign.Pair pair, Scenario program) {
        var blob = MemorySegment.ofArray(program.blob());
        var first = pair.first().compile(blob);
        var second = pair.second().compile(blob);
        var costs = first.blockCosts();
        var expected = second.blockCosts();
        first.close();
        second.close();
        return costs.equals(expected) ? null : Trace.blockCostDifference(costs, expected);
    }
}
