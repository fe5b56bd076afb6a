package io.pvmjit.explore;

import io.pvmjit.input.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The machine code that the library made of each instruction, as assembly where objdump is installed, else as octets.
 *
 * @param disassembled which of the two
 */
public final class NativeCode {
    private static final Pattern LISTED = Pattern.compile(" *(\\d+) +\\S+ +([0-9a-f]*)");
    private static final Pattern ASSEMBLY = Pattern.compile(" *([0-9a-f]+):\\t(.*)");
    private static final Pattern JUMP = Pattern.compile("(j\\w+|call) +0x([0-9a-f]+)");
    private static final int OCTETS_PER_LINE = 16;
    private static final NativeCode NONE = new NativeCode(Map.of(), Map.of(), false);

    private final Map<Integer, List<String>> lines;
    private final Map<Integer, Integer> octets;
    private final boolean disassembled;

    private NativeCode(Map<Integer, List<String>> lines, Map<Integer, Integer> octets, boolean disassembled) {
        this.lines = lines;
        this.octets = octets;
        this.disassembled = disassembled;
    }

    /** That of a listing, as {@link io.pvmjit.Module#listing()} makes it; none where the listing is empty. */
    static NativeCode of(String listing) {
        var code = new ByteArrayOutputStream();
        var starts = new TreeMap<Integer, Integer>();
        var octets = new HashMap<Integer, Integer>();
        listing.lines().forEach(line -> {
            var listed = LISTED.matcher(line);
            if (listed.matches()) {
                int pc = Integer.parseInt(listed.group(1));
                var bytes = HexFormat.of().parseHex(listed.group(2));
                octets.put(pc, bytes.length);
                if (bytes.length > 0) {
                    starts.put(code.size(), pc);
                    code.writeBytes(bytes);
                }
            }
        });
        if (starts.isEmpty()) {
            return NONE;
        }
        var assembly = disassemble(code.toByteArray());
        return assembly == null
                ? new NativeCode(octetLines(code.toByteArray(), starts), octets, false)
                : new NativeCode(assemblyLines(assembly, starts), octets, true);
    }

    /** The lines of one instruction; empty when nothing was made of it, or there is no machine code. */
    public List<String> lines(int pc) {
        return lines.getOrDefault(pc, List.of());
    }

    /** Octets of machine code of one instruction. */
    public int octets(int pc) {
        return octets.getOrDefault(pc, 0);
    }

    /** Whether there is machine code. */
    public boolean exists() {
        return !octets.isEmpty();
    }

    /** Whether the lines are assembly; else they are octets, for want of objdump. */
    public boolean disassembled() {
        return disassembled;
    }

    private static Map<Integer, List<String>> octetLines(byte[] code, TreeMap<Integer, Integer> starts) {
        var lines = new HashMap<Integer, List<String>>();
        starts.forEach((at, pc) -> {
            var next = starts.higherKey(at);
            int end = next == null ? code.length : next;
            var own = new ArrayList<String>();
            for (int i = at; i < end; i += OCTETS_PER_LINE) {
                own.add(HexFormat.ofDelimiter(" ").formatHex(code, i, Math.min(end, i + OCTETS_PER_LINE)));
            }
            lines.put(pc, own);
        });
        return lines;
    }

    private static Map<Integer, List<String>> assemblyLines(List<String> assembly, TreeMap<Integer, Integer> starts) {
        var lines = new HashMap<Integer, List<String>>();
        for (var text : assembly) {
            var line = ASSEMBLY.matcher(text);
            if (line.matches()) {
                int pc = starts.floorEntry(Integer.parseInt(line.group(1), 16)).getValue();
                lines.computeIfAbsent(pc, _ -> new ArrayList<>()).add(withPlace(line.group(2).strip(), starts));
            }
        }
        return lines;
    }

    /** A jump to the code of an instruction says which; others leave the code that is shown. */
    private static String withPlace(String text, TreeMap<Integer, Integer> starts) {
        var jump = JUMP.matcher(text);
        if (!jump.matches()) {
            return text.replaceAll("\\s+", " ");
        }
        long target = Long.parseUnsignedLong(jump.group(2), 16);
        var place = target >= 0 && target <= starts.lastKey() ? starts.floorEntry((int) target) : null;
        if (place == null) {
            return jump.group(1) + " exit";
        }
        return jump.group(1) + " " + (place.getKey() == target ? "pc " + place.getValue()
                : "pc " + place.getValue() + " + " + (target - place.getKey()) + " octets");
    }

    /** The lines of objdump; null where there is none. */
    private static List<String> disassemble(byte[] code) {
        Path file = null;
        try {
            file = Files.createTempFile("pvm-code", ".bin");
            Files.write(file, code);
            var process = new ProcessBuilder("objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel",
                    "--no-show-raw-insn", file.toString()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            process.getOutputStream().close();
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? text.lines().toList() : null;
        } catch (IOException _) {
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InputException("interrupted while objdump ran");
        } finally {
            delete(file);
        }
    }

    private static void delete(Path file) {
        try {
            if (file != null) {
                Files.deleteIfExists(file);
            }
        } catch (IOException _) {
            // The system sweeps its folder of temporary files.
        }
    }
}
