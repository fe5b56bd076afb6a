package io.pvmjit.link;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random programs come to what an independent RISC-V machine comes to, whatever is fused or left out. */
class InstructionSequencesTest {
    private static final int PROGRAMS = 750;
    private static final int INPUTS = 3;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void randomProgramsComeToTheSame(long seed) throws IOException, LinkException {
        // Other programs: -Dpvm.test.seed=N is added to the seeds.
        var random = new SplittableRandom(seed + Long.getLong("pvm.test.seed", 0));
        var batch = new ProgramBatch();
        while (batch.programs() < PROGRAMS) {
            var inputs = new ArrayList<long[]>();
            for (int i = 0; i < INPUTS; i++) {
                inputs.add(random.longs(ProgramBatch.REGISTERS.length).map(_ -> RandomProgram.value(random)).toArray());
            }
            batch.add(RandomProgram.make(random, ProgramBatch.STACK_POINTER), inputs);
        }
        assertEquals(PROGRAMS * INPUTS, batch.cases());
        batch.check(folder);
    }
}
