package io.pvmjit.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.pvmjit.PvmException;
import io.pvmjit.bench.compile.PublishedPrograms;
import io.pvmjit.bench.peer.Peer;
import io.pvmjit.bench.peer.Verification;
import io.pvmjit.bench.peer.WorkloadBenchmark;
import io.pvmjit.bench.peer.WrongResultException;
import io.pvmjit.bench.report.Details;
import io.pvmjit.bench.report.Environment;
import io.pvmjit.bench.report.HtmlReport;
import io.pvmjit.bench.report.MarkdownReport;
import io.pvmjit.bench.report.Report;
import io.pvmjit.bench.workload.BuiltWorkload;
import io.pvmjit.bench.workload.SetupException;
import io.pvmjit.bench.workload.Target;
import io.pvmjit.bench.workload.Workload;
import io.pvmjit.bench.workload.WorkloadBuilder;
import io.pvmjit.bench.workload.WorkloadTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code scripts/bench}: builds the workloads, measures them on all peers, and writes a report. */
@Command(
        name = "bench",
        description = "Measures the workloads on our backends, natively, and as WebAssembly, and writes a report.",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footer = {
            "",
            "'bench jmh [JMH OPTION...]' runs the smaller JMH benchmarks, as JMH does.",
            "",
            "Exit codes: 0 done, 1 a peer computed something else, 2 bad input or a debug build, 3 a fault of this "
                    + "program."
        })
public final class BenchMain implements Callable<Integer> {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Spec
    private CommandSpec spec;

    @Option(names = "--profile", paramLabel = "NAME", defaultValue = "quick",
            description = "quick (under 3 minutes; the default), standard (about half an hour), full (hours), smoke "
                    + "(seconds, without meaningful figures)")
    private String profileName;

    @Option(names = "--workloads", paramLabel = "NAME", split = ",", description = "only these; --list names them")
    private List<String> workloadNames = List.of();

    @Option(names = "--peers", paramLabel = "NAME", split = ",",
            description = "only these of native, jit, v8, endive, interpreter")
    private List<String> peerNames = List.of();

    @Option(names = "--no-scaling",
            description = "without the scaling curves, the compile tables, tail latency and machines")
    private boolean noScaling;

    @Option(names = "--output", paramLabel = "DIR",
            description = "where the report goes (default: bench/results/<date>-<cpu>, with a number when that exists)")
    private Path output;

    @Option(names = "--list", description = "list the workloads and stop")
    private boolean list;

    private final Path bench = Path.of(System.getProperty(WorkloadBenchmark.FOLDER, "bench")).toAbsolutePath();

