package io.pvmjit.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm debug}: runs a program in pieces. */
@Command(
        name = "debug",
        description = "Runs a program in pieces, as commands on standard input say.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "Commands, each of which may be cut to its first letters, one a line; 'help' lists them, too:",
            "  step [N]          execute N instructions (1)",
            "  run               run to the next breakpoint, host call or other exit",
            "  call              run to the next host call or other exit, past breakpoints",
            "  break [PC]        set a breakpoint; list all",
            "  delete PC         delete a breakpoint",
            "  registers [NAME [VALUE]]  show all, show one, set one",
            "  memory ADDRESS [N]  show N octets of RAM (64)",
            "  write ADDRESS HEX  write octets to RAM",
            "  gas [N]           show or set the gas",
            "  pc [N]            show or set where to go on",
            "  list              show the instructions around",
            "  quit              end, as the end of the input does",
            "A host call is a stop; the next step or run serves it first, as 'pvm run' would. Where the program ends it may "
                    + "be made to go on by setting the pc.",
            "",
            "Exit codes: 0 the commands were carried out; 2 one was not, or other bad input."
        })
final class DebugCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE",
            description = "A JAM blob, with or without metadata in front, or assembly text (*.pvmasm).")
    private Path file;

    @Option(names = {"-x", "--execute"}, paramLabel = "COMMANDS",
            description = "Take these commands, apart by semicolons, instead of standard input.")
    private String commands;

    @Mixin
    private RunOptions options;

    @Override
    public Integer call() throws IOException {
        options.check();
        var out = spec.commandLine().getOut();
        try (var engine = options.engine().engine();
                var launch = Launch.of(file, engine, options);
                var debugger = launch.debugger()) {
            var session = new DebugSession(out, debugger, launch.server());
            if (commands != null) {
                for (var command : commands.split(";")) {
                    session.execute(command);
                }
                return session.failed() ? ExitCodes.BAD_INPUT : ExitCodes.OK;
            }
            boolean asks = System.console() != null && System.console().isTerminal();
            var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            prompt(asks);
            for (var line = input.readLine(); line != null && session.execute(line); line = input.readLine()) {
                prompt(asks);
            }
            return session.failed() && !asks ? ExitCodes.BAD_INPUT : ExitCodes.OK;
        }
    }

    private void prompt(boolean asks) {
        if (asks) {
            spec.commandLine().getOut().print("(pvm) ");
        }
        spec.commandLine().getOut().flush();
    }
}
