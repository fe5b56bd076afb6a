package io.pvmjit.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Account;
import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Exit;
import io.pvmjit.Instance;
import io.pvmjit.InvalidProgramException;
import io.pvmjit.MemoryImage;
import io.pvmjit.MemoryImage.Region;
import io.pvmjit.Module;
import io.pvmjit.PageAccess;
import io.pvmjit.QuotaException;
import io.pvmjit.Quotas;
import io.pvmjit.Resource;
import io.pvmjit.asm.Assembler;
import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory and code space of invocations: what counts, what a bound looks like, and that only one meets it. */
class QuotasTest {
    private static final long MIB = 1 << 20;
    private static final int PAGE = MemoryImage.PAGE_SIZE;
    private static final MemorySegment SUM = MemorySegment.ofArray(Assembler.assemble("""
                fallthrough
            next:
                add_64 a1, a1, a0
                add_imm_64 a0, a0, -1
                branch_ne_imm a0, 0, next
                jump_ind ra
            """));

    private static Engine engine(Backend backend, Quotas quotas) {
        return Engine.create(
                EngineConfig.defaults().withBackend(backend).withQuotas(quotas).withModuleCacheBytes(0));
    }

    private static MemoryImage image(int pages) {
        return MemoryImage.of(List.of(Region.of(16, pages, PageAccess.WRITE, new byte[0])));
    }

    private static void assertSums(Module module) {
        try (var instance = module.instantiate()) {
            instance.gas(10_000).register(0, 0xffff0000L).register(7, 10);
            assertEquals(new Exit.Halt(), instance.run());
            assertEquals(55, instance.register(8));
            long used = 10_000 - instance.gas();
            var costs = module.blockCosts();
            assertEquals(costs.get(0).cost() + 10L * costs.get(1).cost() + costs.get(2).cost(), used);
        }
    }

    // Memory.

