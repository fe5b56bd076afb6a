package io.pvmjit.bench.flags;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Engine;
import io.pvmjit.bench.workload.WorkloadTable;
import io.pvmjit.hostcalls.ArgumentInvocation;
import io.pvmjit.hostcalls.HostCallTable;
import io.pvmjit.link.GuestToolchain;
import io.pvmjit.link.LinkException;
import io.pvmjit.link.LinkOptions;
import io.pvmjit.testing.Toolchains;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What flags cost is what a run on another backend costs, and becomes a table. */
class FlagTableTest {
    private static final Path WORKLOADS = Path.of("../workloads");

    @BeforeEach
    void requireCompiler() {
        Toolchains.require("riscv64-unknown-elf-gcc");
    }

    @Test
    void gasIsThatOfTheJit() throws LinkException {
        var workload = WorkloadTable.read(WORKLOADS).select(List.of("nqueens")).getFirst();
        var toolchain = GuestToolchain.locate();
        var cost = GuestCost.of(workload, WORKLOADS, toolchain, List.of("-O1"));
        var linked = toolchain.build(List.of(WORKLOADS.resolve("nqueens.c"), WORKLOADS.resolve("workload_guest.c")),
                List.of("-I" + WORKLOADS, "-O1"), LinkOptions.defaults());
        var parameter = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(workload.smallParameter());
        try (var engine = Engine.create()) {
            var result = new ArgumentInvocation(0, 1L << 30, parameter.array(), HostCallTable.empty()).run(engine,
                    linked.jamBlob());
            assertEquals(result.gasUsed(), cost.gas());
        }
        assertEquals(linked.jamBlob().length, cost.octets());
        assertTrue(cost.instructions() > 1000 && cost.instructions() < cost.gas(), cost.toString());
    }

    @Test
    void rowsAreMultiplesOfTheFirst() throws LinkException {
        var table = new FlagTable(WORKLOADS, WorkloadTable.read(WORKLOADS).select(List.of("nqueens")));
        var out = new ByteArrayOutputStream();
        table.print(List.of("gcc -O2", "gcc -O0"), new PrintStream(out, true, StandardCharsets.UTF_8));
        var lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals("| flags | nqueens | gas | instructions | octets |", lines.get(0));
        assertEquals("| `gcc -O2` | 1.00 | 1.00 | 1.00 | 1.00 |", lines.get(2));
        var unoptimized = lines.get(3).split("\\|");
        assertTrue(Double.parseDouble(unoptimized[3].strip()) > 1.5 && Double.parseDouble(unoptimized[4].strip()) > 1,
                lines.get(3));
        assertThrows(LinkException.class, () -> table.print(List.of("gcc -fno-such-flag"),
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8)));
    }
}
