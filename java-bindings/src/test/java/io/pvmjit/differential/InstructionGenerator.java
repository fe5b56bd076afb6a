package io.pvmjit.differential;

import io.pvmjit.program.Opcode;
import io.pvmjit.program.Program;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;

/** Makes single instructions: mostly in regular encodings, sometimes in odd ones. */
final class InstructionGenerator {
    private final Values values;
    /** Registers that hold addresses of RAM at the start, and those that hold addresses to jump to. */
    private final List<Integer> pointers;
    private final List<Integer> returns;
    private int registerCount = 13;
    private int lastRegister;

    InstructionGenerator(Values values, List<Integer> pointers, List<Integer> returns) {
        this.values = values;
        this.pointers = pointers;
        this.returns = returns;
    }

    /** From now on only the registers below a number are used. */
    void useRegisters(int count) {
        registerCount = count;
        lastRegister = 0;
    }

    /** An instruction; an offset is random octets and its place is named, so that it can be aimed. */
    Scenario.Item item(Opcode opcode) {
        if (values.chance(2)) {
            return new Scenario.Item(wild(opcode), Scenario.Item.NO_TARGET, 0, 0);
        }
        var octets = new ByteArrayOutputStream();
        octets.write(opcode.code());
        int offsetWidth = 0;
        switch (opcode.form()) {
            case NONE -> {}
            case IMM -> immediate(octets, values.number(), values.below(5));
            case REG_IMM64 -> {
                octets.write(registers(destination(), 0));
                immediate(octets, values.register(), 8);
            }
            case IMM_IMM -> {
                int width = addressWidth();
                octets.write(width | oddBits(3));
                immediate(octets, values.address(), Math.min(width, 4));
                immediate(octets, values.number(), values.below(5));
            }
            case OFF -> offsetWidth = offset(octets);
            case REG_IMM -> {
                int register = opcode == Opcode.JUMP_IND ? among(returns)
                        : opcode.units() == Opcode.Units.STORE ? register() : destination();
                octets.write(registers(register, oddBits(4) >> 4));
                switch (opcode) {
                    case JUMP_IND ->
                        immediate(octets, values.chance(80) ? 0 : values.dynamicAddress(), values.below(5));
                    case LOAD_IMM -> immediate(octets, values.register(), values.below(5));
                    default -> immediate(octets, values.address(), Math.min(4, addressWidth()));
                }
            }
            case REG_IMM_IMM -> {
                int width = width();
                octets.write(registers(among(pointers), width | oddBits(3)));
                immediate(octets, values.displacement(), Math.min(width, 4));
                immediate(octets, values.number(), values.below(5));
            }
            case REG_IMM_OFF -> {
                int width = width();
                octets.write(registers(register(), width | oddBits(3)));
                immediate(octets, opcode == Opcode.LOAD_IMM_JUMP ? values.dynamicAddress() : values.number(),
                        Math.min(width, 4));
                offsetWidth = offset(octets);
            }
            case REG_REG -> octets.write(registers(destination(), register()));
            case REG_REG_IMM -> {
                boolean memory = opcode.units() == Opcode.Units.LOAD || opcode.units() == Opcode.Units.STORE;
                int first = opcode.units() == Opcode.Units.STORE ? register() : destination();
                octets.write(registers(first, memory ? among(pointers) : register()));
                immediate(octets, memory ? values.displacement() : values.number(), values.below(5));
            }
            case REG_REG_OFF -> {
                octets.write(registers(register(), register()));
                offsetWidth = offset(octets);
            }
            case REG_REG_IMM_IMM -> {
                octets.write(registers(destination(), among(returns)));
                int width = width();
                octets.write(width | oddBits(3));
                immediate(octets, values.number(), Math.min(width, 4));
                immediate(octets, values.chance(80) ? 0 : values.dynamicAddress(), values.below(5));
            }
            case REG_REG_REG -> {
                octets.write(registers(register(), register()));
                octets.write(values.chance(97) ? destination() : values.below(256));
            }
        }
        int offsetAt = octets.size() - offsetWidth;
        if (values.chance(3)) {
            octets.writeBytes(new byte[values.below(Program.MAXIMUM_SKIP + 2 - octets.size())]);
        }
        if (values.chance(2)) {
            int kept = 1 + values.below(octets.size());
            return new Scenario.Item(Arrays.copyOf(octets.toByteArray(), kept), Scenario.Item.NO_TARGET, 0, 0);
        }
        return new Scenario.Item(octets.toByteArray(), Scenario.Item.NO_TARGET, offsetAt, offsetWidth);
    }

    private byte[] wild(Opcode opcode) {
        var octets = values.octets(1 + values.below(values.chance(30) ? Program.MAXIMUM_SKIP + 1 : 8));
        octets[0] = (byte) opcode.code();
        return octets;
    }

    /** Any register; more often than by chance the one before, so that instructions have equal operands. */
    private int register() {
        if (!values.chance(12)) {
            lastRegister = values.below(registerCount);
        }
        return lastRegister;
    }

    /** Mostly a register that is not needed as an address. */
    private int destination() {
        int register = register();
        for (int i = 0; i < 2 && (pointers.contains(register) || returns.contains(register)); i++) {
            register = register();
        }
        return register;
    }

    /** Mostly one of these registers. */
    private int among(List<Integer> some) {
        return registerCount < 13 || some.isEmpty() || values.chance(15) ? register() : values.one(some);
    }

    /** Two nibbles, rarely of a register that does not exist. */
    private int registers(int low, int high) {
        return (values.chance(2) ? 13 + values.below(3) : low) | (values.chance(2) ? 13 + values.below(3) : high) << 4;
    }

    /** Bits from this one on, which have no meaning: mostly none. */
    private int oddBits(int from) {
        return values.chance(3) ? 1 << from : 0;
    }

    /** The width of a first immediate as it stands in its field: rarely one above 4. */
    private int width() {
        return values.chance(3) ? 5 + values.below(3) : values.below(5);
    }

    /** As {@link #width}, mostly wide enough for an address. */
    private int addressWidth() {
        return values.chance(85) ? 4 : width();
    }

    private static void immediate(ByteArrayOutputStream octets, long value, int width) {
        for (int i = 0; i < width; i++) {
            octets.write((int) (value >> 8 * i));
        }
    }

    /** Room for an offset; mostly two octets, which reach everything. */
    private int offset(ByteArrayOutputStream octets) {
        int width = values.chance(90) ? 2 : values.chance(40) ? 1 : 3 + values.below(2);
        immediate(octets, values.below(61) - 30L, width);
        return width;
    }
}