    private BenchMain() {}

    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    static CommandLine commandLine() {
        return new CommandLine(new BenchMain()).setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, _) -> {
                    e.getCommandLine().getErr().println("bench: " + e.getMessage() + " ('bench --help' helps)");
                    return 2;
                })
                .setExecutionExceptionHandler(BenchMain::failed);
    }

    private static int failed(Exception e, CommandLine commandLine, CommandLine.ParseResult parsed) {
        LoggerFactory.getLogger(BenchMain.class).debug("failed", e);
        commandLine.getErr().println(switch (e) {
            case WrongResultException _, SetupException _, PvmException _ -> "bench: " + e.getMessage();
            default -> "bench: a fault of this program: " + e;
        });
        return switch (e) {
            case WrongResultException _ -> 1;
            case SetupException _, PvmException _ -> 2;
            default -> 3;
        };
    }

    @Override
    public Integer call() throws IOException {
        var table = WorkloadTable.read(bench.resolve("workloads"));
        if (list) {
            table.all().forEach(row -> spec.commandLine().getOut().println(
                    "%-14s %-20s %s".formatted(row.name(), row.targets(), row.description())));
            spec.commandLine().getOut().flush();
            return 0;
        }
        var profile = Profile.of(profileName);
        var peers = peers();
        var workloads = workloadNames.isEmpty() ? table.all() : table.select(workloadNames);
        var jvmArguments = BuildChecks.jvm();
        var libraryBuild = BuildChecks.library();
        var progress = Progress.ofThisProcess();
        var built = new WorkloadBuilder(bench).build(needed(workloads, peers), progress::say);
        requireOptimized(built);
        var today = LocalDate.now().toString();
        var environment = Environment.observe(bench.getParent(), today, libraryBuild, jvmArguments);
        var folder = folder(environment);
        try (var session = new Session(profile, peers, bench, progress)) {
            var verified = session.verify(built);
            var published = PublishedPrograms.of(PublishedPrograms.folder(bench.getParent()));
            var side = new SideMeasurements(profile, progress);
            if (!noScaling) {
                side.expect();
            }
            session.measure(verified);
            session.write(folder);
            var details = noScaling ? Details.NONE : side.measure(built, published);
            session.finish();
            progress.end();
            write(folder, report(profile, environment.finished(), verified, session, details));
            var disturbances = session.quietness().disturbances();
            if (!disturbances.isEmpty()) {
                progress.say("the machine was not quiet: " + String.join("; ", disturbances));
            }
        }
        spec.commandLine().getOut().println("report: " + folder.resolve("report.html"));
        spec.commandLine().getOut().flush();
        return 0;
    }

    private List<Peer> peers() {
        var chosen = peerNames.stream().map(Peer::of).toList();
        return Arrays.stream(Peer.values()).filter(peer -> chosen.isEmpty() || chosen.contains(peer)).toList();
    }

    /** Only the targets that the peers run: others may need tools that are not here. */
    private static List<Workload> needed(List<Workload> workloads, List<Peer> peers) {
        return workloads.stream().map(row -> row.withTargets(row.targets().stream()
                .filter(target -> peers.stream().anyMatch(peer -> peer.target() == target)).toList()))
                .filter(row -> !row.targets().isEmpty()).toList();
    }

    private static void requireOptimized(List<BuiltWorkload> workloads) {
        for (var workload : workloads) {
            if (workload.has(Target.NATIVE)) {
                BuildChecks.sharedLibrary(workload.name() + " (native)", workload.octets(Target.NATIVE));
            }
        }
    }

    private Path folder(Environment environment) throws IOException {
        if (output != null) {
            return Files.createDirectories(output);
        }
        var name = environment.date() + "-" + environment.cpuSlug();
        var folder = bench.resolve("results").resolve(name);
        for (int i = 2; Files.exists(folder); i++) {
            folder = bench.resolve("results").resolve(name + "-" + i);
        }
        return Files.createDirectories(folder);
    }

    private Report report(Profile profile, Environment environment, List<Verification> verified, Session session,
            Details details) {
        var rows = verified.stream().map(one -> new Report.Row(one.workload().name(),
                one.workload().workload().description(), one.workload().workload().kind(), one.parameter(), one.result(),
                one.gasUsed())).toList();
        var remarks = new ArrayList<String>();
        verified.forEach(one -> remarks.addAll(one.remarks()));
        return new Report(profile.label(), environment, session.quietness(), method(profile), peers(), rows,
                session.results(), session.counts(), remarks, details);
    }

    private static void write(Path folder, Report report) throws IOException {
        var writer = MAPPER.writerWithDefaultPrettyPrinter();
        writer.writeValue(folder.resolve("environment.json").toFile(), report.environment());
        writer.writeValue(folder.resolve("quiet.json").toFile(), report.quietness());
        writer.writeValue(folder.resolve("counts.json").toFile(), report.counts());
        var details = report.details();
        if (!details.curves().isEmpty()) {
            writer.writeValue(folder.resolve("scaling.json").toFile(), details.curves());
            writer.writeValue(folder.resolve("compile.json").toFile(), details.compilations());
            writer.writeValue(folder.resolve("tail.json").toFile(), details.tails());
            writer.writeValue(folder.resolve("machines.json").toFile(), details.growths());
        }
        Files.writeString(folder.resolve("report.md"), MarkdownReport.of(report));
        Files.writeString(folder.resolve("report.html"), HtmlReport.of(report));
    }

    private static List<String> method(Profile profile) {
        return List.of(
                "The same C source for every peer: gcc -O2 natively, clang -O2 for WebAssembly, gcc -O2 and our linker "
                        + "for the PVM.",
                "Every peer returned the same result before its time counted, and both of our backends used the same "
                        + "gas.",
                profile.rounds() + " rounds, in each of them for each workload all peers in turn; JMH "
                        + (profile.forks() == 0
                                ? "without forks, and the workloads' small parameters: figures for a first look."
                                : "with a new JVM for each measurement."),
                "A run is that of an instance which is kept and ran before, on every peer; making one is measured apart, "
                        + "and a one-shot has all: compile, make, run.",
                "Errors are 95 % confidence intervals over all iterations; those of ratios come from both sides.");
    }
}
