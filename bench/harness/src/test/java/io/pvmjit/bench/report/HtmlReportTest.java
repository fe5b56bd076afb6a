package io.pvmjit.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.pvmjit.bench.counter.Counts;
import io.pvmjit.bench.quiet.Quietness;
import io.pvmjit.bench.workload.Tool;
import io.pvmjit.testing.Toolchains;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Opens the page of a report in a browser. */
class HtmlReportTest {
    private static final List<String> CHARTS = List.of("means", "run-ratio", "one-shot", "compile", "sizes");

    @Test
    void thePageNeedsNothingBesideItself() {
        var page = HtmlReport.of(SmallReport.create());
        assertFalse(Pattern.compile("(src|href)\\s*=\\s*[\"']|@import|url\\(").matcher(page).find());
        assertFalse(page.contains("@LIBRARY@") || page.contains("@DATA@") || page.contains("@SCRIPT@"));
        assertTrue(page.contains("Does &lt;/script&gt; | &amp;amp; things."));
    }

    @Test
    void everyChartIsDrawn(@TempDir Path folder) throws Exception {
        Toolchains.require("chromium");
        var page = Files.writeString(folder.resolve("report.html"), HtmlReport.of(SmallReport.create()));
        for (var scheme : List.of("light", "dark")) {
            var document = open(page, folder.resolve(scheme), scheme);
            assertEquals("", errors(document));
            for (var chart : CHARTS) {
                assertTrue(isDrawn(document, chart), () -> chart + " is not drawn, " + scheme);
            }
            assertEquals(CHARTS.size(), Pattern.compile("<canvas ").matcher(document).results().count());
        }
    }

    /** A session that was not quiet says so on top, and has no chart of means. */
    @Test
    void aPageOfASessionThatWasNotQuietIsDrawn(@TempDir Path folder) throws Exception {
        Toolchains.require("chromium");
        var noisy = SmallReport.create(new Quietness(0.5, 0.5, List.of(), List.of()), Counts.NONE);
        var page = Files.writeString(folder.resolve("report.html"), HtmlReport.of(noisy));
        var document = open(page, folder.resolve("profile"), "light");
        assertEquals("", errors(document));
        assertTrue(document.contains("<p class=\"warning\">The machine was not quiet: 50 % of the processors' time"));
        assertFalse(document.contains("<canvas id=\"means\""));
        assertTrue(isDrawn(document, "run-ratio"));
    }

    /** The tests above see what they look for: a script that fails is noticed, and a chart that is not drawn. */
    @Test
    void whatFailsIsNoticed(@TempDir Path folder) throws Exception {
        Toolchains.require("chromium");
        var page = HtmlReport.of(SmallReport.create());
        var broken = page.replace("function lines(", "function gone(");
        var document = open(Files.writeString(folder.resolve("report.html"), broken), folder.resolve("profile"), "light");
        assertTrue(errors(document).contains("lines is not defined"), () -> errors(document));
        assertTrue(isDrawn(document, "means"));
        assertFalse(isDrawn(document, "sizes"));
    }

    private static String errors(String document) {
        var errors = Pattern.compile("<body[^>]* data-errors=\"([^\"]*)").matcher(document);
        return errors.find() ? errors.group(1) : "";
    }

    private static boolean isDrawn(String document, String chart) {
        return Pattern.compile("<canvas id=\"" + chart + "\"[^>]* data-drawn=\"true\"").matcher(document).find();
    }

    private static String open(Path page, Path profile, String scheme) {
        return Tool.run(page.getParent(), List.of("chromium", "--headless", "--no-sandbox", "--disable-gpu",
                "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--blink-settings=preferredColorScheme=" + (scheme.equals("dark") ? 0 : 1),
                "--user-data-dir=" + profile, "--dump-dom", page.toUri().toString()));
    }
}
