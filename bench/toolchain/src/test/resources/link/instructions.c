/*
 * What RISC-V instructions compute (RISC-V unprivileged ISA: RV64I, M, Zbb), in C for the machine that runs the tests:
 * the processor's own results are what guests are compared with. Operations are numbered in the order of the table.
 */
#include <stdint.h>
#include <string.h>

typedef uint64_t operation(uint64_t a, uint64_t b);

#define OPERATION(name, expression)                                                                                    \
    static uint64_t name(uint64_t a, uint64_t b) {                                                                     \
        (void)a, (void)b;                                                                                              \
        return (uint64_t)(expression);                                                                                 \
    }

#define SIGNED(x) ((int64_t)(x))
#define LOW(x) ((uint32_t)(x))
#define LOW_SIGNED(x) ((int32_t)(uint32_t)(x))
#define WORD(x) ((int64_t)(int32_t)(uint32_t)(x))

static uint64_t fill_octets(uint64_t value) {
    uint8_t octets[8];
    memcpy(octets, &value, 8);
    for (int i = 0; i < 8; i++) {
        octets[i] = octets[i] == 0 ? 0 : 255;
    }
    memcpy(&value, octets, 8);
    return value;
}

OPERATION(add, a + b)
OPERATION(sub, a - b)
OPERATION(and_, a & b)
OPERATION(or_, a | b)
OPERATION(xor_, a ^ b)
OPERATION(andn, a & ~b)
OPERATION(orn, a | ~b)
OPERATION(xnor, ~(a ^ b))
OPERATION(slt, SIGNED(a) < SIGNED(b))
OPERATION(sltu, a < b)
OPERATION(sll, a << (b & 63))
OPERATION(srl, a >> (b & 63))
OPERATION(sra, SIGNED(a) >> (b & 63))
OPERATION(rol, a << (b & 63) | a >> (-b & 63))
OPERATION(ror, a >> (b & 63) | a << (-b & 63))
OPERATION(addw, WORD(a + b))
OPERATION(subw, WORD(a - b))
OPERATION(sllw, WORD(LOW(a) << (b & 31)))
OPERATION(srlw, WORD(LOW(a) >> (b & 31)))
OPERATION(sraw, WORD(LOW_SIGNED(a) >> (b & 31)))
OPERATION(rolw, WORD(LOW(a) << (b & 31) | LOW(a) >> (-b & 31)))
OPERATION(rorw, WORD(LOW(a) >> (b & 31) | LOW(a) << (-b & 31)))
OPERATION(mul, a * b)
OPERATION(mulw, WORD(a * b))
OPERATION(mulh, (__int128)SIGNED(a) * SIGNED(b) >> 64)
OPERATION(mulhu, (unsigned __int128)a * b >> 64)
OPERATION(mulhsu, (__int128)SIGNED(a) * (__int128)b >> 64)
OPERATION(div_, b == 0 ? -1 : SIGNED(a) == INT64_MIN && SIGNED(b) == -1 ? INT64_MIN : SIGNED(a) / SIGNED(b))
OPERATION(divu, b == 0 ? UINT64_MAX : a / b)
OPERATION(rem, b == 0 ? SIGNED(a) : SIGNED(b) == -1 ? 0 : SIGNED(a) % SIGNED(b))
OPERATION(remu, b == 0 ? a : a % b)
OPERATION(divw, LOW(b) == 0 ? -1 : LOW_SIGNED(b) == -1 ? WORD(-LOW(a)) : WORD(LOW_SIGNED(a) / LOW_SIGNED(b)))
OPERATION(divuw, LOW(b) == 0 ? -1 : WORD(LOW(a) / LOW(b)))
OPERATION(remw, LOW(b) == 0 ? WORD(a) : LOW_SIGNED(b) == -1 ? 0 : WORD(LOW_SIGNED(a) % LOW_SIGNED(b)))
OPERATION(remuw, LOW(b) == 0 ? WORD(a) : WORD(LOW(a) % LOW(b)))
OPERATION(min, SIGNED(a) < SIGNED(b) ? a : b)
OPERATION(minu, a < b ? a : b)
OPERATION(max, SIGNED(a) > SIGNED(b) ? a : b)
OPERATION(maxu, a > b ? a : b)
OPERATION(clz, a == 0 ? 64 : __builtin_clzll(a))
OPERATION(ctz, a == 0 ? 64 : __builtin_ctzll(a))
OPERATION(cpop, __builtin_popcountll(a))
OPERATION(sext_b, SIGNED((int8_t)a))
OPERATION(sext_h, SIGNED((int16_t)a))
OPERATION(clzw, LOW(a) == 0 ? 32 : __builtin_clz(LOW(a)))
OPERATION(ctzw, LOW(a) == 0 ? 32 : __builtin_ctz(LOW(a)))
OPERATION(cpopw, __builtin_popcount(LOW(a)))
OPERATION(zext_h, (uint16_t)a)
OPERATION(rev8, __builtin_bswap64(a))
OPERATION(orc_b, fill_octets(a))
OPERATION(beq, a == b)
OPERATION(bne, a != b)
OPERATION(blt, SIGNED(a) < SIGNED(b))
OPERATION(bge, SIGNED(a) >= SIGNED(b))
OPERATION(bltu, a < b)
OPERATION(bgeu, a >= b)

static const struct {
    const char *name;
    operation *compute;
} operations[] = {
    {"add", add},     {"sub", sub},       {"and", and_},      {"or", or_},      {"xor", xor_},      {"andn", andn},
    {"orn", orn},     {"xnor", xnor},     {"slt", slt},       {"sltu", sltu},   {"sll", sll},       {"srl", srl},
    {"sra", sra},     {"rol", rol},       {"ror", ror},       {"addw", addw},   {"subw", subw},     {"sllw", sllw},
    {"srlw", srlw},   {"sraw", sraw},     {"rolw", rolw},     {"rorw", rorw},   {"mul", mul},       {"mulw", mulw},
    {"mulh", mulh},   {"mulhu", mulhu},   {"mulhsu", mulhsu}, {"div", div_},    {"divu", divu},     {"rem", rem},
    {"remu", remu},   {"divw", divw},     {"divuw", divuw},   {"remw", remw},   {"remuw", remuw},   {"min", min},
    {"minu", minu},   {"max", max},       {"maxu", maxu},     {"clz", clz},     {"ctz", ctz},       {"cpop", cpop},
    {"sext.b", sext_b}, {"sext.h", sext_h}, {"clzw", clzw},   {"ctzw", ctzw},   {"cpopw", cpopw},   {"zext.h", zext_h},
    {"rev8", rev8},   {"beq", beq},       {"bne", bne},       {"blt", blt},     {"bge", bge},       {"bltu", bltu},
    {"bgeu", bgeu},   {"orc.b", orc_b},
};

/* The number of an operation; -1 when there is none of that name. */
int find(const char *name) {
    for (unsigned i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(operations[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

uint64_t compute(int operation, uint64_t a, uint64_t b) {
    return operations[operation].compute(a, b);
}
