package io.pvmjit.differential;

import io.pvmjit.InvalidProgramException;
import io.pvmjit.asm.Disassembler;
import java.util.ArrayList;
import java.util.HexFormat;

/** Writes a scenario for people: the program as assembly, the state it starts in, and what is done at each stop. */
final class Report {
    private Report() {}

    static String of(Scenario scenario) {
        var text = new StringBuilder();
        var blob = scenario.blob();
        text.append("blob: ").append(HexFormat.of().formatHex(blob)).append('\n');
        try {
            text.append(Disassembler.disassemble(blob));
        } catch (InvalidProgramException e) {
            text.append(e.getMessage()).append('\n');
        }
        text.append("start: pc ").append(scenario.address(scenario.start())).append(", gas ")
                .append(Long.toUnsignedString(scenario.gas())).append(scenario.gasCharged() ? ", charged" : "")
                .append('\n');
        for (int i = 0; i < scenario.registers().length; i++) {
            if (scenario.registers()[i] != 0) {
                text.append("register ").append(i).append(": 0x").append(Long.toHexString(scenario.registers()[i]))
                        .append('\n');
            }
        }
        for (var page : scenario.pages()) {
            text.append("page 0x").append(Integer.toHexString(page.number())).append(": ").append(page.access());
            append(text, " begins ", page.octets());
            append(text, " ends ", page.lastOctets());
            text.append('\n');
        }
        for (int i = 0; i < scenario.responses().size(); i++) {
            text.append("after stop ").append(i).append(": ");
            text.append(describe(scenario, scenario.responses().get(i))).append('\n');
        }
        if (scenario.twice()) {
            text.append("all of it twice, on two machines of one module\n");
        }
        return text.toString();
    }

    private static void append(StringBuilder text, String what, byte[] octets) {
        if (octets.length > 0) {
            text.append(what).append(HexFormat.of().formatHex(octets));
        }
    }

    private static String describe(Scenario scenario, Scenario.Response response) {
        var parts = new ArrayList<String>();
        parts.add("out-of-gas adds " + response.gasAdded());
        if (response.faultAccess() != null) {
            parts.add("a fault makes its page " + response.faultAccess() + (response.faultZero() ? " and zero" : ""));
        }
        if (response.goOnAfterEnd()) {
            parts.add("goes on after halt and panic");
        }
        if (response.access() != null) {
            parts.add("page 0x" + Integer.toHexString(response.access().page()) + " becomes "
                    + response.access().access() + (response.access().zero() ? " and zero" : ""));
        }
        if (response.register() != null) {
            parts.add("register " + response.register().index() + " = 0x"
                    + Long.toHexString(response.register().value()));
        }
        if (response.write() != null) {
            parts.add("octets at 0x" + Long.toHexString(response.write().address()) + " = "
                    + HexFormat.of().formatHex(response.write().octets()));
        }
        if (response.gas() != null) {
            parts.add("gas = " + Long.toUnsignedString(response.gas()));
        }
        if (response.gasCharged() != null) {
            parts.add("gas charged = " + response.gasCharged());
        }
        if (response.pc() != null) {
            parts.add("pc = " + scenario.address(response.pc()));
        }
        if (response.interrupt()) {
            parts.add("interrupt");
        }
        return String.join(", ", parts);
    }
}
