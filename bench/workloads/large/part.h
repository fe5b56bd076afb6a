/*
 * One part of the large program, made again for each pair of digits HIGH and LOW. The digits choose the operations, of
 * sixteen, in their order, and the constants: NUMBER(n) is the part's n-th. No two parts have the same instructions.
 */
#ifndef LARGE_PART_H
#define LARGE_PART_H

#define JOIN3_(name, high, low) name##_##high##_##low
#define JOIN3(name, high, low) JOIN3_(name, high, low)
#define JOIN_(name, digit) name##digit
#define JOIN(name, digit) JOIN_(name, digit)
#define LOCAL(name) JOIN3(name, HIGH, LOW)
#define NUMBER(n) (((HIGH * 16 + LOW) * 2654435761u + (n) * 2246822519u) * 3266489917u >> 7)
#define CHOICE(n, count) (NUMBER(n) % (count))

/* Two permutations of the digits, to get more digits from those of the part. */
#define NEXT(digit) JOIN(NEXT_, digit)
#define OTHER(digit) JOIN(OTHER_, digit)
#define NEXT_0 15
#define OTHER_0 1
#define NEXT_1 7
#define OTHER_1 6
#define NEXT_2 5
#define OTHER_2 15
#define NEXT_3 6
#define OTHER_3 4
#define NEXT_4 13
#define OTHER_4 11
#define NEXT_5 2
#define OTHER_5 12
#define NEXT_6 14
#define OTHER_6 3
#define NEXT_7 4
#define OTHER_7 2
#define NEXT_8 12
#define OTHER_8 14
#define NEXT_9 3
#define OTHER_9 10
#define NEXT_10 0
#define OTHER_10 0
#define NEXT_11 10
#define OTHER_11 9
#define NEXT_12 8
#define OTHER_12 8
#define NEXT_13 9
#define OTHER_13 5
#define NEXT_14 1
#define OTHER_14 7
#define NEXT_15 11
#define OTHER_15 13

/* The sixteen operations on a and b. */
#define OPERATION_0(n, a, b) (a) + (b) * NUMBER(n)
#define OPERATION_1(n, a, b) ((a) ^ (b)) - NUMBER(n)
#define OPERATION_2(n, a, b) (a) * (NUMBER(n) | 1) + ((b) >> CHOICE(n, 40))
#define OPERATION_3(n, a, b) (((a) << (CHOICE(n, 31) + 1) | (a) >> (63 - CHOICE(n, 31))) ^ (b))
#define OPERATION_4(n, a, b) ((a) < (b) ? (a) + NUMBER(n) : (b) ^ NUMBER((n) + 1))
#define OPERATION_5(n, a, b) ((a) & NUMBER(n)) + ((b) | NUMBER((n) + 1))
#define OPERATION_6(n, a, b) (uint64_t)((int64_t)(a) >> CHOICE(n, 20)) - (b)
#define OPERATION_7(n, a, b) (uint64_t)(int32_t)((uint32_t)(a) * (uint32_t)(b)) + ((a) >> 32)
#define OPERATION_8(n, a, b) (a) / (CHOICE(n, 1000) + 2) + (b)
#define OPERATION_9(n, a, b) ((a) & 0xffff) * (b) + NUMBER(n)
#define OPERATION_10(n, a, b) ((int64_t)(a) > (int64_t)(b) ? (a) - (b) : (b) - (a))
#define OPERATION_11(n, a, b) (uint64_t)(uint8_t)(a) << 40 ^ (b) * (CHOICE(n, 5000) * 2 + 1)
#define OPERATION_12(n, a, b) (((a) >> ((b) & 31)) | (b) << (CHOICE(n, 30) + 1))
#define OPERATION_13(n, a, b) ((a) == NUMBER(n) ? (b) : ((a) ^ (b) >> 1))
#define OPERATION_14(n, a, b) (uint64_t)((int64_t)(int16_t)(a) * (int64_t)(b)) ^ (a)
#define OPERATION_15(n, a, b) ((~(a) & ((b) + CHOICE(n, 2000))) ^ (a) >> 3)

#define STEP(digit, n, a, b) (JOIN(OPERATION_, digit)(n, a, b))
#define FOUR(first, second, n, a, b, c, d)                                                                             \
    a = STEP(first, n, a, b);                                                                                          \
    b = STEP(second, (n) + 2, b, c);                                                                                   \
    c = STEP(NEXT(first), (n) + 4, c, d);                                                                              \
    d = STEP(OTHER(second), (n) + 6, d, a)
