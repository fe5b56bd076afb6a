/* Keccak-256 (the padding before SHA-3) of a message of as many octets as the parameter says, made as it goes. */
#include <string.h>

#include "workload.h"

enum { RATE = 136 };

typedef struct {
    union {
        uint64_t lanes[25];
        uint8_t octets[200];
    } state;
    size_t used;
} keccak256;

static uint64_t rotate_left(uint64_t value, int count) {
    return value << count | value >> (64 - count);
}

static void permute(uint64_t lanes[25]) {
    static const uint64_t round_constants[24] = {
        UINT64_C(0x0000000000000001), UINT64_C(0x0000000000008082), UINT64_C(0x800000000000808a),
        UINT64_C(0x8000000080008000), UINT64_C(0x000000000000808b), UINT64_C(0x0000000080000001),
        UINT64_C(0x8000000080008081), UINT64_C(0x8000000000008009), UINT64_C(0x000000000000008a),
        UINT64_C(0x0000000000000088), UINT64_C(0x0000000080008009), UINT64_C(0x000000008000000a),
        UINT64_C(0x000000008000808b), UINT64_C(0x800000000000008b), UINT64_C(0x8000000000008089),
        UINT64_C(0x8000000000008003), UINT64_C(0x8000000000008002), UINT64_C(0x8000000000000080),
        UINT64_C(0x000000000000800a), UINT64_C(0x800000008000000a), UINT64_C(0x8000000080008081),
        UINT64_C(0x8000000000008080), UINT64_C(0x0000000080000001), UINT64_C(0x8000000080008008)};
    /* Where the lane that is in hand goes, from lane 1 on, and how far it is turned on the way. */
    static const uint8_t places[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                       15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
    static const uint8_t rotations[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                          27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
    for (int round = 0; round < 24; round++) {
        uint64_t parity[5];
        for (int x = 0; x < 5; x++) {
            parity[x] = lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20];
        }
        for (int x = 0; x < 5; x++) {
            uint64_t effect = parity[x == 0 ? 4 : x - 1] ^ rotate_left(parity[x == 4 ? 0 : x + 1], 1);
            for (int y = 0; y < 25; y += 5) {
                lanes[x + y] ^= effect;
            }
        }
        uint64_t lane = lanes[1];
        for (int i = 0; i < 24; i++) {
            uint64_t replaced = lanes[places[i]];
            lanes[places[i]] = rotate_left(lane, rotations[i]);
            lane = replaced;
        }
        for (int y = 0; y < 25; y += 5) {
            uint64_t first = lanes[y];
            uint64_t second = lanes[y + 1];
            lanes[y] ^= ~second & lanes[y + 2];
            lanes[y + 1] ^= ~lanes[y + 2] & lanes[y + 3];
            lanes[y + 2] ^= ~lanes[y + 3] & lanes[y + 4];
            lanes[y + 3] ^= ~lanes[y + 4] & first;
            lanes[y + 4] ^= ~first & second;
        }
        lanes[0] ^= round_constants[round];
    }
}

static void add(keccak256 *hash, const uint8_t *data, size_t length) {
    while (length != 0) {
        if (hash->used % 8 == 0 && length >= 8) {
            uint64_t word;
            memcpy(&word, data, 8);
            hash->state.lanes[hash->used / 8] ^= word;
            hash->used += 8;
            data += 8;
            length -= 8;
        } else {
            hash->state.octets[hash->used++] ^= *data++;
            length--;
        }
        if (hash->used == RATE) {
            permute(hash->state.lanes);
            hash->used = 0;
        }
    }
}

static void finish(keccak256 *hash, uint8_t digest[32]) {
    hash->state.octets[hash->used] ^= 1;
    hash->state.octets[RATE - 1] ^= 0x80;
    permute(hash->state.lanes);
    memcpy(digest, hash->state.octets, 32);
}

static int known_answer(void) {
    /* Of the empty message. */
    static const uint8_t expected[32] = {0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d,
                                         0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82,
                                         0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70};
    keccak256 hash;
    uint8_t digest[32];
    memset(&hash, 0, sizeof hash);
    finish(&hash, digest);
    return memcmp(digest, expected, 32) == 0;
}

uint64_t run(uint64_t parameter) {
    if (!known_answer()) {
        return 0;
    }
    keccak256 hash;
    uint8_t piece[1000];
    uint8_t digest[32];
    memset(&hash, 0, sizeof hash);
    for (size_t i = 0; i < sizeof piece; i++) {
        piece[i] = (uint8_t)(i * 7 + 1);
    }
    for (uint64_t left = parameter; left != 0;) {
        size_t part = left < sizeof piece ? (size_t)left : sizeof piece;
        piece[left % sizeof piece]++;
        add(&hash, piece, part);
        left -= part;
    }
    finish(&hash, digest);
    uint64_t checksum = parameter;
    for (size_t i = 0; i < sizeof digest; i++) {
        checksum = mix(checksum, digest[i]);
    }
    return checksum;
}
