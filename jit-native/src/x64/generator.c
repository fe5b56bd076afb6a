/* Exits, how dense code is, and which host register each guest register has. */
#include "x64/generator.h"

/* Code is dense when a section has more octets of machine code than this for each octet of the guest's, beyond
 * DENSE_OCTETS_FIXED. */
#define DENSE_OCTETS_PER_OCTET 16

/* Tests are built with compact forms alone, too. */
#ifndef ALWAYS_COMPACT
#define ALWAYS_COMPACT false
#endif

const uint8_t host_register[PVM_REGISTER_COUNT] = {
#define REGISTER(guest, host) [guest] = (host),
#include "x64/registers.def"
#undef REGISTER
};

/* Every guest register has a host register of its own, and all but three are taken. */
#define REGISTER(guest, host) | 1 << (guest)
_Static_assert((0
#include "x64/registers.def"
                ) == (1 << PVM_REGISTER_COUNT) - 1,
               "registers.def");
#undef REGISTER
#define REGISTER(guest, host) | 1 << (host)
_Static_assert((0
#include "x64/registers.def"
                ) == (0xFFFF & ~(1 << SCRATCH | 1 << CONTEXT | 1 << RSP)),
               "registers.def");
#undef REGISTER

bool generator_is_dense(const struct generator *g, uint32_t pc, uint32_t more) {
    uint64_t so_far = x64_position(&g->emitter) - g->code_start + outward_size(&g->outward);
    return ALWAYS_COMPACT || g->compact ||
           so_far + more > (uint64_t)DENSE_OCTETS_PER_OCTET * (pc - g->first_pc) + DENSE_OCTETS_FIXED;
}

void generator_leave(struct generator *g, enum way_out way) {
    static const int8_t fields[WAYS_OUT] = {PRIVATE_EXIT_JUMP, PRIVATE_EXIT_PANIC, PRIVATE_EXIT_HOST_CALL};
    if (g->fast || g->retpolines) {
        x64_jmp_back(&g->emitter, g->ways_out[way]);
    } else {
        emit_indirect_jump(g, context_field(g, fields[way]));
    }
}

void generator_exit(struct generator *g, uint32_t pc, enum way_out way) {
    x64_mov_ri(&g->emitter, SCRATCH, pc);
    generator_leave(g, way);
}

void generator_jump_outward(struct generator *g, uint32_t pc, uint32_t target) {
    struct x64_emitter *e = &g->emitter;
    if (generator_is_dense(g, pc, 0)) {
        outward_link(&g->outward, e, x64_jmp(e), target);
    } else {
        outward_jump(&g->outward, e, target);
    }
}
