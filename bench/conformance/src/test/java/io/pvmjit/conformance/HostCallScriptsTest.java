package io.pvmjit.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.Backend;
import io.pvmjit.Engine;
import io.pvmjit.EngineConfig;
import io.pvmjit.Revision;
import io.pvmjit.input.Inputs;
import io.pvmjit.testing.VectorFolder;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Every host-call script passes on every backend: those of this repository, which have a row for each row of each host
 * call, and those that are published beside the conformance vectors.
 */
@Execution(ExecutionMode.CONCURRENT)
class HostCallScriptsTest {
    /** The fewest scripts that the repository may have: a folder that was not found must not pass. */
    private static final int OWN_SCRIPTS = 1000;
    /** The fewest that may be beside the set of vectors that was published. */
    private static final int PUBLISHED_SCRIPTS = 33;

    /** What an engine is asked for; each is made once for each thread, so that what it counts is one script's. */
    private record Key(Thread thread, Backend backend, Revision revision) {}

    private static final Map<Key, Engine> ENGINES = new ConcurrentHashMap<>();

    private static Engine engine(Key key) {
        return ENGINES.computeIfAbsent(key, _ -> Engine.create(
                EngineConfig.defaults().withBackend(key.backend).withRevision(key.revision).withModuleCacheBytes(0)));
    }

    @AfterAll
    static void closeEngines() {
        ENGINES.values().forEach(Engine::close);
        ENGINES.clear();
    }

    private static Path ownFolder() throws URISyntaxException {
        return Path.of(HostCallScriptsTest.class.getResource("/hostcalls").toURI());
    }

    private static List<Path> scriptFiles(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            var scripts = files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
            assertFalse(scripts.isEmpty(), () -> "no scripts below " + folder);
            return scripts;
        }
    }

    @TestFactory
    Stream<DynamicContainer> passesOwnScripts() throws IOException, URISyntaxException {
        return scriptFiles(ownFolder()).stream().map(HostCallScriptsTest::tests);
    }

    @TestFactory
    Stream<DynamicContainer> passesPublishedScripts() throws IOException {
        return scriptFiles(publishedFolder()).stream().map(HostCallScriptsTest::tests);
    }

    private static Path publishedFolder() {
        var folder = VectorFolder.folder().resolve("hostcalls");
        Assumptions.assumeTrue(Files.isDirectory(folder), () -> folder + " is not there");
        return folder;
    }

    private static DynamicContainer tests(Path file) {
        var tests = VectorFile.cases(Inputs.file(file)).stream().flatMap(script -> Arrays.stream(Backend.values())
                .map(backend -> DynamicTest.dynamicTest(script.get("name").text() + ", " + backend,
                        () -> assertEquals(List.of(), differences(script, backend)))));
        return DynamicContainer.dynamicContainer(file.getFileName().toString(), tests);
    }

    /** Runs a script, and nothing of it is left afterwards. */
    private static List<String> differences(Fields script, Backend backend) {
        var engine = engine(new Key(Thread.currentThread(), backend, HostCallScripts.revision(script)));
        var differences = new Differences();
        HostCallScripts.check(engine, script, differences);
        var statistics = engine.statistics();
        assertEquals(0, statistics.modulesAlive(), "modules left");
        assertEquals(0, statistics.instancesAlive(), "instances left");
        assertEquals(0, statistics.codeBytesUsed(), "code left");
        return differences.lines();
    }

    @Test
    void hasScripts() throws IOException, URISyntaxException {
        assertHas(OWN_SCRIPTS, ownFolder());
    }

    @Test
    void hasPublishedScripts() throws IOException {
        assertHas(PublishedVectors.isPublishedSet() ? PUBLISHED_SCRIPTS : 1, publishedFolder());
    }

    private static void assertHas(int fewest, Path folder) throws IOException {
        int scripts = scriptFiles(folder).stream().mapToInt(file -> VectorFile.cases(Inputs.file(file)).size()).sum();
        assertTrue(scripts >= fewest, () -> scripts + " scripts only below " + folder);
    }

    /** A script that asks for something else than what happens does not pass, whatever it is that differs. */
    @TestFactory
    Stream<DynamicTest> noticesDifferences() {
        return Map.of(
                "nothing", "'exit': 'continue', 'registers': {'7': 2}, 'gas': 6477, 'unchanged': true",
                "exit", "'exit': 'panic', 'registers': {'7': 2}, 'gas': 6477, 'unchanged': true",
                "register 7", "'exit': 'continue', 'registers': {'7': 3}, 'gas': 6477, 'unchanged': true",
                "register 8", "'exit': 'continue', 'registers': {'7': 2, '8': 1}, 'gas': 6477, 'unchanged': true",
                "gas", "'exit': 'continue', 'registers': {'7': 2}, 'gas': 6478, 'unchanged': true",
                "memory", "'exit': 'continue', 'registers': {'7': 2}, 'gas': 6477, 'memory': "
                        + "[{'address': '0x20000', 'contents': '0103'}]")
                .entrySet().stream()
                .map(expect -> DynamicTest.dynamicTest(expect.getKey(), () -> {
                    var lines = differences(script("{'number': 8, 'registers': {'7': '0x20000', '8': 2}, 'expect': {"
                            + expect.getValue() + "}}", "0102"), Backend.INTERPRETER);
                    assertEquals(expect.getKey().equals("nothing") ? 0 : 1, lines.size(), lines.toString());
                    assertTrue(lines.isEmpty() || lines.getFirst().contains(expect.getKey()), lines.toString());
                }));
    }

    @Test
    void noticesRamAndExports() {
        var fetch = "{'number': 2, 'registers': {'7': '0x20000', '9': 8}, 'expect': {'exit': 'continue', "
                + "'registers': {'7': 3}, 'unchanged': true}}";
        assertEquals(List.of("call 0: RAM has changed, expected it unchanged"),
                differences(script(fetch, null), Backend.INTERPRETER));
        var export = "{'number': 8, 'registers': {'7': '0x20000', '8': 2}, 'expect': {'exit': 'continue', "
                + "'registers': {'7': 2}}}";
        assertEquals(List.of(), differences(script(export, "0102"), Backend.INTERPRETER));
        assertEquals(1, differences(script(export, "0103"), Backend.INTERPRETER).size());
        assertEquals(1, differences(script(export, "010200000001"), Backend.INTERPRETER).size());
        assertTrue(differences(script(fetch.replace(", 'unchanged': true", ""), "0102"), Backend.INTERPRETER)
                .getFirst().contains("the number of exports"));
    }

    private static Fields script(String call, String export) {
        var text = "{'name': 'n', 'revision': 'next', 'gas': 9998, 'service': 1, 'export-offset': 2, 'page-map': "
                + "[{'address': '0x20000', 'length': 4096, 'is-writable': true}], 'memory': "
                + "[{'address': '0x20000', 'contents': '0102'}], 'fetch': [{'selector': 0, 'item': '020304'}], "
                + "'calls': [" + call + "]" + (export == null ? "" : ", 'exports': ['" + export + "']") + "}";
        return VectorFile.cases(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8)).getFirst();
    }
}
