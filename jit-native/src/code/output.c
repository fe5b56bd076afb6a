/* Output: the two places for machine code that is being made. */
#include "code/output.h"

#include <string.h>

static status take_buffer(struct output *output, pvm_error *error) {
    /* Pages that are not touched take no memory. */
    if (!pieces_take(output->pieces, output->most, &output->buffer)) {
        return fail(error, PVM_RESOURCE_LIMIT, 0, "no memory to compile to %llu octets of machine code",
                    (unsigned long long)output->most);
    }
    output->start = output->buffer.start;
    output->room = output->most;
    return PVM_OK;
}

status output_open(struct output *output, struct arena *arena, struct arena_draft *reserved, struct pieces *pieces,
                   uint64_t first, uint64_t likely, uint64_t most, pvm_error *error) {
    memset(output, 0, sizeof *output);
    output->arena = arena;
    output->pieces = pieces;
    output->most = most;
    likely = likely > first ? likely : first;
    const bool enough = reserved->start != NULL && reserved->reserved >= likely;
    if (enough || !arena_draft_open(arena, likely, &output->draft)) {
        if (reserved->start == NULL) {
            return take_buffer(output, error);
        }
        output->draft = arena_draft_from(reserved);
        output->reserved = reserved;
    }
    output->start = output->draft.start;
    return output_grow(output, 0, first, error);
}

status output_grow(struct output *output, uint64_t written, uint64_t octets, pvm_error *error) {
    octets = octets < output->most ? octets : output->most;
    if (octets <= output->room) {
        return PVM_OK;
    }
    if (arena_draft_grow(output->arena, &output->draft, octets)) {
        output->room = output->draft.ready;
        return PVM_OK;
    }
    const uint8_t *before = output->start;
    status result = take_buffer(output, error);
    if (result == PVM_OK) {
        memcpy(output->start, before, written);
    }
    arena_draft_drop(output->arena, &output->draft, written, output->reserved);
    output->draft.start = NULL;
    return result;
}

status output_publish(struct output *output, uint64_t size, uint8_t **code, pvm_error *error) {
    if (output->draft.start != NULL) {
        *code = arena_draft_publish(output->arena, &output->draft, size, output->reserved);
        return PVM_OK;
    }
    uint64_t kept = output->buffer.mapped == 0 ? UINT64_MAX : PIECE_KEPT_OCTETS;
    status result = arena_publish(output->arena, output->start, size, kept, code, error);
    pieces_give(output->pieces, &output->buffer, size);
    return result;
}

void output_drop(struct output *output, uint64_t written) {
    if (output->draft.start != NULL) {
        arena_draft_drop(output->arena, &output->draft, written, output->reserved);
    } else {
        pieces_give(output->pieces, &output->buffer, written);
    }
}
