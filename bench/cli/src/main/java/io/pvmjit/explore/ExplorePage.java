package io.pvmjit.explore;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pvmjit.PipelineStep;
import io.pvmjit.program.Opcode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A program as a page that needs nothing beside itself. */
public final class ExplorePage {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern PLACE = Pattern.compile("@(STYLE|SCRIPT|NAME|DATA)@");
    /** Blocks with more instructions have no timeline: nobody looks at so many rows. */
    private static final int LONGEST_TIMELINE = 1000;
    private static final int MOST_ENTRIES = 20_000;

    private ExplorePage() {}

    /**
     * The page.
     *
     * @param name of the program
     * @param run what to heat it by
     */
    public static String of(String name, String revision, ProgramView view, Optional<Execution> run) {
        var data = text(data(name, revision, view, run));
        return PLACE.matcher(asset("explore.html")).replaceAll(place -> Matcher.quoteReplacement(switch (place.group(1)) {
            case "STYLE" -> asset("explore.css");
            case "SCRIPT" -> asset("explore.js");
            case "NAME" -> name.replace("&", "&amp;").replace("<", "&lt;");
            // No tag can end within it.
            default -> data.replace("<", "\\u003c");
        }));
    }

    private static String asset(String name) {
        try (var stream = ExplorePage.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError("the page's " + name + " is packaged", e);
        }
    }

    private static String text(ObjectNode node) {
        try {
            return JSON.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new AssertionError("a tree made here is valid JSON", e);
        }
    }

    private static ObjectNode data(String name, String revision, ProgramView view, Optional<Execution> run) {
        var node = JSON.createObjectNode().put("name", name).put("revision", revision)
                .put("codeLength", view.program().codeLength())
                .put("machineCode", view.code().exists()).put("disassembled", view.code().disassembled());
        run.ifPresent(execution -> node.put("run", execution.summary()));
        var blocks = node.putArray("blocks");
        for (var block : view.blocks()) {
            addBlock(blocks.addObject(), view, block, run);
        }
        addJumpTable(node, view);
        return node;
    }

    private static void addBlock(ObjectNode node, ProgramView view, ProgramView.Block block, Optional<Execution> run) {
        node.put("pc", block.pc()).put("cost", block.cost());
        run.ifPresent(execution -> node.put("count", execution.counts().getOrDefault(block.pc(), 0L)));
        var edges = node.putArray("edges");
        block.edges().forEach(edge -> edges.addObject().put("way", edge.way().name().toLowerCase(Locale.ROOT))
                .put("to", edge.to()));
        var times = block.instructions() <= LONGEST_TIMELINE ? view.timeline(block) : List.<PipelineStep>of();
        var instructions = node.putArray("instructions");
        int pc = block.pc();
        for (int i = 0; i < block.instructions(); i++) {
            var instruction = view.program().decode(pc);
            var row = instructions.addObject().put("pc", pc).put("text", view.assembly(pc));
            add(row.putArray("code"), view.code().lines(pc));
            if (!times.isEmpty()) {
                var step = times.get(i);
                row.putArray("times").add(step.decoded()).add(step.started()).add(step.finished()).add(step.retired());
            }
            row.put("latency", instruction.opcode().cycles() == Opcode.BRANCH_CYCLES ? "1 or 20"
                    : String.valueOf(instruction.opcode().cycles()));
            row.put("units", instruction.opcode().units().name().toLowerCase(Locale.ROOT));
            long count = run.map(execution -> execution.counts().getOrDefault(row.get("pc").intValue(), 0L)).orElse(0L);
            if (count != 0) {
                row.put("count", count);
            }
            pc = instruction.next();
        }
    }

    private static void add(ArrayNode array, List<String> lines) {
        lines.forEach(array::add);
    }

    private static void addJumpTable(ObjectNode node, ProgramView view) {
        var program = view.program();
        node.put("jumpTableLength", program.jumpTableLength());
        var entries = node.putArray("jumpTable");
        for (int i = 0; i < Math.min(MOST_ENTRIES, program.jumpTableLength()); i++) {
            long target = program.jumpTarget(i);
            entries.addArray().add(Long.toUnsignedString(target)).add(program.isBlockStart(target));
        }
    }
}
