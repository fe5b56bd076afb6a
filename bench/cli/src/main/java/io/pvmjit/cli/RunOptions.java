package io.pvmjit.cli;

import io.pvmjit.StandardProgram;
import io.pvmjit.input.InputException;
import io.pvmjit.input.Inputs;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options of commands that run a program: how it starts, and on what. */
final class RunOptions {
    @Spec(Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--raw", description = "FILE is a bare program blob: no RAM, no arguments.")
    private boolean raw;

    @Option(
            names = "--registers",
            paramLabel = "NAME=VALUE,...",
            description = "With --raw: registers at the start, r0 to r12 or ra sp t0 t1 t2 s0 s1 a0 to a5. Default: 0.")
    private String registers;

    @Option(
            names = "--args",
            paramLabel = "HEX|@FILE",
            description = "Arguments: octets in hexadecimal, or those of a file. Default: none.")
    private String arguments;

    @Option(names = "--gas", paramLabel = "N", defaultValue = "1000000000",
            description = "Gas at the start. Default: ${DEFAULT-VALUE}.")
    private String gas;

    @Option(names = "--entry", paramLabel = "PC", defaultValue = "0",
            description = "Where to start: 0 is refine and is-authorized, 5 accumulate. Default: ${DEFAULT-VALUE}.")
    private String entry;

    @Option(names = "--refine",
            description = "Serve every host call of refine, with no preimages and nothing to fetch ('pvm refine' has "
                    + "them).")
    private boolean refine;

    @Mixin
    private EngineOptions engine;

    /** Whether arguments are given. */
    boolean hasArguments() {
        return arguments != null;
    }

    /** The same with other arguments, as {@code --args} takes them. */
    void arguments(String given) {
        arguments = given;
    }

    /** Refuses what does not go together. */
    void check() {
        if (raw && arguments != null) {
            throw new ParameterException(spec.commandLine(), "--args is of no use with --raw: it has no RAM for them");
        }
        if (!raw && registers != null) {
            throw new ParameterException(spec.commandLine(), "--registers needs --raw: a JAM blob starts with its own");
        }
        if (raw && refine) {
            throw new ParameterException(spec.commandLine(), "--refine is for JAM blobs: --raw serves no host calls");
        }
    }

    EngineOptions engine() {
        return engine;
    }

    boolean raw() {
        return raw;
    }

    boolean refine() {
        return refine;
    }

    /** The 13 registers that a bare program starts with. */
    long[] registers() {
        return RegisterList.parse(registers == null ? "" : registers);
    }

    long gas() {
        return Inputs.unsigned(gas, "--gas");
    }

    long entryPc() {
        return Inputs.unsigned(entry, "--entry");
    }

    byte[] arguments() {
        if (arguments == null) {
            return new byte[0];
        }
        byte[] octets;
        if (arguments.startsWith("@")) {
            try {
                octets = Inputs.file(Path.of(arguments.substring(1)));
            } catch (InvalidPathException e) {
                throw new InputException("--args: " + e.getMessage());
            }
        } else {
            octets = Inputs.hex(arguments, "--args");
        }
        if (octets.length > StandardProgram.MAXIMUM_ARGUMENT_LENGTH) {
            throw new InputException("--args: " + octets.length + " octets, the most are "
                    + StandardProgram.MAXIMUM_ARGUMENT_LENGTH);
        }
        return octets;
    }
}
