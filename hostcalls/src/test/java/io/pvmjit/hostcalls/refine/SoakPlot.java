package io.pvmjit.hostcalls.refine;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** What a process held over time, as a table and as a picture: one panel each for memory, maps and files. */
final class SoakPlot {
    private static final int WIDTH = 760;
    private static final int PANEL = 130;
    private static final int LEFT = 90;
    private static final int TOP = 34;
    private static final int GAP = 36;
    /** The JVM warms up: what is said to be flat is what comes behind the first fifth. */
    private static final int WARM = 5;

    private SoakPlot() {}

    /** What there was in a second; the last three count what has ended by then. */
    record Sample(long second, long residentKilobytes, long maps, long files, long hostile, long honest, long cycles) {}

    private record Panel(String title, ToLongFunction<Sample> value) {}

    private static final List<Panel> PANELS =
            List.of(new Panel("resident memory, MiB", each -> each.residentKilobytes >> 10),
                    new Panel("memory maps", Sample::maps), new Panel("open files", Sample::files));

    static List<String> csv(List<Sample> samples) {
        var lines = new ArrayList<>(List.of("second,resident KiB,maps,files,hostile refinements,honest refinements,cycles"));
        for (var each : samples) {
            lines.add("%d,%d,%d,%d,%d,%d,%d".formatted(each.second, each.residentKilobytes, each.maps, each.files,
                    each.hostile, each.honest, each.cycles));
        }
        return lines;
    }

    /** Least, middle and most of each panel behind the first fifth, and what was done. */
    static String summary(List<Sample> samples) {
        var warm = samples.subList(samples.size() / WARM, samples.size());
        var last = samples.getLast();
        var text = new StringBuilder("%d s, %d hostile refinements, %d honest ones, %d cycles; behind the first fifth:"
                .formatted(last.second, last.hostile, last.honest, last.cycles));
        for (var panel : PANELS) {
            long[] values = warm.stream().mapToLong(panel.value).sorted().toArray();
            text.append("\n%s: least %d, median %d, most %d; its first half %d, its second %d in the middle".formatted(
                    panel.title, values[0], values[values.length / 2], values[values.length - 1],
                    median(panel, warm.subList(0, warm.size() / 2)),
                    median(panel, warm.subList(warm.size() / 2, warm.size()))));
        }
        return text.toString();
    }

    private static long median(Panel panel, List<Sample> samples) {
        long[] values = samples.stream().mapToLong(panel.value).sorted().toArray();
        return values.length == 0 ? 0 : values[values.length / 2];
    }

    static String svg(List<Sample> samples) {
        int height = TOP + PANELS.size() * (PANEL + GAP) + 10;
        var text = new StringBuilder("""
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
                font-family="sans-serif" font-size="12">
                <rect width="100%%" height="100%%" fill="white"/>
                """.formatted(WIDTH, height));
        var last = samples.getLast();
        text.append("<text x=\"%d\" y=\"20\">%,d s: %,d hostile refinements, %,d honest ones, %,d cycles</text>\n".formatted(
                LEFT, last.second, last.hostile, last.honest, last.cycles));
        for (int i = 0; i < PANELS.size(); i++) {
            panel(text, PANELS.get(i), samples, TOP + i * (PANEL + GAP));
        }
        return text.append("</svg>\n").toString();
    }

    private static void panel(StringBuilder text, Panel panel, List<Sample> samples, int top) {
        long most = Math.max(1, samples.stream().mapToLong(panel.value).max().orElse(1));
        long seconds = Math.max(1, samples.getLast().second);
        int bottom = top + 18 + PANEL - 10;
        int right = WIDTH - 20;
        text.append("<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>\n".formatted(LEFT, top + 12, panel.title));
        for (int line = 0; line <= 2; line++) {
            int y = bottom - line * (PANEL - 10) / 2;
            text.append("<path d=\"M%d %dH%d\" stroke=\"#ccc\"/>\n".formatted(LEFT, y, right));
            text.append(
                    "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%,d</text>\n".formatted(LEFT - 8, y + 4, most * line / 2));
        }
        text.append("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%,d s</text>\n".formatted(right, bottom + 14, seconds));
        text.append("<polyline fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"1.5\" points=\"");
        for (var each : samples) {
            double x = LEFT + (double) each.second / seconds * (right - LEFT);
            double y = bottom - (double) panel.value.applyAsLong(each) / most * (PANEL - 10);
            text.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
        }
        text.append("\"/>\n");
    }
}
