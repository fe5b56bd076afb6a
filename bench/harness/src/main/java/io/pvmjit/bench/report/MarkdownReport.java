package io.pvmjit.bench.report;

/** A report as Markdown: every figure, no charts. */
public final class MarkdownReport {
    private MarkdownReport() {}

    /** The whole text. */
    public static String of(Report report) {
        var text = new StringBuilder("# Benchmarks, ").append(report.environment().date()).append(", profile ")
                .append(report.profile()).append("\n\n");
        var warning = MachineTables.warning(report.quietness());
        if (!warning.isEmpty()) {
            text.append("**").append(warning).append("**\n\n");
        }
        report.method().forEach(sentence -> text.append(sentence).append('\n'));
        Section.of(report).forEach(section -> append(text, section));
        if (!report.remarks().isEmpty()) {
            text.append("\n## Remarks\n\n");
            report.remarks().forEach(remark -> text.append("- ").append(remark).append('\n'));
        }
        Section.ofMachine(report).forEach(section -> append(text, section));
        return text.toString();
    }

    private static void append(StringBuilder text, Section section) {
        text.append("\n## ").append(section.title()).append("\n\n").append(section.sentence()).append('\n');
        section.table().ifPresent(table -> text.append('\n').append(table.markdown()));
    }
}