#define SIXTEEN(n, a, b, c, d)                                                                                         \
    FOUR(LOW, HIGH, n, a, b, c, d);                                                                                    \
    FOUR(OTHER(LOW), NEXT(HIGH), (n) + 10, b, d, a, c);                                                                \
    FOUR(NEXT(NEXT(HIGH)), OTHER(LOW), (n) + 20, c, a, d, b);                                                          \
    FOUR(OTHER(NEXT(LOW)), NEXT(OTHER(HIGH)), (n) + 30, d, c, b, a)

/* A state of the automaton: what it does, and where it goes by a bit of what came out. */
#define STATE(n, digit)                                                                                                \
    case n:                                                                                                            \
        a = STEP(digit, 1000 + 10 * (n), a, b);                                                                        \
        b = STEP(OTHER(digit), 1002 + 10 * (n), b, a);                                                                 \
        state = (a >> CHOICE(1004 + 10 * (n), 60) & 1) != 0 ? CHOICE(1005 + 10 * (n), 24)                              \
                                                            : CHOICE(1006 + 10 * (n), 24);                             \
        break

#define ORDER(i, j)                                                                                                    \
    if (values[i] > values[j]) {                                                                                       \
        uint64_t greater = values[i];                                                                                  \
        values[i] = values[j];                                                                                         \
        values[j] = greater;                                                                                           \
    }

#endif

/* Straight on: four values through a fixed sequence of operations. */
static uint64_t LOCAL(straight)(uint64_t a, uint64_t b) {
    uint64_t c = a ^ NUMBER(0);
    uint64_t d = b + NUMBER(1);
    SIXTEEN(2000, a, b, c, d);
    SIXTEEN(2100, c, a, d, b);
    SIXTEEN(2200, b, d, a, c);
    SIXTEEN(2300, d, c, b, a);
    SIXTEEN(2400, a, d, c, b);
    SIXTEEN(2500, c, b, a, d);
    SIXTEEN(4000, d, a, b, c);
    SIXTEEN(4100, b, c, d, a);
    SIXTEEN(4200, a, c, b, d);
    SIXTEEN(4300, c, d, a, b);
    SIXTEEN(4400, d, b, a, c);
    SIXTEEN(4500, a, b, d, c);
#if (HIGH + LOW) % 3 == 0
    SIXTEEN(2600, b, a, d, c);
    SIXTEEN(2700, d, b, c, a);
#endif
    return a ^ b ^ c ^ d;
}

/* An automaton of 24 states. */
static uint64_t LOCAL(automaton)(uint64_t a, uint64_t b) {
    uint64_t state = CHOICE(10, 24);
    for (uint64_t step = 0; step < 10 + CHOICE(11, 10); step++) {
        switch (state) {
            STATE(0, LOW);
            STATE(1, HIGH);
            STATE(2, NEXT(LOW));
            STATE(3, NEXT(HIGH));
            STATE(4, OTHER(LOW));
            STATE(5, OTHER(HIGH));
            STATE(6, NEXT(NEXT(LOW)));
            STATE(7, NEXT(OTHER(HIGH)));
            STATE(8, NEXT(LOW));
            STATE(9, NEXT(HIGH));
            STATE(10, NEXT(NEXT(LOW)));
            STATE(11, NEXT(NEXT(HIGH)));
            STATE(12, NEXT(OTHER(LOW)));
            STATE(13, NEXT(OTHER(HIGH)));
            STATE(14, NEXT(NEXT(NEXT(LOW))));
            STATE(15, NEXT(NEXT(OTHER(HIGH))));
            STATE(16, OTHER(LOW));
            STATE(17, OTHER(HIGH));
            STATE(18, OTHER(NEXT(LOW)));
            STATE(19, OTHER(NEXT(HIGH)));
            STATE(20, OTHER(OTHER(LOW)));
            STATE(21, OTHER(OTHER(HIGH)));
            STATE(22, OTHER(NEXT(NEXT(LOW))));
            STATE(23, OTHER(NEXT(OTHER(HIGH))));
        }
    }
    return a + b;
}

