/* Indirect jumps of machine code: plain ones, or through a retpoline, which stands in front of a section's code then.
 *
 * Through a retpoline the target is pushed, and a return goes there. What the processor predicts of a return is that it leads
 * behind the last call: that is a loop without end, where it stays until it knows the target. So no target is ever taken from
 * a history that other guests may have written. The fence in front lets comparisons that a jump rests on come true first.
 * jit-native/docs/adr/0014-retpolines.md weighs it against fences alone. */
#ifndef PVMJIT_INDIRECT_H
#define PVMJIT_INDIRECT_H

#include "x64/x64.h"

#define RETPOLINE_POSITION 0
#define RETPOLINE_SIZE 20
#define RETPOLINE_LOOP_SIZE 7

/* Jumps to the address that has been pushed. */
static inline void indirect_emit_retpoline(struct x64_emitter *e) {
    assert(x64_position(e) == RETPOLINE_POSITION);
    x64_lfence(e);
    uint32_t loop = x64_position(e) + X64_CALL_SIZE;
    x64_call(e, loop + RETPOLINE_LOOP_SIZE);
    x64_pause(e);
    x64_lfence(e);
    x64_jmp_back(e, loop);
    x64_alu_ri(e, ALU_ADD, W64, RSP, sizeof(void *)); /* instead of the return that the processor expects */
    x64_ret(e);
    assert(x64_position(e) == RETPOLINE_POSITION + RETPOLINE_SIZE);
}

/* jmp [m] */
static inline void indirect_jmp_m(struct x64_emitter *e, bool retpolines, struct x64_memory m) {
    if (retpolines) {
        x64_push_m(e, m);
        x64_jmp_back(e, RETPOLINE_POSITION);
    } else {
        x64_jmp_m(e, m);
    }
}

/* jmp [rip + displacement], as x64_jmp_rip. */
static inline uint32_t indirect_jmp_rip(struct x64_emitter *e, bool retpolines) {
    uint32_t site = retpolines ? x64_push_rip(e) : x64_jmp_rip(e);
    if (retpolines) {
        x64_bind(e, x64_jmp(e), RETPOLINE_POSITION);
    }
    return site;
}

#define INDIRECT_JMP_RIP_SIZE(retpolines) ((retpolines) ? 11u : 6u)

#endif
