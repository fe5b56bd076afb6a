/*
 * The LZ4 and xxHash libraries as an npm package ships them: a text is compressed, closely and hastily, and both are
 * decompressed. The parameter is how often they are decompressed; the text has 4096 octets for each time, at most SIZE.
 * What the compressor makes depends on the size of a word of the machine, so only what comes back counts.
 */
#include <string.h>

#include "deps/lz4/lib/lz4.h"
#include "deps/lz4/lib/xxhash.h"

#include "../workload.h"

enum { SIZE = 1 << 16 };

static char text[SIZE];
static char close[LZ4_COMPRESSBOUND(SIZE)];
static char hasty[LZ4_COMPRESSBOUND(SIZE)];
static char result[SIZE];

/* Text that repeats itself more and less closely. */
static void make_text(size_t length) {
    uint64_t state = NUMBERS_START;
    for (size_t at = 0; at < length;) {
        uint64_t number = next_number(&state);
        size_t run = 4 + (number & 31);
        size_t from = at < 64 ? 0 : (size_t)((number >> 8) % at);
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

/* Whether it comes back as it was. */
static int check(const char *compressed, int size, int length) {
    memset(result, 0, (size_t)length);
    return LZ4_decompress_safe(compressed, result, size, length) == length && memcmp(result, text, (size_t)length) == 0;
}

uint64_t run(uint64_t parameter) {
    int length = parameter < SIZE / 4096 ? (int)parameter * 4096 : SIZE;
    make_text((size_t)length);
    int close_size = LZ4_compress_default(text, close, length, sizeof close);
    int hasty_size = LZ4_compress_fast(text, hasty, length, sizeof hasty, 20);
    /* The hash of the empty message is a known answer. */
    if (close_size <= 0 || hasty_size <= 0 || XXH64("", 0, 0) != UINT64_C(0xef46db3751d8e999)) {
        return 0;
    }
    uint64_t checksum = mix(parameter, XXH32(text, (size_t)length, 1));
    for (uint64_t round = 0; round < parameter; round++) {
        if (!check(close, close_size, length)) {
            return 0;
        }
        checksum = mix(checksum, XXH64(result, (size_t)length, round));
        if (!check(hasty, hasty_size, length)) {
            return 0;
        }
        checksum = mix(checksum, XXH64(result, (size_t)length, checksum));
    }
    /* Half of it is damaged input. */
    return mix(checksum, (uint64_t)(LZ4_decompress_safe(close, result, close_size / 2, length) < 0));
}
