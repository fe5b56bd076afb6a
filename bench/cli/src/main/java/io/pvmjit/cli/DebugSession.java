package io.pvmjit.cli;

import io.pvmjit.Exit;
import io.pvmjit.PvmException;
import io.pvmjit.debug.Debugger;
import io.pvmjit.debug.Stop;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** The commands of {@code pvm debug}. */
final class DebugSession {
    private static final List<String> COMMANDS = List.of("step", "run", "call", "break", "delete", "registers", "memory",
            "write", "gas", "pc", "list", "help", "quit");
    private static final int OCTETS_PER_LINE = 16;
    private static final int MOST_OCTETS = 1 << 16;
    private static final int MOST_DIGITS = 2 * MOST_OCTETS;

    private final PrintWriter out;
    private final Debugger debugger;
    private final HostServer server;
    /** A host call that waits to be served. */
    private boolean callWaits;
    /** The program has ended; null while it goes on. */
    private String ended;
    private boolean failed;

    DebugSession(PrintWriter out, Debugger debugger, HostServer server) {
        this.out = out;
        this.debugger = debugger;
        this.server = server;
        place();
    }

    /** Whether a command was refused. */
    boolean failed() {
        return failed;
    }

    /** Carries out a command; false when it is the last one. */
    boolean execute(String line) {
        var words = Arrays.stream(line.strip().split("\\s+")).filter(word -> !word.isEmpty()).toList();
        if (words.isEmpty()) {
            return true;
        }
        try {
            var name = name(words.getFirst());
            if (name.equals("quit")) {
                return false;
            }
            execute(name, words.subList(1, words.size()));
        } catch (InputException | IllegalArgumentException | PvmException e) {
            failed = true;
            out.println(Text.line("error: " + e.getMessage()));
        }
        return true;
    }

    private static String name(String word) {
        var found = COMMANDS.stream().filter(command -> command.startsWith(word)).toList();
        if (found.isEmpty()) {
            throw new InputException(
                    "unknown command '" + Text.shortened(word) + "'; commands are " + String.join(", ", COMMANDS));
        }
        return found.getFirst();
    }

    private void execute(String name, List<String> words) {
        int most = switch (name) {
            case "registers", "memory", "write" -> 2;
            case "step", "break", "delete", "gas", "pc" -> 1;
            default -> 0;
        };
        int least = switch (name) {
            case "write" -> 2;
            case "delete", "memory" -> 1;
            default -> 0;
        };
        if (words.size() > most || words.size() < least) {
            throw new InputException(name + " takes "
                    + (least == most ? Text.count(most, "word") : least + " to " + Text.count(most, "word")));
        }
        var word = words.isEmpty() ? null : words.getFirst();
        switch (name) {
            case "step" -> step(word == null ? 1 : Inputs.unsigned(word, name));
            case "run" -> run(true);
            case "call" -> run(false);
            case "break" -> setBreak(word);
            case "delete" -> {
                if (!debugger.removeBreak(Inputs.unsigned(word, name))) {
                    throw new InputException("there is no breakpoint at " + word);
                }
            }
            case "registers" -> registers(words);
            case "memory" -> memory(Inputs.unsigned(word, name), words.size() < 2 ? 4 * OCTETS_PER_LINE
                    : Inputs.unsigned(words.get(1), name));
            case "write" -> write(Inputs.unsigned(word, name), words.get(1));
            case "gas" -> {
                if (word != null) {
                    debugger.machine().gas(Inputs.unsigned(word, name));
                }
                out.println("gas " + Long.toUnsignedString(debugger.machine().gas()));
            }
            case "pc" -> pc(word);
            case "list" -> GuestCode.around(debugger.program(), debugger.machine().pc()).forEach(out::println);
            default -> out.println("commands: " + String.join(", ", COMMANDS) + " ('pvm debug --help' explains them)");
        }
    }

    private void step(long count) {
        Stop stop = null;
        for (long i = 0; i != count && goesOn(); i++) {
            stop = debugger.step();
            if (stop instanceof Stop.Exited) {
                break;
            }
        }
        show(stop);
    }

    private void run(boolean toBreakpoints) {
        if (goesOn()) {
            show(toBreakpoints ? debugger.run() : new Stop.Exited(debugger.runToExit()));
        }
    }

    /** Serves the call that waits, and says whether the program can go on. */
    private boolean goesOn() {
        if (callWaits) {
            callWaits = false;
            var end = server.serve(debugger.machine());
            if (end != null) {
                ended = "the host call ended the run: " + server.describe(end);
            }
        }
        if (ended != null) {
            throw new InputException("the program has ended (" + ended + "); 'pc N' lets it go on elsewhere");
        }
        return true;
    }

    private void show(Stop stop) {
        switch (stop) {
            case null -> {}
            case Stop.Stepped(long _) -> {}
            case Stop.Breakpoint(long pc) -> out.println("breakpoint at " + pc);
            case Stop.Exited(Exit exit) -> {
                out.println(server.describe(exit) + ", made at " + debugger.machine().exitPc());
                callWaits = exit instanceof Exit.HostCall;
                ended = exit instanceof Exit.Halt || exit instanceof Exit.Panic ? server.describe(exit) : null;
            }
        }
        place();
    }

    private void place() {
        long pc = debugger.machine().pc();
        out.println(ended != null ? "ended" : (debugger.program().isStart(pc) ? GuestCode.line(debugger.program(), (int) pc)
                : "%8s  (no instruction)".formatted(Long.toUnsignedString(pc)))
                + "   ; gas " + Long.toUnsignedString(debugger.machine().gas()));
    }

    private void setBreak(String word) {
        if (word != null) {
            debugger.breakAt(Inputs.unsigned(word, "break"));
        }
        debugger.breakpoints().forEach(pc -> out.println("breakpoint " + GuestCode.line(debugger.program(), pc.intValue())));
    }

    private void registers(List<String> words) {
        if (!words.isEmpty()) {
            int number = RegisterList.number(words.getFirst(), "registers");
            if (words.size() == 2) {
                debugger.machine().register(number, Inputs.word(words.get(1), "registers"));
            }
            out.println(register(number));
            return;
        }
        for (int i = 0; i < RegisterList.NAMES.size(); i++) {
            out.println(register(i));
        }
    }

    private String register(int number) {
        return "%-2s %#018x".formatted(RegisterList.NAMES.get(number), debugger.machine().register(number));
    }

    private void memory(long address, long length) {
        if (Long.compareUnsigned(length, MOST_OCTETS) > 0) {
            throw new InputException("memory shows at most " + MOST_OCTETS + " octets");
        }
        var octets = new byte[(int) length];
        if (!debugger.machine().memory().read(address, octets)) {
            throw new InputException("not all of these octets are readable");
        }
        for (int i = 0; i < octets.length; i += OCTETS_PER_LINE) {
            var hex = HexFormat.ofDelimiter(" ").formatHex(octets, i, Math.min(octets.length, i + OCTETS_PER_LINE));
            out.println("0x%08x  %s".formatted(address + i, hex));
        }
    }

    private void write(long address, String digits) {
        if (digits.length() > MOST_DIGITS) {
            throw new InputException("write takes at most " + MOST_OCTETS + " octets");
        }
        if (!debugger.machine().memory().write(address, Inputs.hex(digits, "write"))) {
            throw new InputException("not all of these octets are writable");
        }
    }

    private void pc(String word) {
        if (word != null) {
            debugger.machine().pc(Inputs.unsigned(word, "pc")).gasCharged(false);
            ended = null;
            callWaits = false;
        }
        place();
    }
}