    @ParameterizedTest
    @EnumSource
    void accessiblePagesCount(Backend backend) {
        try (var engine = engine(backend, Quotas.defaults());
                var account = engine.open("a test")) {
            var module = engine.compile(SUM, account);
            long before = account.spent(Resource.MEMORY);
            assertTrue(before >= SUM.byteSize(), () -> before + " octets of a module");
            try (var instance = module.instantiate(image(100))) {
                assertEquals(before + 100L * PAGE, account.spent(Resource.MEMORY));
                var memory = instance.memory();
                memory.protect(100, 50, PageAccess.READ, false);
                assertEquals(before + 134L * PAGE, account.spent(Resource.MEMORY));
                memory.protect(16, 10, PageAccess.NONE, false);
                assertEquals(before + 134L * PAGE, account.spent(Resource.MEMORY), "contents are kept");
                memory.protect(16, 5, PageAccess.WRITE, false);
                assertEquals(before + 134L * PAGE, account.spent(Resource.MEMORY));
                memory.protect(10, 1000, PageAccess.NONE, true);
                assertEquals(before, account.spent(Resource.MEMORY));
                memory.protect(16, 5, PageAccess.WRITE, true);
                memory.protect(17, 2, PageAccess.READ, true);
                assertEquals(before + 5L * PAGE, account.spent(Resource.MEMORY));
            }
            assertEquals(before, account.spent(Resource.MEMORY));
            module.close();
            for (var resource : Resource.values()) {
                assertEquals(0, account.spent(resource), resource::toString);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theBoundOfOne(Backend backend) {
        var quotas = Quotas.defaults().withMemoryPerInvocation(4 * MIB);
        try (var engine = engine(backend, quotas);
                var hungry = engine.open("refinement of service 5");
                var other = engine.open("refinement of service 6");
                var module = engine.compile(SUM, hungry)) {
            long before = hungry.spent(Resource.MEMORY);
            var problem = assertThrows(QuotaException.class, () -> module.instantiate(image(1025)));
            assertEquals("refinement of service 5", problem.invocation());
            assertSame(Resource.MEMORY, problem.resource());
            assertEquals(before, problem.spent());
            assertEquals(1025L * PAGE, problem.wanted());
            assertEquals(4 * MIB, problem.limit());
            assertTrue(problem.getMessage().contains("raise Quotas.memoryPerInvocation"), problem::getMessage);
            assertEquals(before, hungry.spent(Resource.MEMORY));
            assertEquals(0, engine.statistics().instancesAlive());
            try (var instance = module.instantiate(image(1000))) {
                var memory = instance.memory();
                assertThrows(QuotaException.class, () -> memory.protect(2000, 50, PageAccess.WRITE, true));
                assertSame(PageAccess.NONE, memory.access(2000), "nothing was done");
                assertTrue(memory.protect(16, 100, PageAccess.NONE, true));
                assertTrue(memory.protect(2000, 50, PageAccess.WRITE, true));
            }
            try (var others = engine.compile(SUM, other);
                    var instance = others.instantiate(image(1000))) {
                assertTrue(instance.memory().writable(16L * PAGE, 1000L * PAGE));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aShareIsKeptForEachWhateverOthersHave(Backend backend) throws Exception {
        var quotas = Quotas.defaults().withMemory(64 * MIB).withMemoryPerInvocation(60 * MIB).withInvocations(4);
        try (var engine = engine(backend, quotas)) {
            var accounts = new ArrayList<Account>();
            var open = new ArrayList<AutoCloseable>();
            for (int i = 0; i < 3; i++) {
                var account = engine.open("eater " + i);
                accounts.add(account);
                var module = engine.compile(SUM, account);
                open.add(module);
                var problem = assertThrows(QuotaException.class, () -> {
                    while (true) {
                        open.add(module.instantiate(image(64)));
                    }
                });
                assertEquals("eater " + i, problem.invocation());
                assertTrue(problem.getMessage().contains("raise Quotas.memory,"), problem::getMessage);
            }
            try (var account = engine.open("honest");
                    var module = engine.compile(SUM, account);
                    var instance = module.instantiate(image((int) (7 * MIB / PAGE)))) {
                assertTrue(instance.memory().writable(16L * PAGE, 7 * MIB));
                assertSums(module);
            }
            assertTrue(engine.statistics().memoryUsed() <= engine.statistics().memoryLimit());
            closeAll(open.reversed());
            accounts.forEach(Account::close);
            assertEquals(0, engine.statistics().memoryUsed());
        }
    }

    /** Many large modules, none of which is run. */
    @ParameterizedTest
    @EnumSource
    void modulesCount(Backend backend) {
        var quotas = Quotas.defaults().withMemoryPerInvocation(32 * MIB);
        try (var engine = engine(backend, quotas); var account = engine.open("collector")) {
            var table = new long[1 << 20];
            var blob = MemorySegment.ofArray(Program.encode(new byte[] {0}, bits(0, 1), table, 1));
            var open = new ArrayList<Module>();
            assertThrows(QuotaException.class, () -> {
                while (open.size() < 128) {
                    open.add(engine.compile(blob, account));
                }
            });
            assertEquals(open.size(), engine.statistics().modulesAlive());
            open.forEach(Module::close);
            assertEquals(0, account.spent(Resource.MEMORY));
        }
    }

    // Code.

    private static BitSet bits(int from, int to) {
        var bits = new BitSet();
        bits.set(from, to);
        return bits;
    }

    /** Instructions of one octet that make much machine code. */
    private static MemorySegment bomb(int length, int number) {
        var code = new byte[length];
        Arrays.fill(code, (byte) Opcode.LOAD_IMM_JUMP_IND.code());
        code[0] = (byte) Opcode.LOAD_IMM_64.code();
        code[1] = 0;
        for (int i = 0; i < 8; i++) {
            code[2 + i] = (byte) (number >> 8 * i);
        }
        code[length - 1] = (byte) Opcode.TRAP.code();
        var starts = bits(10, length);
        starts.set(0);
        return MemorySegment.ofArray(Program.encode(code, starts, new long[] {0}, 1));
    }

    @ParameterizedTest
    @EnumSource(names = "INTERPRETER", mode = EnumSource.Mode.EXCLUDE)
    void beyondItsCodeAnInvocationIsInterpreted(Backend backend) {
        var quotas = Quotas.defaults().withCodePerInvocation(MIB);
        try (var engine = engine(backend, quotas);
                var bomber = engine.open("bomber");
                var honest = engine.open("honest")) {
            var open = new ArrayList<Module>();
            for (int i = 0; i < 20; i++) {
                open.add(engine.compile(bomb(10_000, i), bomber));
                assertTrue(bomber.spent(Resource.CODE) <= MIB);
            }
            assertTrue(open.getFirst().statistics().nativeBytes() > 0);
            assertEquals(0, open.getLast().statistics().nativeBytes());
            assertTrue(engine.statistics().fallBacks() > 0);
            // The same, with machine code and without.
            var outcomes = open.stream().map(QuotasTest::outcome).distinct().toList();
            assertEquals(1, outcomes.size(), outcomes::toString);
            assertEquals(open.getFirst().blockCosts(), open.getLast().blockCosts());
            try (var module = engine.compile(SUM, honest)) {
                assertTrue(module.statistics().nativeBytes() > 0);
                assertSums(module);
            }
            // Room again.
            open.forEach(Module::close);
            assertEquals(0, bomber.spent(Resource.CODE));
            try (var module = engine.compile(SUM, bomber)) {
                assertTrue(module.statistics().nativeBytes() > 0);
            }
        }
    }

    private static List<Object> outcome(Module module) {
        try (var instance = module.instantiate()) {
            // The first entry of the jump table is address 0: round and round.
            instance.gas(5_000).register(0, 2);
            var exit = instance.run();
            return List.of(exit, instance.gas(), instance.pc(), instance.exitPc(), Arrays.toString(registers(instance)));
        }
    }

    private static long[] registers(Instance instance) {
        var registers = instance.registers();
        registers[0] = 0; // The number of the program.
        return registers;
    }

    @ParameterizedTest
    @EnumSource(names = "INTERPRETER", mode = EnumSource.Mode.EXCLUDE)
    void fallingBackIsTheSame(Backend backend) {
        var config = EngineConfig.defaults().withBackend(backend).withModuleCacheBytes(0);
        try (var engine = Engine.create(config.withCodeArenaBytes(4096));
                var module = engine.compile(bomb(10_000, 0))) {
            assertEquals(0, module.statistics().nativeBytes());
            assertEquals("", module.listing());
            assertSame(backend, engine.backend());
            try (var reference = Engine.create(config.withBackend(Backend.INTERPRETER));
                    var expected = reference.compile(bomb(10_000, 0))) {
                assertEquals(outcome(expected), outcome(module));
            }
            assertThrows(InvalidProgramException.class, () -> engine.compile(new byte[100_000]));
            try (var instance = module.instantiate(image(3))) {
                assertFalse(instance.checked());
                assertNull(engine.compile(instance.memory(), 20L * PAGE, 10));
            }
        }
    }

    /** The arena is full of what others hold: whoever is within its share has room still. */
    @Test
    void aShareOfCodeIsKeptForEach() throws Exception {
        var config = EngineConfig.defaults().withBackend(Backend.JIT).withModuleCacheBytes(0)
                .withCodeArenaBytes(8 * MIB).withQuotas(Quotas.defaults().withInvocations(8));
        try (var engine = Engine.create(config)) {
            var open = new ArrayList<AutoCloseable>();
            for (int i = 0; i < 7; i++) {
                var account = engine.open("filler " + i);
                open.add(account);
                long before = engine.statistics().fallBacks();
                for (int n = 0; engine.statistics().fallBacks() == before; n++) {
                    open.add(engine.compile(bomb(2_000, n), account));
                }
            }
            try (var account = engine.open("honest"); var module = engine.compile(SUM, account)) {
                assertTrue(module.statistics().nativeBytes() > 0);
                assertSums(module);
            }
            closeAll(open.reversed());
            assertEquals(0, engine.statistics().codeBytesUsed());
        }
    }

    /** Also where the pages are those that the one before had. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void instancesThatRunCheckedPayForTheirCode(boolean pagesAreThere) {
        var config = EngineConfig.defaults().withBackend(Backend.JIT).withMapsPerInstance(4);
        try (var engine = Engine.create(config);
                var account = engine.open("a test");
                var module = engine.compile(SUM, account)) {
            if (pagesAreThere) {
                try (var first = module.instantiate()) {
                    first.memory().protect(16, 24, PageAccess.WRITE, true);
                }
            }
            paysForChecks(module, account);
        }
    }

    private static void paysForChecks(Module module, Account account) {
        long before = account.spent(Resource.CODE);
        runChecked(module);
        assertTrue(account.spent(Resource.CODE) >= 2 * before, () -> before + " and " + account);
    }

    private static void runChecked(Module module) {
        try (var instance = module.instantiate()) {
            for (int page = 16; page < 40; page += 2) {
                instance.memory().protect(page, 1, PageAccess.WRITE, true);
            }
            instance.gas(100).run();
            assertTrue(instance.checked());
        }
    }

    /** Code with checks stays in a module that others hold: it is paid for as long, by whoever had it made or finds it. */
    @Test
    void codeWithChecksIsPaidForAsLongAsItStays() {
        var config = EngineConfig.defaults().withBackend(Backend.JIT).withMapsPerInstance(4);
        try (var engine = Engine.create(config);
                var first = engine.open("first");
                var second = engine.open("second");
                var third = engine.open("third")) {
            var plain = engine.compile(SUM, first);
            long plainSpent = first.spent(Resource.CODE);
            var module = engine.compile(SUM, second);
            paysForChecks(module, second);
            long checkedSpent = second.spent(Resource.CODE);
            module.close();
            assertEquals(checkedSpent - plainSpent, second.spent(Resource.CODE));
            // Who finds it pays for it, and no more when it makes use of it.
            module = engine.compile(SUM, third);
            assertEquals(checkedSpent, third.spent(Resource.CODE));
            runChecked(module);
            assertEquals(checkedSpent, third.spent(Resource.CODE));
            plain.close();
            module.close();
            for (var account : List.of(first, second, third)) {
                assertEquals(0, account.spent(Resource.CODE));
            }
            module = engine.compile(SUM, first);
            assertEquals(checkedSpent, first.spent(Resource.CODE), "of what nobody held");
            module.close();
            assertEquals(0, first.spent(Resource.CODE));
        }
    }

    // Accounts.

    @ParameterizedTest
    @EnumSource
    void accountsBelongToTheirEngine(Backend backend) {
        try (var engine = engine(backend, Quotas.defaults());
                var other = engine(backend, Quotas.defaults())) {
            var account = engine.open("a test");
            assertSame(engine, account.engine());
            assertEquals("a test", account.invocation());
            assertThrows(IllegalArgumentException.class, () -> other.compile(SUM, account));
            assertThrows(NullPointerException.class, () -> engine.open(null));
            // Closed before what it pays for.
            try (var module = engine.compile(SUM, account)) {
                account.close();
                account.close();
                assertTrue(account.spent(Resource.MEMORY) > 0);
                assertSums(module);
            }
            assertEquals(0, account.spent(Resource.MEMORY));
            assertEquals(0, engine.statistics().memoryUsed());
        }
        var closed = engine(backend, Quotas.defaults());
        closed.close();
        assertThrows(IllegalStateException.class, () -> closed.open("a test"));
    }

    private static void closeAll(List<AutoCloseable> open) throws Exception {
        for (var each : open) {
            each.close();
        }
    }
}
