/*
 * Public keys recovered from ECDSA signatures by libsecp256k1, as an npm package ships it. The parameter is the number
 * of recoveries: the first is of a signature whose key is known; the others are of other messages, which gives other
 * keys, and each is confirmed by verifying the signature with it.
 */
#include <string.h>

#include "src/secp256k1/include/secp256k1.h"
#include "src/secp256k1/include/secp256k1_recovery.h"

#include "../workload.h"

/* SHA-256 of "message", its signature by a key, which of the possible keys that is, and the key, made by OpenSSL. */
static const uint8_t message_hash[32] = {
    0xab, 0x53, 0x0a, 0x13, 0xe4, 0x59, 0x14, 0x98, 0x2b, 0x79, 0xf9, 0xb7, 0xe3, 0xfb, 0xa9, 0x94,
    0xcf, 0xd1, 0xf3, 0xfb, 0x22, 0xf7, 0x1c, 0xea, 0x1a, 0xfb, 0xf0, 0x2b, 0x46, 0x0c, 0x6d, 0x1d};
static const uint8_t signature_octets[64] = {
    0x10, 0x23, 0x45, 0xa0, 0x95, 0x8e, 0x15, 0xc2, 0xc1, 0x38, 0x23, 0x0d, 0x37, 0x48, 0x8e, 0xd1,
    0xaf, 0x12, 0x7f, 0x21, 0x93, 0xa1, 0x92, 0x55, 0x2c, 0x80, 0x2d, 0xeb, 0x25, 0xff, 0x0d, 0xa2,
    0x4b, 0x98, 0xe2, 0x12, 0xfa, 0xa2, 0x22, 0xa5, 0xac, 0x2d, 0xd5, 0x7a, 0x3f, 0x70, 0xdc, 0x1e,
    0xa7, 0x6f, 0xe9, 0xcf, 0xb6, 0xb4, 0x46, 0x9b, 0x78, 0xfc, 0x91, 0xd4, 0x13, 0xd3, 0x4b, 0x24};
static const int recovery_id = 1;
static const uint8_t public_key[33] = {
    0x02, 0x08, 0xf2, 0xd9, 0x1b, 0xb8, 0x2c, 0xea, 0xdc, 0x55, 0xff, 0xaf, 0x74, 0x3b, 0xb1, 0xcc,
    0x6c, 0x6f, 0x19, 0x8f, 0xc4, 0x7b, 0x14, 0x29, 0x5e, 0x9c, 0xe8, 0x52, 0x0d, 0xcf, 0x25, 0xbe,
    0x93};

static uint64_t recover_all(const secp256k1_context *context, uint64_t count) {
    secp256k1_ecdsa_recoverable_signature recoverable;
    secp256k1_ecdsa_signature signature;
    if (!secp256k1_ecdsa_recoverable_signature_parse_compact(context, &recoverable, signature_octets, recovery_id) ||
        !secp256k1_ecdsa_recoverable_signature_convert(context, &signature, &recoverable)) {
        return 0;
    }
    uint64_t checksum = count;
    for (uint64_t i = 0; i < count; i++) {
        uint8_t hash[32];
        uint8_t octets[33];
        size_t length = sizeof octets;
        secp256k1_pubkey key;
        memcpy(hash, message_hash, sizeof hash);
        hash[i % 32] = (uint8_t)(hash[i % 32] ^ i);
        if (!secp256k1_ecdsa_recover(context, &key, &recoverable, hash) ||
            !secp256k1_ecdsa_verify(context, &signature, hash, &key) ||
            !secp256k1_ec_pubkey_serialize(context, octets, &length, &key, SECP256K1_EC_COMPRESSED)) {
            return 0;
        }
        if (i == 0 && memcmp(octets, public_key, sizeof octets) != 0) {
            return 0;
        }
        for (size_t k = 0; k < length; k++) {
            checksum = mix(checksum, octets[k]);
        }
        hash[31] ^= 1;
        if (secp256k1_ecdsa_verify(context, &signature, hash, &key)) {
            return 0;
        }
    }
    return checksum;
}

uint64_t run(uint64_t parameter) {
    secp256k1_context *context = secp256k1_context_create(SECP256K1_CONTEXT_VERIFY);
    if (context == NULL) {
        return 0;
    }
    uint64_t checksum = recover_all(context, parameter);
    secp256k1_context_destroy(context);
    return checksum;
}
