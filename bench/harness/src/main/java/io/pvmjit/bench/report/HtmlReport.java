package io.pvmjit.bench.report;

import static io.pvmjit.bench.report.Table.escape;

import com.fasterxml.jackson.databind.JsonNode;

/** A report as one page with charts, which needs nothing beside itself. */
public final class HtmlReport {
    private HtmlReport() {}

    /** The whole page. */
    public static String of(Report report) {
        var charts = new Charts(report).all();
        var environment = report.environment();
        // The library last: what it contains must not be taken for a placeholder.
        return Assets.text("report.html")
                .replace("@TITLE@", escape("pvm-jit benchmarks, " + environment.date()))
                .replace("@SUBTITLE@", escape(environment.cpu() + ", " + environment.cores() + " cores · "
                        + environment.kernel() + " · " + environment.jdk() + " · commit "
                        + environment.commit() + (environment.treeDirty() ? " with changes" : "") + " · profile "
                        + report.profile()))
                .replace("@WARNING@", warning(report))
                .replace("@METHOD@", escape(String.join(" ", report.method())))
                .replace("@FIGURES@", figures(charts))
                .replace("@TABLES@", tables(report))
                // Within a script element only this sequence would be taken for its end.
                .replace("@DATA@", charts.toString().replace("</", "<\\/"))
                .replace("@SCRIPT@", Assets.text("report.js"))
                .replace("@LIBRARY@", Assets.chartLibrary());
    }

    private static String figures(JsonNode charts) {
        var text = new StringBuilder();
        for (var chart : charts) {
            var id = escape(chart.path("id").asText());
            text.append("<figure class=\"").append(chart.path("kind").asText()).append("\"><div class=\"chart\">")
                    .append("<canvas id=\"").append(id).append("\" role=\"img\" aria-label=\"")
                    .append(escape(chart.path("title").asText())).append("\"></canvas></div><figcaption>")
                    .append(escape(chart.path("caption").asText())).append("</figcaption></figure>\n");
        }
        return text.toString();
    }

    private static String tables(Report report) {
        var text = new StringBuilder();
        Section.of(report).forEach(section -> append(text, section));
        if (!report.remarks().isEmpty()) {
            text.append("<h2>Remarks</h2>\n<ul>");
            report.remarks().forEach(remark -> text.append("<li>").append(escape(remark)).append("</li>\n"));
            text.append("</ul>\n");
        }
        Section.ofMachine(report).forEach(section -> append(text, section));
        return text.toString();
    }

    private static void append(StringBuilder text, Section section) {
        text.append("<h2>").append(escape(section.title())).append("</h2>\n<p>").append(escape(section.sentence()))
                .append("</p>\n");
        section.table().ifPresent(table -> text.append(table.html()));
    }

    private static String warning(Report report) {
        var warning = MachineTables.warning(report.quietness());
        return warning.isEmpty() ? "" : "<p class=\"warning\">" + escape(warning) + "</p>\n";
    }
}
