/* Jumps between sections. */
#include "x64/outward.h"

#include "x64/indirect.h"

/* mov ecx, pc ; jmp exit */
#define EXIT_SIZE 10

static uint32_t place_size(const struct outward_jumps *jumps) {
    return INDIRECT_JMP_RIP_SIZE(jumps->retpolines);
}

static struct outward_target *target_of(struct outward_jumps *jumps, uint32_t pc) {
    uint32_t *number = &jumps->roots[pc % OUTWARD_ROOTS];
    for (uint32_t bits = pc / OUTWARD_ROOTS; *number != 0 && jumps->targets[*number - 1].pc != pc; bits /= 2) {
        number = &jumps->targets[*number - 1].below[bits % 2];
    }
    if (*number == 0) {
        jumps->targets[jumps->count++] = (struct outward_target){.pc = pc};
        *number = jumps->count;
    }
    return &jumps->targets[*number - 1];
}

static void let_have_pointer(struct outward_jumps *jumps, struct outward_target *target) {
    jumps->pointers += target->has_pointer ? 0 : 1;
    target->has_pointer = true;
}

static void chain_site(struct x64_emitter *e, uint32_t site, uint32_t *last) {
    x64_set_u32_at(e, site, *last);
    *last = site;
}

void outward_jump(struct outward_jumps *jumps, struct x64_emitter *e, uint32_t pc) {
    struct outward_target *target = target_of(jumps, pc);
    let_have_pointer(jumps, target);
    chain_site(e, indirect_jmp_rip(e, jumps->retpolines), &target->by_pointer);
}

void outward_link(struct outward_jumps *jumps, struct x64_emitter *e, uint32_t site, uint32_t pc) {
    chain_site(e, site, &target_of(jumps, pc)->by_place);
}

uint64_t outward_size(const struct outward_jumps *jumps) {
    return (uint64_t)jumps->count * EXIT_SIZE + jumps->pointers * sizeof(struct outward_pointer);
}

uint64_t outward_most(const struct outward_jumps *jumps) {
    uint32_t one = place_size(jumps) > EXIT_SIZE ? place_size(jumps) : EXIT_SIZE;
    return jumps->count * (one + sizeof(struct outward_pointer));
}

void outward_use_pointers(struct outward_jumps *jumps) {
    for (uint32_t n = 0; n < jumps->count; n++) {
        let_have_pointer(jumps, &jumps->targets[n]);
    }
}

static bool has_place(const struct outward_target *target) {
    return target->has_pointer && target->by_place != 0;
}

uint32_t outward_places_size(const struct outward_jumps *jumps) {
    uint32_t size = 0;
    for (uint32_t n = 0; n < jumps->count; n++) {
        size += has_place(&jumps->targets[n]) ? place_size(jumps) : 0;
    }
    return size;
}

void outward_emit_places(const struct outward_jumps *jumps, struct x64_emitter *e, uint32_t pointers) {
    for (uint32_t n = 0, pointer = pointers; n < jumps->count; n++) {
        const struct outward_target *target = &jumps->targets[n];
        if (has_place(target)) {
            x64_bind_all(e, target->by_place, x64_position(e));
            uint32_t site = indirect_jmp_rip(e, jumps->retpolines);
            x64_bind(e, site, pointer);
        }
        pointer += target->has_pointer ? (uint32_t)sizeof(struct outward_pointer) : 0;
    }
}

void outward_emit_pointers(const struct outward_jumps *jumps, struct x64_emitter *e) {
    for (uint32_t n = 0; n < jumps->count; n++) {
        if (jumps->targets[n].has_pointer) {
            x64_bind_all(e, jumps->targets[n].by_pointer, x64_position(e));
            const uint32_t words[] = {0, 0, jumps->targets[n].pc, 0};
            _Static_assert(sizeof words == sizeof(struct outward_pointer), "what is emitted");
            for (size_t word = 0; word < sizeof words / sizeof *words; word++) {
                x64_u32(e, words[word]);
            }
        }
    }
}
