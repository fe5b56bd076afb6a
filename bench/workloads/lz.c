/*
 * A compressor and a decompressor of the LZ77 kind: sequences of literals and copies from what came before. A text is
 * made and compressed; the parameter is how often it is then decompressed, and every result is compared. The text has
 * 4096 octets for each time, at most SIZE.
 *
 * A sequence is an octet with the number of literals (high 4 bits) and the length of the copy less 4 (low 4 bits),
 * where 15 is followed by octets that add to it, the last of them below 255; the literals; and the distance, two
 * octets. The last sequence ends after its literals.
 */
#include <string.h>

#include "workload.h"

enum { SIZE = 1 << 16, SHORTEST = 4, WINDOW = 65535, HASH_BITS = 12, BOUND = SIZE + SIZE / 255 + 16 };

static uint8_t text[SIZE];
static uint8_t compressed[BOUND];
static uint8_t result[SIZE];
static size_t text_length;

/* Words of a small vocabulary, by chance, with numbers in between. */
static void make_text(void) {
    static const char *const words[16] = {"the ",    "block ", "gas ",      "machine ", "of ",      "refine ",
                                          "memory ", "a ",     "register ", "page ",    "counter ", "and ",
                                          "fault ",  "host ",  "call ",     "is "};
    uint64_t state = NUMBERS_START;
    size_t at = 0;
    while (at < text_length) {
        uint64_t number = next_number(&state);
        if ((number >> 59) == 0) {
            for (int digit = 0; digit < 7 && at < text_length; digit++) {
                text[at++] = (uint8_t)('0' + (number >> 4 * digit & 7));
            }
        } else {
            for (const char *letter = words[number >> 32 & 15]; *letter != 0 && at < text_length; letter++) {
                text[at++] = (uint8_t)*letter;
            }
        }
    }
}

static uint32_t word_at(const uint8_t *octets) {
    uint32_t word;
    memcpy(&word, octets, sizeof word);
    return word;
}

static size_t put_rest(size_t at, size_t rest) {
    for (; rest >= 255; rest -= 255) {
        compressed[at++] = 255;
    }
    compressed[at++] = (uint8_t)rest;
    return at;
}

/* Appends a sequence; one without a copy (length 0) is the last. */
static size_t put_sequence(size_t at, size_t first, size_t literals, size_t length, size_t distance) {
    size_t copy = length == 0 ? 0 : length - SHORTEST;
    compressed[at++] = (uint8_t)((literals < 15 ? literals : 15) << 4 | (copy < 15 ? copy : 15));
    if (literals >= 15) {
        at = put_rest(at, literals - 15);
    }
    memcpy(compressed + at, text + first, literals);
    at += literals;
    if (length != 0) {
        compressed[at++] = (uint8_t)distance;
        compressed[at++] = (uint8_t)(distance >> 8);
        if (copy >= 15) {
            at = put_rest(at, copy - 15);
        }
    }
    return at;
}

static size_t compress(void) {
    static uint32_t latest[1 << HASH_BITS]; /* where octets of this hash were seen last, plus 1 */
    memset(latest, 0, sizeof latest);
    size_t size = 0;
    size_t first = 0;
    size_t at = 0;
    while (at + SHORTEST <= text_length) {
        uint32_t word = word_at(text + at);
        uint32_t *entry = &latest[word * 2654435761u >> (32 - HASH_BITS)];
        size_t candidate = *entry;
        *entry = (uint32_t)at + 1;
        if (candidate == 0 || at - (candidate - 1) > WINDOW || word_at(text + candidate - 1) != word) {
            at++;
            continue;
        }
        size_t distance = at - (candidate - 1);
        size_t length = SHORTEST;
        while (at + length < text_length && text[at + length] == text[at + length - distance]) {
            length++;
        }
        size = put_sequence(size, first, at - first, length, distance);
        at += length;
        first = at;
    }
    return put_sequence(size, first, text_length - first, 0, 0);
}

static size_t get_rest(const uint8_t **from, const uint8_t *end) {
    size_t rest = 0;
    uint8_t octet = 255;
    while (octet == 255 && *from < end) {
        octet = *(*from)++;
        rest += octet;
    }
    return rest;
}

/* The number of octets of the result; 0 when the input is damaged. */
static size_t decompress(const uint8_t *from, size_t size) {
    const uint8_t *end = from + size;
    size_t at = 0;
    while (from < end) {
        uint8_t token = *from++;
        size_t literals = token >> 4;
        if (literals == 15) {
            literals += get_rest(&from, end);
        }
        if (literals > (size_t)(end - from) || literals > SIZE - at) {
            return 0;
        }
        memcpy(result + at, from, literals);
        at += literals;
        from += literals;
        if (from == end) {
            return at;
        }
        if (end - from < 2) {
            return 0;
        }
        size_t distance = (size_t)(from[0] | from[1] << 8);
        from += 2;
        size_t length = (size_t)(token & 15) + SHORTEST;
        if ((token & 15) == 15) {
            length += get_rest(&from, end);
        }
        if (distance == 0 || distance > at || length > SIZE - at) {
            return 0;
        }
        if (distance >= length) {
            memcpy(result + at, result + at - distance, length);
        } else {
            for (size_t i = 0; i < length; i++) {
                result[at + i] = result[at + i - distance];
            }
        }
        at += length;
    }
    return 0;
}

uint64_t run(uint64_t parameter) {
    text_length = parameter < SIZE / 4096 ? (size_t)parameter * 4096 : SIZE;
    make_text();
    size_t size = compress();
    uint64_t checksum = size;
    for (size_t i = 0; i < size; i++) {
        checksum = mix(checksum, compressed[i]);
    }
    for (uint64_t round = 0; round < parameter; round++) {
        memset(result, (int)(round & 255), 64);
        size_t length = decompress(compressed, size);
        if (length != text_length || memcmp(result, text, text_length) != 0) {
            return 0;
        }
        checksum = mix(checksum, result[round % text_length]);
    }
    size_t damaged = decompress(compressed, size / 2);
    return mix(checksum, damaged);
}
