package io.pvmjit.link;

import io.pvmjit.link.ElfObject.Relocation;
import io.pvmjit.link.ElfObject.Symbol;

/** Addresses of the code, as the assembler knew them, and the places that they are now. */
final class TextAddresses {
    private static final String NAME = "the code";

    private final Places places;

    TextAddresses(Places places) {
        this.places = places;
    }

    /** What an auipc without a relocation makes. */
    Address raw(Operation auipc) {
        var section = places.section(auipc.place());
        return Address.raw(section,
                section.padding.original(places.offset(auipc.place())) + auipc.instruction().immediate());
    }

    /** The address of the code that a relocation is of; unknown when it is none. */
    Address of(Relocation relocation) {
        var symbol = relocation.symbol();
        return places.isPlace(symbol)
                ? Address.text(symbol.section(),
                        symbol.section().padding.original(symbol.value()) + relocation.addend())
                : Address.UNKNOWN;
    }

    /** The place of an address; {@link Operation#NOWHERE} when it is none. */
    int place(Address address) {
        return places.at(address.section(), offset(address));
    }

    /** The offset of an address in its section as it is now. */
    long offset(Address address) {
        return address.section().padding.kept(address.offset());
    }

    /** The function of an address that is a place. */
    int function(Address address) {
        return places.function(place(address));
    }

    /** Whether an address is that of a place within a function. */
    boolean isInner(Address address) {
        int place = address.isText() ? place(address) : Operation.NOWHERE;
        return place != Operation.NOWHERE && !places.isFunctionBegin(place);
    }

    /** Whether an operation has a relocation that leads into the code. */
    boolean leadsToCode(Operation operation) {
        var relocation = operation.relocation();
        return relocation != null && !relocation.type().isJump() && places.isCode(relocation.symbol());
    }

    /** An instruction with an address that is known as its operand; null when nothing is there that it can use. */
    Operation resolve(Operation operation, Address address) {
        if (place(address) == Operation.NOWHERE) {
            return null;
        }
        var section = address.section();
        var instruction = operation.instruction();
        boolean load = instruction.opcode() != RiscvOpcode.ADDI;
        var symbol = new Symbol(NAME, section, offset(address), 0, false, true, false, true);
        var type = load ? RelocationType.GPREL_I : RelocationType.PCREL_HI20;
        var relocation = section.data.moved(new Relocation(places.offset(operation.place()), type.number(), symbol, 0));
        if (load && places.isCode(relocation.symbol())) {
            return null;
        }
        var resolved = new RiscvInstruction(load ? instruction.opcode() : RiscvOpcode.AUIPC, instruction.rd(),
                Registers.ZERO, 0, 0);
        return new Operation(operation.place(), 1, Operation.Flow.NEXT, resolved, Operation.NOWHERE, relocation);
    }
}
