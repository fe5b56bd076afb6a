/* Jumps between sections. */
#include "x64/outward.h"

/* lea rcx, [pointer] ; jmp [rcx] */
#define LEA_SIZE 7
#define JUMP_SIZE (LEA_SIZE + 2)

#define LINE 64 /* of the cache, octets */

void outward_link(struct outward_jumps *jumps, struct x64_emitter *e, uint32_t site, uint32_t pc) {
    uint32_t *chain = &jumps->chains[pc % OUTWARD_CHAINS], number = *chain;
    while (number != 0 && jumps->targets[number - 1].pc != pc) {
        number = jumps->targets[number - 1].before;
    }
    if (number == 0) {
        jumps->targets[jumps->count++] = (struct outward_target){pc, 0, *chain};
        number = *chain = jumps->count;
    }
    struct outward_target *target = &jumps->targets[number - 1];
    x64_set_u32_at(e, site, target->site);
    target->site = site;
}

uint64_t outward_pointers_size(const struct outward_jumps *jumps) {
    return jumps->count * (JUMP_SIZE + sizeof(struct outward_pointer)) + LINE;
}

uint32_t outward_emit_pointers(const struct outward_jumps *jumps, struct x64_emitter *e, void (*unresolved)(void),
                               uint8_t filler) {
    uint32_t pointers = (x64_position(e) + jumps->count * JUMP_SIZE + LINE - 1) / LINE * LINE;
    for (uint32_t n = 0; n < jumps->count; n++) {
        uint32_t pointer = pointers + n * (uint32_t)sizeof(struct outward_pointer);
        x64_bind_all(e, jumps->targets[n].site, x64_position(e));
        x64_lea_rip(e, RCX, (int32_t)(pointer - (x64_position(e) + LEA_SIZE)));
        x64_jmp_m(e, x64_at(RCX, 0));
    }
    while (x64_position(e) < pointers) {
        x64_octet(e, filler);
    }
    for (uint32_t n = 0; n < jumps->count; n++) {
        const struct outward_pointer pointer = {(void *)unresolved, jumps->targets[n].pc, 0};
        uint32_t words[sizeof pointer / sizeof(uint32_t)];
        memcpy(words, &pointer, sizeof pointer);
        for (size_t word = 0; word < sizeof words / sizeof *words; word++) {
            x64_u32(e, words[word]);
        }
    }
    return pointers;
}
