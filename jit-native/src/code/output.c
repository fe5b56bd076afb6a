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

status output_open(struct output *output, struct arena *arena, struct arena_room *reserved, uint64_t left,
                   struct pieces *pieces, uint64_t first, uint64_t likely, uint64_t most, pvm_error *error) {
    memset(output, 0, sizeof *output);
    output->arena = arena;
    output->pieces = pieces;
    output->most = most;
    if (reserved != NULL && reserved->start != NULL) {
        output->reserved = reserved;
        output->left = left;
        output->draft = arena_draft_from(arena, reserved, left);
    } else if (!arena_draft_open(arena, likely > first ? likely : first, &output->draft)) {
        return take_buffer(output, error);
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
    arena_draft_drop(output->arena, &output->draft, written);
    output->draft.start = NULL;
    return result;
}

/* Copies what is in the buffer into the room that is reserved: false where it does not fit, or there is no memory. */
static bool publish_in_room(struct output *output, uint64_t size, uint8_t **code) {
    struct arena_room *room = output->reserved;
    if (room == NULL || size > room->size) {
        return false;
    }
    struct arena_draft draft = arena_draft_from(output->arena, room, output->left);
    if (!arena_draft_grow(output->arena, &draft, size)) {
        arena_draft_drop(output->arena, &draft, 0);
        return false;
    }
    memcpy(draft.start, output->start, size);
    *code = arena_draft_publish(output->arena, &draft, size);
    return true;
}

status output_publish(struct output *output, uint64_t size, uint8_t **code, pvm_error *error) {
    if (output->draft.start != NULL) {
        *code = arena_draft_publish(output->arena, &output->draft, size);
        return PVM_OK;
    }
    uint64_t kept = output->buffer.mapped == 0 ? UINT64_MAX : PIECE_KEPT_OCTETS;
    status result = PVM_OK;
    if (!publish_in_room(output, size, code)) {
        result = arena_publish(output->arena, output->start, size, kept, code, error);
        if (result == PVM_OK && output->reserved != NULL) {
            arena_shorten(output->arena, output->reserved, output->left);
        }
    }
    pieces_give(output->pieces, &output->buffer, size);
    return result;
}

void output_drop(struct output *output, uint64_t written) {
    if (output->draft.start != NULL) {
        arena_draft_drop(output->arena, &output->draft, written);
    } else {
        pieces_give(output->pieces, &output->buffer, written);
    }
}
