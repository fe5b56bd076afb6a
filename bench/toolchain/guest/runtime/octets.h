/* Words at any address, and how the runtime's functions are declared. Internal to the runtime. */
#ifndef PVM_RUNTIME_OCTETS_H
#define PVM_RUNTIME_OCTETS_H

#include <stddef.h>
#include <stdint.h>

/* A program may define any function of the runtime itself. */
#define RUNTIME __attribute__((weak))

#ifdef __riscv
/*
 * The PVM serves every address at the same price, but the compiler takes a word at an unknown address apart unless it
 * is told otherwise (-mno-strict-align with a tuning that agrees): the instructions are spelled out.
 */
static inline uint64_t load64(const uint8_t *address) {
    uint64_t value;
    __asm__("ld %0, %1" : "=r"(value) : "m"(*(const uint8_t(*)[8])address));
    return value;
}

static inline void store64(uint8_t *address, uint64_t value) {
    __asm__("sd %1, %0" : "=m"(*(uint8_t(*)[8])address) : "r"(value));
}

static inline uint32_t load32(const uint8_t *address) {
    uint32_t value;
    __asm__("lwu %0, %1" : "=r"(value) : "m"(*(const uint8_t(*)[4])address));
    return value;
}

static inline void store32(uint8_t *address, uint32_t value) {
    __asm__("sw %1, %0" : "=m"(*(uint8_t(*)[4])address) : "r"(value));
}
#else
static inline uint64_t load64(const uint8_t *address) {
    uint64_t value;
    __builtin_memcpy(&value, address, 8);
    return value;
}

static inline void store64(uint8_t *address, uint64_t value) {
    __builtin_memcpy(address, &value, 8);
}

static inline uint32_t load32(const uint8_t *address) {
    uint32_t value;
    __builtin_memcpy(&value, address, 4);
    return value;
}

static inline void store32(uint8_t *address, uint32_t value) {
    __builtin_memcpy(address, &value, 4);
}
#endif

#endif
