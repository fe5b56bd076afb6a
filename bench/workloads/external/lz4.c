/*
 * The LZ4 library as an npm package ships it: fast and high compression of a text, and decompression of both. The
 * parameter is how often they are decompressed; the text has 4096 octets for each time, at most SIZE.
 */
#include <string.h>

#include "lz4.h"
#include "lz4hc.h"

#include "../workload.h"

enum { SIZE = 1 << 16 };

static char text[SIZE];
static char fast[LZ4_COMPRESSBOUND(SIZE)];
static char high[LZ4_COMPRESSBOUND(SIZE)];
static char result[SIZE];

/* Text that repeats itself more and less closely. */
static void make_text(size_t length) {
    uint64_t state = NUMBERS_START;
    for (size_t at = 0; at < length;) {
        uint64_t number = next_number(&state);
        size_t run = 4 + (number & 31);
        size_t from = at < 64 ? 0 : (size_t)(number >> 8) % at;
        if ((number >> 60) < 3 || at < 64) {
            for (; run > 0 && at < length; run--) {
                text[at++] = (char)('a' + (next_number(&state) >> 60));
            }
        } else {
            for (; run > 0 && at < length; run--) {
                text[at++] = text[from++];
            }
        }
    }
}

static uint64_t mix_octets(uint64_t checksum, const char *octets, int length) {
    checksum = mix(checksum, (uint64_t)length);
    for (int i = 0; i < length; i++) {
        checksum = mix(checksum, (uint8_t)octets[i]);
    }
    return checksum;
}

/* Whether it comes back as it was. */
static int check(const char *compressed, int size, int length) {
    memset(result, 0, (size_t)length);
    return LZ4_decompress_safe(compressed, result, size, length) == length && memcmp(result, text, (size_t)length) == 0;
}

uint64_t run(uint64_t parameter) {
    int length = parameter < SIZE / 4096 ? (int)parameter * 4096 : SIZE;
    make_text((size_t)length);
    int fast_size = LZ4_compress_default(text, fast, length, sizeof fast);
    int high_size = LZ4_compress_HC(text, high, length, sizeof high, 6);
    if (fast_size <= 0 || high_size <= 0 || high_size > fast_size) {
        return 0;
    }
    uint64_t checksum = mix_octets(mix_octets(parameter, fast, fast_size), high, high_size);
    for (uint64_t round = 0; round < parameter; round++) {
        if (!check(fast, fast_size, length) || !check(high, high_size, length)) {
            return 0;
        }
    }
    /* Half of it is damaged input. */
    return mix(checksum, (uint64_t)(LZ4_decompress_safe(fast, result, fast_size / 2, length) < 0));
}
