package io.pvmjit.bench.report;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A table of a report, for Markdown and HTML. */
record Table(List<String> header, List<List<String>> rows) {
    private static final Pattern FIGURE = Pattern.compile("-?[0-9?–]|not quoted|$");

    Table {
        header = List.copyOf(header);
        rows = rows.stream().map(List::copyOf).toList();
        int columns = header.size();
        if (rows.stream().anyMatch(row -> row.size() != columns)) {
            throw new IllegalArgumentException("a row has not as many columns as the header");
        }
    }

    /** Whether a column has figures only, which are put below each other from the right. */
    private boolean isFigures(int column) {
        return !rows.isEmpty() && rows.stream().allMatch(row -> FIGURE.matcher(row.get(column)).lookingAt());
    }

    String markdown() {
        var alignment = IntStream.range(0, header.size()).mapToObj(column -> isFigures(column) ? "---:" : "---")
                .collect(Collectors.joining(" | ", "| ", " |\n"));
        return line(header) + alignment + rows.stream().map(Table::line).collect(Collectors.joining());
    }

    private static String line(List<String> cells) {
        return cells.stream().map(cell -> cell.replace("|", "\\|")).collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    String html() {
        var body = rows.stream().map(row -> htmlRow(row, "td")).collect(Collectors.joining());
        return "<div class=\"table\"><table><thead>" + htmlRow(header, "th") + "</thead><tbody>" + body
                + "</tbody></table></div>\n";
    }

    private String htmlRow(List<String> cells, String tag) {
        return IntStream.range(0, cells.size()).mapToObj(column -> "<" + tag
                + (isFigures(column) ? " class=\"figure\">" : ">") + escape(cells.get(column)) + "</" + tag + ">")
                .collect(Collectors.joining("", "<tr>", "</tr>\n"));
    }

    /** Text as HTML. */
    static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
