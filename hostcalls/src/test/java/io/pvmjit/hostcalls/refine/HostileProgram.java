package io.pvmjit.hostcalls.refine;

import io.pvmjit.asm.Assembler;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/** Makes up outer programs that call the host with whatever comes to mind, round after round. */
final class HostileProgram {
    private static final int CALLS = 40;
    private static final int HIGHEST_NUMBER = 20;
    /** Programs, and what is none. */
    private static final List<String> BLOBS = List.of("0000010001", "000002320001", "0000030a050005", "0000037b870005",
            "0000048287320005", "0000089577ff28fdffffff09", "0000099577ff5207fdff32008900", "0000010000", "00000101",
            "");
    /** Numbers that lie on or beside an edge of something. */
    private static final long[] EDGES = {
        0, 1, 2, 3, 4, 5, 15, 16, 17, 62, 63, 64, 112, 127, 128, 4095, 4096, 4097, 4104, 0xFFFF, 0x10000, 0x20000,
        0x30000, 0x31000, 0xFFFEF, 0xFFFFE, 0xFFFFF, 0x100000, 0xFEFDF000L, 0xFFFEFFFFL, 0xFFFF0000L, 0xFFFF_FFFFL,
        0x1_0000_0000L, 0x1_0003_0000L, Long.MAX_VALUE, Long.MIN_VALUE, -112, -2, -1
    };

    private final SplittableRandom random;
    private final boolean handled;
    private final StringBuilder code = new StringBuilder();

    private HostileProgram(SplittableRandom random, boolean handled) {
        this.random = random;
        this.handled = handled;
    }

    /** @param handled whether numbers are those of revision next */
    static MemorySegment serviceCode(SplittableRandom random, boolean handled) {
        var program = new HostileProgram(random, handled);
        return OuterProgram.serviceCode(Assembler.assembleStandard(program.text()), 0);
    }

    private int below(int bound) {
        return random.nextInt(bound);
    }

    private String text() {
        var text = new StringBuilder(".heap_pages 2\n.stack 4096\n.rodata\n");
        for (int i = 0; i < BLOBS.size(); i++) {
            text.append("blob").append(i).append(":\n");
            if (!BLOBS.get(i).isEmpty()) {
                text.append(".hex ").append(BLOBS.get(i)).append('\n');
            }
        }
        text.append("hash: .hex ").append(HexFormat.of().formatHex(Refinements.hash(1)))
                .append("\n.data\nrounds: .u64 0\n");
        for (int i = 0; i < 4; i++) {
            frame(text, i);
        }
        text.append("results: .zero ").append(8 * CALLS).append("\nbuffer: .zero 4200\n");
        if (below(3) != 0) {
            // Something to go on with.
            for (int i = 0; i < 3; i++) {
                make(below(BLOBS.size() - 3));
            }
        }
        code.append("fallthrough\nround:\n");
        for (int i = 0; i < CALLS; i++) {
            call(i);
        }
        code.append("load_u64 t0, [rounds]\nadd_imm_64 t0, t0, 1\nstore_u64 [rounds], t0\nbranch_lt_u_imm t0, ")
                .append(1 + below(4))
                .append(", round\nload_imm_64 ra, 0xffff0000\nload_imm a0, rounds\nload_imm a1, 6000\njump_ind ra\n");
        return text + ".code\n" + code;
    }

    private void frame(StringBuilder text, int number) {
        text.append("frame").append(number).append(": .u64 ").append(below(12) == 0 ? edge() : below(3000))
                .append("\n.u64 ").append(below(3) == 0 ? edge() : 0xFFFF0000L).append('\n');
        for (int i = 1; i < 13; i++) {
            text.append(".u64 ").append(switch (below(4)) {
                case 0 -> edge();
                case 1 -> random.nextLong();
                case 2 -> below(5);
                default -> 0x10000 + below(0x8000);
            }).append('\n');
        }
    }

    private long edge() {
        return EDGES[below(EDGES.length)];
    }

    private void make(int blob) {
        int length = BLOBS.get(blob).length() / 2;
        if (handled) {
            code.append("load_imm a0, 0\nload_imm a1, blob").append(blob).append("\nload_imm a2, ").append(length)
                    .append("\necalli 9\n")
                    .append("load_imm a1, 0\necalli 10\n");
        } else {
            code.append("load_imm a0, blob").append(blob).append("\nload_imm a1, ").append(length)
                    .append("\nload_imm a2, 0\necalli 9\n");
        }
    }

    /** Sets some of the registers that calls look at, makes any call, and keeps the result. */
    private void call(int index) {
        int number = below(HIGHEST_NUMBER + 1);
        int shift = handled ? 0 : 1;
        switch (below(25) == 0 ? -1 : number >= 10 - shift ? number + shift : number) {
            case 2 -> set(pointer(), small(), small(), small(), small(), small());
            case 7 -> set(below(2) == 0 ? small() : "-1", "hash", pointer(), small(), small());
            case 8 -> set(pointer(), small());
            case 9 -> {
                int blob = below(BLOBS.size());
                if (below(2) == 0) {
                    set("1", "hash", small(), "0", "-1");
                } else {
                    set("0", "blob" + blob, Integer.toString(BLOBS.get(blob).length() / 2));
                }
            }
            case 10 -> {
                int blob = below(BLOBS.size());
                if (handled) {
                    set(small(), Integer.toString(below(3)));
                } else {
                    set("blob" + blob, Integer.toString(BLOBS.get(blob).length() / 2), Integer.toString(below(3)));
                }
            }
            case 11 -> set(small(), pointer(), inner(), small());
            case 12 -> set(small(), pointer(), inner(), small());
            case 13 -> set(small(), Integer.toString(15 + below(8)), Integer.toString(below(4)),
                    Integer.toString(below(6)));
            case 14 -> set(small(), "frame" + below(4));
            case 15 -> set(handled ? Integer.toString(below(3)) : small(), small());
            default -> set(value(), value(), value(), value(), value(), value());
        }
        code.append("ecalli ").append(number).append("\nstore_u64 [results + ").append(8 * index).append("], a0\n");
    }

    private void set(String... values) {
        for (int i = 0; i < values.length; i++) {
            var value = below(60) == 0 ? value() : values[i];
            if (below(50) == 0) {
                // Whatever an earlier call answered.
                code.append("load_u64 a").append(i).append(", [results + ").append(8 * below(CALLS)).append("]\n");
            } else if (below(40) != 0) {
                code.append("load_imm_64 a").append(i).append(", ").append(value).append('\n');
            }
        }
    }

    private String small() {
        return Integer.toString(below(below(4) == 0 ? 130 : 6));
    }

    private String pointer() {
        return switch (below(4)) {
            case 0 -> "frame" + below(4);
            case 1 -> "results";
            default -> "buffer + " + below(100);
        };
    }

    private String inner() {
        return Integer.toString(0xFFF8 + below(0x8010));
    }

    private String value() {
        return switch (below(6)) {
            case 0 -> Long.toString(random.nextLong());
            case 1 -> pointer();
            case 2 -> "blob" + below(BLOBS.size());
            case 3 -> small();
            default -> Long.toString(edge());
        };
    }
}
