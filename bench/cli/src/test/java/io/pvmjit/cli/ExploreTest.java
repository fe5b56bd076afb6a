package io.pvmjit.cli;

import static io.pvmjit.cli.Pvm.assertBadInput;
import static io.pvmjit.cli.Pvm.pvm;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.testing.Toolchains;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page that explore writes, clicked through in a browser; and the same as text. */
class ExploreTest extends CommandFixture {
    /** A loop that runs as often as its arguments say, a call through the jump table, a long block that nobody enters. */
    private static final String PROGRAM = """
            .stack 4096
            .code
                load_ind_u8 s0, [a0]
                move_reg s1, s0
                fallthrough
            again:
                add_imm_64 s1, s1, 3
                add_imm_64 s0, s0, -1
                branch_ne_imm s0, 0, again
                load_imm_jump_ind t0, 1, t1 + 2
            never:
            %s
                trap
            function:
                jump_ind ra
            .jump_table function, never
            """.formatted("add_imm_64 a0, a0, 1\n".repeat(2000));

    private Path page(String... more) throws IOException {
        var page = folder.resolve("page.html");
        var program = write("<_script>.pvmasm", PROGRAM.getBytes());
        var result = pvm(Stream.concat(Stream.of("explore", program, "-o", page), Arrays.stream(more)).toArray());
        assertEquals(ExitCodes.OK, result.exitCode(), result.err());
        assertTrue(result.out().contains("page.html: 5 blocks, "), result.out());
        return page;
    }

    @Test
    void thePageNeedsNothingBesideItself() throws IOException {
        var page = Files.readString(page("--run", "05"));
        assertFalse(Pattern.compile("(src|href)\\s*=\\s*[\"']|@import|url\\((?!#)|@(STYLE|SCRIPT|NAME|DATA)@").matcher(page)
                .find());
        assertTrue(page.contains("<h1>&lt;_script>.pvmasm</h1>"));
        assertEquals(2, Pattern.compile("</script>").matcher(page).results().count());
    }

    /** What is clicked shows what it should; the answers of the clicks stand in the page's body then. */
    @Test
    void thePageIsClickedThrough() throws Exception {
        Toolchains.require("chromium", "objdump");
        var document = open(page("--run", "05"), """
                const text = id => document.getElementById(id).textContent;
                const tab = name => document.querySelector(`[data-view=${name}]`).click();
                const say = (name, words) => document.body.setAttribute("data-" + name, words);
                say("hottest", text("title"));
                say("code", text("code"));
                document.querySelectorAll("#code a")[0].click();
                say("followed", text("title"));
                tab("timeline");
                say("cells", ["decode", "wait", "execute", "finish"].map(name =>
                    document.querySelectorAll(`.cycles .${name}`).length > 0).join());
                tab("graph");
                say("nodes", document.querySelectorAll("#graph g").length);
                say("ways", document.querySelectorAll("#graph path.taken, #graph path.next").length);
                document.querySelectorAll("#graph g")[0].dispatchEvent(new MouseEvent("click"));
                say("node", text("title"));
                tab("table");
                say("entries", text("table"));
                document.querySelectorAll("#table a")[0].click();
                say("entry", text("title"));
                tab("table");
                document.querySelectorAll("#table a")[1].click();
                tab("code");
                say("long", document.querySelectorAll("#code tr").length + " rows, " + text("code"));
                document.getElementById("filter").value = "trap";
                document.getElementById("filter").dispatchEvent(new Event("input"));
                say("filtered", text("blocks"));
                """);
        assertEquals("", attribute(document, "errors"));
        assertTrue(attribute(document, "hottest").matches("Block \\d+: \\d+ gas, 3 instructions, run 5 times"), document);
        assertTrue(attribute(document, "code").contains("add_imm_64 s1, s1, 3"), document);
        assertTrue(attribute(document, "code").contains("add rbp,0x3"), document);
        assertTrue(attribute(document, "followed").startsWith("Block "), document);
        assertEquals("true,true,true,true", attribute(document, "cells"));
        // The loop, what leads to it and what it leads to; the function is reached through the table alone.
        assertEquals("3", attribute(document, "nodes"));
        assertEquals("3", attribute(document, "ways"));
        assertTrue(attribute(document, "node").matches("Block 0: \\d+ gas, 3 instructions, run 1 time"), document);
        assertTrue(attribute(document, "entries").startsWith("2 entries"), document);
        assertTrue(attribute(document, "entry").matches("Block \\d+: \\d+ gas, 1 instruction, run 1 time"), document);
        assertTrue(attribute(document, "long").startsWith("2001 rows, "), document);
        assertTrue(attribute(document, "long").contains("1 more instruction: "), document);
        assertTrue(attribute(document, "filtered").matches("\\d+ gas"), document);
    }

