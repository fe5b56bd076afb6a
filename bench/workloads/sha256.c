/* SHA-256 (FIPS 180-4) of a message of as many octets as the parameter says, made as it goes. */
#include <string.h>

#include "workload.h"

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

typedef struct {
    uint32_t state[8];
    uint8_t block[64];
    uint64_t length;
} sha256;

static uint32_t rotate_right(uint32_t value, int count) {
    return value >> count | value << (32 - count);
}

static void compress(uint32_t state[8], const uint8_t *block) {
    uint32_t schedule[64];
    for (int i = 0; i < 16; i++) {
        uint32_t word;
        memcpy(&word, block + 4 * i, 4);
        schedule[i] = __builtin_bswap32(word);
    }
    for (int i = 16; i < 64; i++) {
        uint32_t early = schedule[i - 15];
        uint32_t late = schedule[i - 2];
        schedule[i] = schedule[i - 16] + schedule[i - 7] +
                      (rotate_right(early, 7) ^ rotate_right(early, 18) ^ early >> 3) +
                      (rotate_right(late, 17) ^ rotate_right(late, 19) ^ late >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
        uint32_t first = h + (rotate_right(e, 6) ^ rotate_right(e, 11) ^ rotate_right(e, 25)) + ((e & f) ^ (~e & g)) +
                         constants[i] + schedule[i];
        uint32_t second = (rotate_right(a, 2) ^ rotate_right(a, 13) ^ rotate_right(a, 22)) +
                          ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + second;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

static void begin(sha256 *hash) {
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(hash->state, initial, sizeof initial);
    hash->length = 0;
}

static void add(sha256 *hash, const uint8_t *data, size_t length) {
    while (length != 0) {
        size_t used = hash->length % 64;
        size_t part = length < 64 - used ? length : 64 - used;
        memcpy(hash->block + used, data, part);
        hash->length += part;
        data += part;
        length -= part;
        if (hash->length % 64 == 0) {
            compress(hash->state, hash->block);
        }
    }
}

static void finish(sha256 *hash, uint8_t digest[32]) {
    uint8_t bits[8];
    for (int i = 0; i < 8; i++) {
        bits[i] = (uint8_t)(hash->length * 8 >> (56 - 8 * i));
    }
    add(hash, (const uint8_t[]){0x80}, 1);
    while (hash->length % 64 != 56) {
        add(hash, (const uint8_t[]){0}, 1);
    }
    add(hash, bits, 8);
    for (int i = 0; i < 32; i++) {
        digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
    }
}

static int known_answer(void) {
    static const uint8_t expected[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                         0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                         0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    sha256 hash;
    uint8_t digest[32];
    begin(&hash);
    add(&hash, (const uint8_t *)"abc", 3);
    finish(&hash, digest);
    return memcmp(digest, expected, 32) == 0;
}

uint64_t run(uint64_t parameter) {
    if (!known_answer()) {
        return 0;
    }
    sha256 hash;
    uint8_t piece[1000];
    uint8_t digest[32];
    begin(&hash);
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
    for (int i = 0; i < 32; i++) {
        checksum = mix(checksum, digest[i]);
    }
    return checksum;
}
