package io.pvmjit.cli;

import io.pvmjit.PvmException;
import io.pvmjit.input.InputException;
import io.pvmjit.link.LinkException;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line's entry: the commands and what becomes of their failures. */
@Command(
        name = "pvm",
        description = "Runs, prices, checks, compiles, assembles and disassembles PVM programs.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = {
            DemoCommand.class,
            RefineCommand.class,
            VectorsCommand.class,
            HostcallsCommand.class,
            GasCommand.class,
            RunCommand.class,
            TraceCommand.class,
            ReplayCommand.class,
            DebugCommand.class,
            DisasmCommand.class,
            ExploreCommand.class,
            AsmCommand.class,
            CcCommand.class,
            LinkCommand.class,
            DoctorCommand.class
        },
        footer = {
            "",
            "Exit codes: 0 done, 1 a check failed, 2 bad input, 3 a fault of this program.",
            "'pvm COMMAND --help' describes a command."
        })
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec;

    private Main() {}

    public static void main(String[] arguments) {
        EarlyStart.begin(arguments);
        var buffered = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16);
        var out = new PrintWriter(buffered, false, StandardCharsets.UTF_8);
        var err = new PrintWriter(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        int exitCode = execute(commandLine(arguments).setOut(out).setErr(err), arguments);
        out.flush();
        EarlyStart.await();
        System.exit(exitCode);
    }

    /** Executes a command line; errors that are not exceptions become one line, too. */
    static int execute(CommandLine commandLine, String... arguments) {
        try {
            return commandLine.execute(arguments);
        } catch (OutOfMemoryError e) {
            commandLine.getErr().println(Text.line("pvm: not enough memory for this input (" + e.getMessage()
                    + "); PVM_JAVA_OPTIONS=-Xmx... gives more"));
            return ExitCodes.BAD_INPUT;
        } catch (Error e) {
            commandLine.getErr().println(Text.line("pvm: a fault of this program: " + e));
            LoggerFactory.getLogger(Main.class).debug("fault", e);
            return ExitCodes.INTERNAL_ERROR;
        }
    }

    /** The commands, ready to execute. Where the arguments name one, the others are not made: that takes time. */
    static CommandLine commandLine(String... arguments) {
        return (arguments.length == 0 ? Optional.<CommandLine>empty() : only(arguments[0]))
                .orElseGet(() -> new CommandLine(new Main()))
                // An argument @FILE is ours: the octets of the file, not more arguments.
                .setExpandAtFiles(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler(Main::badArguments)
                .setExecutionExceptionHandler(Main::failed);
    }

    private static Optional<CommandLine> only(String name) {
        var all = Main.class.getAnnotation(Command.class);
        return Arrays.stream(all.subcommands())
                .filter(command -> command.getAnnotation(Command.class).name().equals(name))
                .map(command -> new CommandLine(
                        CommandSpec.create().name(all.name()).addSubcommand(name, new CommandLine(command))))
                .findFirst();
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "which command?");
    }

    private static int badArguments(ParameterException e, String[] arguments) {
        var commandLine = e.getCommandLine();
        var name = commandLine.getCommandSpec().qualifiedName();
        commandLine.getErr().println(Text.line(name + ": " + e.getMessage() + " ('" + name + " --help' helps)"));
        return ExitCodes.BAD_INPUT;
    }

    private static int failed(Exception e, CommandLine commandLine, CommandLine.ParseResult parsed) {
        commandLine.getOut().flush();
        var name = commandLine.getCommandSpec().qualifiedName();
        if (e instanceof LinkException) {
            // As compilers do: a line for each problem.
            e.getMessage().lines()
                    .forEach(line -> commandLine.getErr().println(line.stripTrailing().replaceAll("\\p{Cntrl}", "?")));
            return ExitCodes.BAD_INPUT;
        }
        if (e instanceof InputException || e instanceof PvmException) {
            commandLine.getErr().println(Text.line(name + ": " + e.getMessage()));
            return ExitCodes.BAD_INPUT;
        }
        commandLine.getErr().println(Text.line(name + ": a fault of this program: " + e));
        LoggerFactory.getLogger(Main.class).debug("fault", e);
        return ExitCodes.INTERNAL_ERROR;
    }

    /** The version that the jar's manifest tells. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            var version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"pvm " + (version == null ? "(not packaged)" : version)};
        }
    }
}
