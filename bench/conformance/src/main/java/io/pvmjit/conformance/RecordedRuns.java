package io.pvmjit.conformance;

import io.pvmjit.StandardProgram;
import io.pvmjit.hostcalls.trace.Trace;
import io.pvmjit.hostcalls.trace.Trace.Call;
import io.pvmjit.hostcalls.trace.Trace.End;
import io.pvmjit.hostcalls.trace.Trace.Ending;
import io.pvmjit.hostcalls.trace.Trace.Octets;
import io.pvmjit.hostcalls.trace.Trace.State;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/** Recorded runs of the vectors (kind traces) in the form that teams exchange. */
public final class RecordedRuns {
    private static final String REVISION = "0.8.0";

    private RecordedRuns() {}

    /**
     * The runs of a file, one for each case.
     *
     * @throws MalformedVectorException when it is no file of recorded runs
     */
    public static List<Trace> read(Path path, byte[] contents) {
        return VectorFile.cases(contents).stream().map(vector -> trace(path, vector)).toList();
    }

    private static Trace trace(Path path, Fields vector) {
        var arguments = vector.get("args").hex();
        var calls = vector.get("calls").elements();
        var end = vector.get("end");
        return new Trace(
                serviceCode(VectorFile.neighbour(path, vector.get("program").text())),
                arguments.length == 0 ? List.of() : List.of(new Octets(StandardProgram.ARGUMENT_ADDRESS, arguments)),
                state(vector.get("start")),
                calls.stream().map(RecordedRuns::call).toList(),
                Optional.of(end(end)),
                Optional.of(REVISION));
    }

    /** With no metadata in front, whose length has one octet then. */
    private static byte[] serviceCode(byte[] jamBlob) {
        var code = new byte[1 + jamBlob.length];
        System.arraycopy(jamBlob, 0, code, 1, jamBlob.length);
        return code;
    }

    private static State state(Fields state) {
        return new State(state.get("pc").unsigned(), state.get("gas").word(), state.get("regs").registers());
    }

    private static Call call(Fields call) {
        var registers = new TreeMap<Integer, Long>();
        if (call.has("setregs")) {
            var set = call.get("setregs");
            set.names().forEach(name -> registers.put(TraceVectors.register(name), set.get(name).unsigned()));
        }
        var state = state(call);
        boolean unpaid = call.has("oog") && call.get("oog").flag();
        long gas = call.has("setgas") ? call.get("setgas").word() : state.gas();
        return new Call(call.get("id").word(), state, pieces(call, "reads"), pieces(call, "writes"), registers,
                unpaid ? OptionalLong.empty() : OptionalLong.of(gas), 0);
    }

    private static List<Octets> pieces(Fields call, String name) {
        if (!call.has(name)) {
            return List.of();
        }
        return call.get(name).elements().stream().map(piece -> piece.elements(2))
                .map(piece -> new Octets(piece.get(0).unsigned(), piece.get(1).hex())).toList();
    }

    private static End end(Fields end) {
        var status = Status.parse(end.get("status"));
        var ending = switch (status) {
            case HALT -> Ending.HALT;
            case OUT_OF_GAS -> Ending.OOG;
            case PANIC, PAGE_FAULT -> Ending.PANIC;
            case HOST_CALL, INTERRUPTED -> throw new MalformedVectorException("malformed: a run that ends as '"
                    + Status.of(status) + "' is not recorded whole");
        };
        return new End(ending, 0, state(end), 0);
    }
}
