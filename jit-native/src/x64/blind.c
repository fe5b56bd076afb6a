/* Constants in two parts, of which the exclusive or is the constant. */
#include "x64/blind.h"

#include <errno.h>
#include <sys/random.h>

status blinding_begin(struct blinding *blinding, pvm_error *error) {
    if (getrandom(&blinding->state, sizeof blinding->state, 0) != (ssize_t)sizeof blinding->state) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no random octets to blind constants with: %s", strerror(errno));
    }
    blinding->on = true;
    return PVM_OK;
}

/* splitmix64 */
static uint64_t next_key(struct blinding *blinding) {
    uint64_t z = blinding->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

void blinding_mov_hidden(struct blinding *blinding, struct x64_emitter *e, enum x64_register destination, int64_t x,
                         enum x64_register other) {
    assert(blinding_hides(blinding, x));
    uint64_t key = next_key(blinding);
    if (x == (int32_t)x) {
        x64_mov_ri(e, destination, (int32_t)((uint64_t)x ^ key));
        x64_alu_ri(e, ALU_XOR, W64, destination, (int32_t)key);
    } else if (x == (int64_t)(uint32_t)x) {
        x64_mov_ri(e, destination, (int64_t)(uint32_t)((uint64_t)x ^ key));
        x64_alu_ri(e, ALU_XOR, W32, destination, (int32_t)key);
    } else {
        assert(destination != other);
        x64_mov_ri(e, destination, (int64_t)((uint64_t)x ^ key));
        x64_mov_ri(e, other, (int64_t)key);
        x64_alu_rr(e, ALU_XOR, W64, destination, other);
    }
}

void blinding_store_hidden(struct blinding *blinding, struct x64_emitter *e, enum x64_integer integer,
                           struct x64_memory m, int64_t x) {
    assert(x64_integer_codes[integer].octets > 2 && blinding_hides(blinding, x));
    /* What may fault comes first, and has changed nothing then; what follows does not fault. */
    uint64_t key = next_key(blinding);
    x64_store_constant(e, integer, m, (int32_t)((uint64_t)x ^ key));
    x64_alu_mi(e, ALU_XOR, x64_integer_codes[integer].width, m, (int32_t)key);
}
