/* Values that are not written before somebody needs them: the state of guest registers within a block, for variants that
 * are fast.
 *
 * Two things can be missing in the host register of a guest register:
 *   - all of it: a sum, a shift by up to 3 or a copy, of which the parts are in the host registers of others; an address of
 *     memory takes it as it is, whoever else reads it has it written first, and what is overwritten before is never written;
 *   - its upper half: the result of a 32-bit instruction, whose sign nobody has extended yet.
 * Nobody sees it: all is written before the end of the block and before host calls. At a fault, which is the only other exit
 * in mid-block, C emits the block once more, into nowhere, to find out what is missing (x64/place.h), and has it from the
 * registers.
 *
 * Beside that it knows which registers hold constants, for divisions by them, and puts the lower half of a product off when the
 * upper one comes next.
 *
 * Values refer to host registers as they are now, and those that they refer to are where they belong: a register that is
 * missing is part of no other. So each is written in one instruction. */
#ifndef PVMJIT_LAZY_H
#define PVMJIT_LAZY_H

#include "isa/opcodes.h"
#include "pvmjit.h"
#include "x64/emit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* base + (index << scale) + displacement; registers of the guest, whose host registers are meant, or NO_PART. */
struct lazy_value {
    uint8_t base, index, scale;
    int32_t displacement;
};
#define NO_PART 0xFF

/* The most octets that an instruction needs to have all that is missing written. */
#define LAZY_OCTETS (8 * PVM_REGISTER_COUNT)

/* Sets of guest registers, a bit each. */
struct lazy {
    uint16_t missing; /* these are as `values` says, and not in their host registers */
    uint16_t halves; /* of these the lower half alone is there, of the register or of its value, which is a copy then */
    uint16_t extended;  /* their values are ones of 32 bits, extended by their sign; halves are among them */
    uint16_t parts;     /* all that the values of those missing refer to, and maybe others */
    uint16_t constants; /* these are in their host registers, and equal the displacement of their values */
    uint16_t product; /* the register of a lower half that comes with the upper one, by the next instruction; or none */
    bool carry;       /* of the sum of the last instruction, for the next one: in the flags */
    struct lazy_value values[PVM_REGISTER_COUNT]; /* of those missing, and of constants */
};

/* Nothing is missing, nothing known. */
static inline void lazy_begin(struct lazy *lazy) {
    memset(lazy, 0, offsetof(struct lazy, values));
}

/* How a block is emitted: as it is, where there cannot be so much to put off that it is worth the time; with sums and copies put
 * off, where that is all there can be; or with all of the above. */
enum laziness { LAZY_NOTHING, LAZY_SUMS, LAZY_ALL };

/* The instructions of a block. */
struct block_view {
    const struct instruction *instructions;
    uint32_t count;
    enum laziness laziness;
    bool loops;       /* behind the last comes the first */
    uint32_t put_off; /* if it loops, a bit for each: whether it is put off */
};

/* The most instructions that a block which loops may have: as many as put_off has bits. */
#define LAZY_LOOP_INSTRUCTIONS 32

void block_view_open(struct block_view *block, const struct instruction *instructions, uint32_t count, bool loops);

/* By opcode, whether its result may be put off as a sum. */
extern const bool lazy_sums[OP_COUNT];

/* Emits the instruction of a block with this number, and what it needs. before: if not null, becomes the state that an access of
 * the instruction finds. */
void lazy_emit(struct lazy *lazy, struct generator *g, const struct block_view *block, uint32_t number,
               struct lazy *before);

/* The same where nothing but sums and copies is put off: of the state, missing, parts and values are all that is kept. */
void lazy_emit_sums(struct lazy *lazy, struct generator *g, const struct block_view *block, uint32_t number,
                    struct lazy *before);

/* Emits the instruction of a block with this number as the block is emitted; before as for lazy_emit. */
static inline void emit_one(struct generator *g, struct lazy *lazy, const struct block_view *block, uint32_t number,
                            struct lazy *before) {
    const struct instruction *i = &block->instructions[number];
    switch (block->laziness) {
    case LAZY_NOTHING: emit_instruction[i->opcode](g, i); break;
    case LAZY_SUMS:
        if (lazy->missing != 0 || lazy_sums[i->opcode]) {
            lazy_emit_sums(lazy, g, block, number, before);
            break;
        }
        if (before != NULL) {
            *before = *lazy;
        }
        emit_instruction[i->opcode](g, i);
        break;
    case LAZY_ALL: lazy_emit(lazy, g, block, number, before); break;
    }
}

/* Writes all that is missing. */
void lazy_write_all(struct lazy *lazy, struct generator *g);

/* Gives guest registers their values from those of the host registers. */
void lazy_complete(const struct lazy *lazy, uint64_t *registers);

/* Whether host registers with the values of these guest registers are as the state says. */
bool lazy_can_begin(const struct lazy *lazy, const uint64_t *registers);

#endif
