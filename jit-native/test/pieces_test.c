/* Memory of modules: what is large is a map of its own, idle pieces wait within limits, and maps are counted. */
#include "check.h"
#include "guest.h"

#include <sys/mman.h>

#define MIB (UINT64_C(1) << 20)

static pvm_engine *engine;

static struct piece take(uint64_t octets) {
    struct piece piece;
    CHECK(pieces_take(engine == NULL ? NULL : &engine->pieces, octets, &piece));
    CHECK(piece.start != NULL);
    piece.start[0] = piece.start[octets - 1] = 1;
    return piece;
}

static uint64_t resident(const struct piece *piece) {
    static unsigned char pages[64 * MIB / PVM_PAGE_SIZE];
    uint64_t octets = 0;
    CHECK_EQ(mincore(piece->start, piece->mapped, pages), 0);
    for (uint64_t n = 0; n < piece->mapped / PVM_PAGE_SIZE; n++) {
        octets += (pages[n] & 1) * PVM_PAGE_SIZE;
    }
    return octets;
}

static uint64_t maps(void) {
    pvm_statistics statistics;
    pvm_engine_statistics(engine, &statistics);
    return statistics.maps_used;
}

TEST(large_pieces_are_maps) {
    engine = make_engine(0, PVM_REVISION_NEXT);
    uint64_t before = maps();
    struct piece small = take(PIECE_MAPPED_FROM - 1), large = take(PIECE_MAPPED_FROM);
    CHECK_EQ(small.mapped, 0);
    CHECK_EQ(large.mapped, PIECE_MAPPED_FROM);
    CHECK_EQ(maps(), before + 1);
    pieces_give(&engine->pieces, &small, PIECE_MAPPED_FROM - 1);
    CHECK(small.start == NULL);
    pieces_give(&engine->pieces, &large, PIECE_MAPPED_FROM);
    CHECK_EQ(engine->pieces.count, 1);
    pieces_give(&engine->pieces, &large, 0); /* none any more: nothing happens */
    CHECK_EQ(engine->pieces.count, 1);
    destroy_engine(engine);
    engine = NULL;
    struct piece of_no_engine = take(MIB);
    CHECK_EQ(of_no_engine.mapped, 0);
    pieces_give(NULL, &of_no_engine, MIB);
}

/* The smallest idle piece serves, if it is not far too large, and keeps no more memory than the new owner asked for. */
TEST(idle_pieces_serve_again) {
    engine = make_engine(0, PVM_REVISION_NEXT);
    struct piece one = take(MIB), two = take(2 * MIB), large = take(64 * MIB);
    uint8_t *at_one = one.start, *at_two = two.start;
    memset(two.start, 1, 2 * MIB);
    pieces_give(&engine->pieces, &one, MIB);
    pieces_give(&engine->pieces, &two, 2 * MIB);
    pieces_give(&engine->pieces, &large, 64 * MIB);
    uint64_t before = maps();
    one = take(MIB - PVM_PAGE_SIZE);
    CHECK(one.start == at_one && one.mapped == MIB);
    two = take(MIB);
    CHECK(two.start == at_two && two.mapped == 2 * MIB);
    CHECK_EQ(resident(&two), MIB);
    CHECK_EQ(maps(), before);
    struct piece third = take(MIB); /* 64 MiB are too many for it */
    CHECK_EQ(third.mapped, MIB);
    CHECK_EQ(maps(), before + 1);
    pieces_give(&engine->pieces, &one, MIB);
    pieces_give(&engine->pieces, &two, 2 * MIB);
    pieces_give(&engine->pieces, &third, MIB);
    destroy_engine(engine);
}

TEST(idle_memory_is_bounded) {
    engine = make_engine(0, PVM_REVISION_NEXT);
    uint64_t before = maps();
    struct piece pieces[2 * PIECES_KEPT];
    for (uint64_t size = PIECE_MAPPED_FROM; size <= 16 * MIB; size *= 4) {
        for (int n = 0; n < 2 * PIECES_KEPT; n++) {
            pieces[n] = take(size);
            memset(pieces[n].start, 1, size);
        }
        CHECK(maps() >= before + 2 * PIECES_KEPT);
        for (int n = 0; n < 2 * PIECES_KEPT; n++) {
            pieces_give(&engine->pieces, &pieces[n], size);
        }
        uint64_t all = 0;
        for (uint32_t n = 0; n < engine->pieces.count; n++) {
            uint64_t octets = resident(&engine->pieces.kept[n].piece);
            CHECK(octets <= PIECE_KEPT_OCTETS);
            all += octets;
        }
        CHECK_EQ(engine->pieces.resident, all);
        CHECK(all <= PIECES_KEPT_OCTETS);
        CHECK(engine->pieces.count > 0 && engine->pieces.count <= PIECES_KEPT);
        CHECK_EQ(maps(), before + engine->pieces.count);
    }
    destroy_engine(engine);
}

/* The heap serves when pieces have their part of the maps: no guest's program keeps another from running. */
TEST(maps_are_bounded) {
    pvm_engine_config config = {.map_limit = 80};
    struct piece pieces[2 * 80 / PIECES_MAPS_PART];
    CHECK_EQ(pvm_engine_create(&config, &engine, NULL), PVM_OK);
    uint64_t before = maps();
    for (int n = 0; n < 2 * 80 / PIECES_MAPS_PART; n++) {
        pieces[n] = take(PIECE_MAPPED_FROM);
        CHECK_EQ(pieces[n].mapped != 0, n < 80 / PIECES_MAPS_PART);
    }
    CHECK_EQ(maps(), before + 80 / PIECES_MAPS_PART);
    for (int n = 0; n < 2 * 80 / PIECES_MAPS_PART; n++) {
        pieces_give(&engine->pieces, &pieces[n], PIECE_MAPPED_FROM);
    }
    destroy_engine(engine);
}

int main(void) {
    RUN(large_pieces_are_maps);
    RUN(idle_pieces_serve_again);
    RUN(idle_memory_is_bounded);
    RUN(maps_are_bounded);
    return check_finish();
}