    /** The test above sees what it looks for: a script that fails is noticed. */
    @Test
    void whatFailsIsNoticed() throws Exception {
        Toolchains.require("chromium");
        var page = page();
        Files.writeString(page, Files.readString(page).replace("function row(", "function gone("));
        var errors = attribute(open(page, "document.querySelector('[data-view=table]').click();"), "errors");
        assertTrue(errors.contains("row is not defined"), errors);
    }

    private static String attribute(String document, String name) {
        var found = Pattern.compile("<body[^>]* data-" + name + "=\"([^\"]*)").matcher(document);
        return found.find() ? found.group(1) : "";
    }

    /** The document after a script of ours has run behind the page's own. */
    private String open(Path page, String script) throws Exception {
        var clicked = Files.writeString(folder.resolve("clicked.html"), Files.readString(page)
                .replace("</body>", "<script>" + script + "</script></body>"));
        var process = new ProcessBuilder("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--user-data-dir=" + folder.resolve("profile"), "--dump-dom", clicked.toUri().toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        var document = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        return document;
    }

    @Test
    void blocksAreListedAsText() throws IOException {
        Toolchains.require("objdump");
        var program = folder.resolve("program.jam");
        assertEquals(ExitCodes.OK, pvm("asm", write("program.pvmasm", PROGRAM.getBytes()), "-o", program).exitCode());
        var both = pvm("disasm", program, "--native", "--gas");
        assertEquals(ExitCodes.OK, both.exitCode(), both.err());
        var prices = pvm("gas", program).out().lines().filter(line -> line.matches(" *\\d+ +\\d+"))
                .map(line -> line.strip().split(" +")).toList();
        assertEquals(5, prices.size());
        for (var price : prices) {
            assertTrue(both.out().contains("block " + price[0] + ", " + price[1] + " gas, "), both.out());
        }
        assertTrue(both.out().matches("(?s).*\n +\\d+ +\\d+ +\\d+ +\\d+ +\\d+  add_imm_64 s1, s1, 3\n +.*add rbp,0x3\n.*"),
                both.out());
        assertTrue(both.out().contains("jne pc "), both.out());
        var gas = pvm("disasm", program, "--gas").out();
        assertFalse(gas.contains("rbp"), gas);
        var machineCode = pvm("disasm", program, "--native").out();
        assertFalse(machineCode.contains(" gas"), machineCode);
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        var page = folder.resolve("page.html");
        assertBadInput(pvm("explore", folder.resolve("noise"), "-o", page), "is assembly text, not a program");
        assertBadInput(pvm("explore", folder.resolve("bad-code.spi"), "-o", page), "holds no valid program");
        assertBadInput(pvm("explore", folder.resolve("double.spi")), "Missing required option: '--output=OUT'");
        assertBadInput(pvm("explore", folder.resolve("double.spi"), "-o", page, "--args", "00"), "arguments go with --run");
        assertBadInput(pvm("explore", folder.resolve("double.spi"), "-o", page, "--run", "0"), "--args: an odd number");
        assertBadInput(pvm("explore", folder.resolve("double.spi"), "-o", folder), "is a directory");
        assertFalse(Files.exists(page));
        var bare = pvm("explore", folder.resolve("trap.bin"), "--raw", "--run", "0x", "-o", page);
        assertEquals(ExitCodes.OK, bare.exitCode(), bare.err());
    }
}
