package io.pvmjit.cli;

import io.pvmjit.Exit;
import io.pvmjit.debug.Stop;
import io.pvmjit.explore.Execution;
import io.pvmjit.explore.ExplorePage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pvm explore}: shows what a program is made of, as a page. */
@Command(
        name = "explore",
        description = "Writes a page that shows a program: basic blocks with guest assembly beside the machine code made of "
                + "it, gas and where it comes from, control flow, the jump table.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        footer = {
            "",
            "The page needs nothing beside itself: open it in a browser. With --run the program runs on the interpreter, "
                    + "and the page has how often each instruction was executed. Machine code is shown as assembly where "
                    + "objdump (binutils) is installed. 'pvm disasm --native --gas' prints the same as text.",
            "",
            "Exit codes: 0 done, 2 the file holds no valid program, or other bad input."
        })
final class ExploreCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FILE",
            description = "A JAM blob, with or without metadata in front, or assembly text (*.pvmasm); with --raw a program "
                    + "blob.")
    private Path file;

    @Option(names = {"-o", "--output"}, paramLabel = "OUT", required = true, description = "Where to write the page.")
    private Path output;

    @Option(names = "--run", paramLabel = "HEX|@FILE", description = "Run the program with these arguments; 0x for none.")
    private String run;

    @Mixin
    private RunOptions options;

    @Override
    public Integer call() {
        if (options.hasArguments()) {
            throw new ParameterException(spec.commandLine(), "arguments go with --run");
        }
        if (run != null && !options.raw()) {
            options.arguments(run);
        }
        options.check();
        try (var engine = options.engine().engine();
                var launch = Launch.of(file, engine, options)) {
            var execution = run == null ? Optional.<Execution>empty() : Optional.of(execute(launch));
            try (var view = launch.view()) {
                var page = ExplorePage.of(String.valueOf(file.getFileName()), engine.rules().label(), view, execution)
                        .getBytes(StandardCharsets.UTF_8);
                OutputFile.write(output, page);
                spec.commandLine().getOut().println(Text.line(output + ": " + Text.count(view.blocks().size(), "block")
                        + ", " + Text.count(page.length, "octet")));
            }
        }
        return ExitCodes.OK;
    }

    private static Execution execute(Launch launch) {
        var counts = new HashMap<Integer, Long>();
        var server = launch.server();
        try (var debugger = launch.debugger()) {
            while (true) {
                int pc = (int) debugger.machine().pc();
                var stop = debugger.step();
                Exit exit = stop instanceof Stop.Exited(Exit made) ? made : null;
                if (!(exit instanceof Exit.OutOfGas) && debugger.program().isStart(pc)) {
                    counts.merge(pc, 1L, Long::sum);
                }
                var end = exit instanceof Exit.HostCall ? server.serve(debugger.machine()) : exit;
                if (end != null) {
                    return new Execution(counts, server.describe(end) + ", "
                            + Long.toUnsignedString(launch.invocation().gas() - debugger.machine().gas()) + " gas used");
                }
            }
        }
    }
}