/* A sorting network for eight values, and a check by neighbours. */
static uint64_t LOCAL(network)(uint64_t a, uint64_t b) {
    uint64_t values[8];
    for (uint64_t i = 0; i < 8; i++) {
        a = STEP(HIGH, 20, a, i);
        b = STEP(NEXT(LOW), 40, b, a);
        values[i] = a ^ b;
    }
    ORDER(0, 1) ORDER(2, 3) ORDER(4, 5) ORDER(6, 7)
    ORDER(0, 2) ORDER(1, 3) ORDER(4, 6) ORDER(5, 7)
    ORDER(1, 2) ORDER(5, 6) ORDER(0, 4) ORDER(3, 7)
    ORDER(1, 5) ORDER(2, 6) ORDER(1, 4) ORDER(3, 6)
    ORDER(2, 4) ORDER(3, 5) ORDER(3, 4)
    uint64_t sum = 0;
    for (uint64_t i = 1; i < 8; i++) {
        sum += (values[i] - values[i - 1]) >> CHOICE(60, 16);
        sum ^= values[i] < values[i - 1] ? UINT64_MAX : values[CHOICE(61, 8)];
    }
    return sum;
}

/* Digits in some base into a buffer, and the number read back from them. */
static uint64_t LOCAL(digits)(uint64_t a, uint64_t b) {
    uint8_t buffer[64];
    uint64_t length = 0;
    uint64_t value = a >> CHOICE(70, 24);
    do {
        uint64_t digit = value % (CHOICE(71, 30) + 3);
        buffer[length++] = (uint8_t)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        value /= CHOICE(71, 30) + 3;
    } while (value != 0 && length < sizeof buffer);
    uint64_t again = 0;
    while (length > 0) {
        uint64_t character = buffer[--length];
        uint64_t digit = character <= '9' ? character - '0' : character - 'a' + 10;
        again = again * (CHOICE(71, 30) + 3) + digit;
        b = STEP(OTHER(HIGH), 72, b, character);
    }
    return again == a >> CHOICE(70, 24) ? b : 0;
}

/* A record whose members are updated under conditions. */
static uint64_t LOCAL(record)(uint64_t a, uint64_t b) {
    struct {
        uint64_t count;
        uint32_t sum;
        uint16_t low;
        uint8_t flags;
        int64_t balance;
        uint64_t history[4];
    } record = {a, (uint32_t)b, (uint16_t)(a >> CHOICE(100, 40)), (uint8_t)(b >> CHOICE(101, 40)), 0, {a, b, a ^ b, 1}};
    for (uint64_t i = 0; i < 4 + CHOICE(102, 5); i++) {
        if ((record.flags & 1u << CHOICE(103, 8)) != 0) {
            record.sum += (uint32_t)(record.history[i % 4] >> CHOICE(104, 30));
            record.balance -= (int64_t)(record.low * (uint64_t)NUMBER(105));
        } else {
            record.low = (uint16_t)(record.low * CHOICE(106, 1000) + i);
            record.balance += (int64_t)(record.sum ^ NUMBER(107));
        }
        if (record.balance < (int64_t)NUMBER(108) - 9000000) {
            record.flags = (uint8_t)(record.flags * 5 + CHOICE(109, 200));
            record.history[CHOICE(110, 4)] = STEP(NEXT(HIGH), 111, record.history[CHOICE(110, 4)], record.count);
        } else if (record.sum % (CHOICE(130, 50) + 2) == 0) {
            record.history[(i + 1) % 4] ^= record.count << CHOICE(131, 30);
            record.flags ^= (uint8_t)i;
        }
        record.count = STEP(OTHER(LOW), 132, record.count, record.history[i % 4]);
        record.flags = (uint8_t)(record.flags + 1);
    }
    return record.count ^ record.sum ^ (uint64_t)record.balance ^ record.history[0] ^ record.history[3];
}

static uint64_t LOCAL(part)(uint64_t value) {
    uint64_t other = STEP(LOW, 200, value, UINT64_C(1) << 33);
#if LOW % 4 == 0
    value ^= LOCAL(straight)(value, other);
    other += LOCAL(automaton)(other, value);
    value += LOCAL(network)(value, other);
    other ^= LOCAL(record)(other, value);
    value ^= LOCAL(digits)(value, other);
#elif LOW % 4 == 1
    other ^= LOCAL(digits)(value, other);
    value += LOCAL(record)(other, value);
    value ^= LOCAL(automaton)(value, other);
    other += LOCAL(straight)(other, value);
    value -= LOCAL(network)(value, other);
#elif LOW % 4 == 2
    for (uint64_t i = 0; i < 2; i++) {
        value += LOCAL(network)(value + i, other);
        other ^= LOCAL(straight)(other, value);
    }
    value ^= other > value ? LOCAL(automaton)(value, other) : LOCAL(record)(value, other);
    other -= LOCAL(digits)(other, value);
#else
    value ^= LOCAL(automaton)(value, LOCAL(digits)(other, value));
    other ^= LOCAL(record)(value, LOCAL(network)(other, value));
    value += LOCAL(straight)(value, other);
#endif
    return mix(value, other);
}
