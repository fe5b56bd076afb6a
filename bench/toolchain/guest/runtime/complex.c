/*
 * Complex multiplication and division, and powers with a whole exponent: the operations that compilers call, by their
 * names. What is infinite stays so where a part is not a number (C, annex G).
 */
#include "octets.h"

#define INFINITE(x) (__builtin_isinf(x) != 0)
#define FINITE(x) (!__builtin_isnan(x) && !INFINITE(x))
/* 1 or 0, with the sign: what is infinite, as a direction. */
#define DIRECTION(type, x) ((type)__builtin_copysign((double)INFINITE(x), (double)(x)))
#define NUMBER(type, x) (__builtin_isnan(x) ? (type)__builtin_copysign(0.0, (double)(x)) : (x))

#define MAGNITUDE(x) ((x) < 0 ? -(x) : (x))
#define GREATER(x, y) (MAGNITUDE(x) < MAGNITUDE(y) ? MAGNITUDE(y) : MAGNITUDE(x))

/*
 * Brings two parts to a size in which products keep their digits and sums do not overflow: times the one or the other of
 * two powers of two, and `factor` times one that the quotient needs then.
 */
#define SCALE(x, y, least, greatest, factor_up, factor_down)                                                           \
    if (GREATER(x, y) < (least)) {                                                                                     \
        x *= 1 / (least), y *= 1 / (least), factor *= factor_up;                                                       \
    } else if (GREATER(x, y) >= (greatest)) {                                                                          \
        x *= 0.25f, y *= 0.25f, factor *= factor_down;                                                                 \
    }

/* With the number below which products lose digits, and the one from which on sums overflow. */
#define COMPLEX(type, suffix, least, greatest)                                                                         \
    _Complex type __mul##suffix##3(type a, type b, type c, type d);                                                    \
    _Complex type __div##suffix##3(type a, type b, type c, type d);                                                    \
    RUNTIME _Complex type __mul##suffix##3(type a, type b, type c, type d) {                                           \
        type ac = a * c, bd = b * d, ad = a * d, bc = b * c;                                                           \
        type real = ac - bd, imaginary = ad + bc;                                                                      \
        if (__builtin_isnan(real) && __builtin_isnan(imaginary)) {                                                     \
            int again = 0;                                                                                             \
            if (INFINITE(a) || INFINITE(b)) {                                                                          \
                a = DIRECTION(type, a), b = DIRECTION(type, b);                                                        \
                c = NUMBER(type, c), d = NUMBER(type, d);                                                              \
                again = 1;                                                                                             \
            }                                                                                                          \
            if (INFINITE(c) || INFINITE(d)) {                                                                          \
                c = DIRECTION(type, c), d = DIRECTION(type, d);                                                        \
                a = NUMBER(type, a), b = NUMBER(type, b);                                                              \
                again = 1;                                                                                             \
            }                                                                                                          \
            if (!again && (INFINITE(ac) || INFINITE(bd) || INFINITE(ad) || INFINITE(bc))) {                            \
                a = NUMBER(type, a), b = NUMBER(type, b);                                                              \
                c = NUMBER(type, c), d = NUMBER(type, d);                                                              \
                again = 1;                                                                                             \
            }                                                                                                          \
            if (again) {                                                                                               \
                real = (type)__builtin_inf() * (a * c - b * d);                                                        \
                imaginary = (type)__builtin_inf() * (a * d + b * c);                                                   \
            }                                                                                                          \
        }                                                                                                              \
        return __builtin_complex(real, imaginary);                                                                     \
    }                                                                                                                  \
    RUNTIME _Complex type __div##suffix##3(type a, type b, type c, type d) {                                           \
        type real, imaginary, ratio, whole, factor = 1;                                                                \
        SCALE(a, b, least, greatest, least, 4)                                                                         \
        SCALE(c, d, least, greatest, 1 / (least), 0.25f)                                                               \
        /* By the greater part, so that nothing overflows on the way (Smith). */                                       \
        if (MAGNITUDE(c) < MAGNITUDE(d)) {                                                                             \
            ratio = c / d, whole = c * ratio + d;                                                                      \
            real = (a * ratio + b) / whole, imaginary = (b * ratio - a) / whole;                                       \
        } else {                                                                                                       \
            ratio = d / c, whole = d * ratio + c;                                                                      \
            real = (b * ratio + a) / whole, imaginary = (b - a * ratio) / whole;                                       \
        }                                                                                                              \
        real *= factor, imaginary *= factor;                                                                           \
        if (__builtin_isnan(real) && __builtin_isnan(imaginary)) {                                                     \
            if (c == 0 && d == 0 && (!__builtin_isnan(a) || !__builtin_isnan(b))) {                                    \
                type infinite = (type)__builtin_copysign(__builtin_inf(), (double)c);                                  \
                real = infinite * a, imaginary = infinite * b;                                                         \
            } else if ((INFINITE(a) || INFINITE(b)) && FINITE(c) && FINITE(d)) {                                       \
                a = DIRECTION(type, a), b = DIRECTION(type, b);                                                        \
                real = (type)__builtin_inf() * (a * c + b * d);                                                        \
                imaginary = (type)__builtin_inf() * (b * c - a * d);                                                   \
            } else if ((INFINITE(c) || INFINITE(d)) && FINITE(a) && FINITE(b)) {                                       \
                c = DIRECTION(type, c), d = DIRECTION(type, d);                                                        \
                real = 0 * (a * c + b * d), imaginary = 0 * (b * c - a * d);                                           \
            }                                                                                                          \
        }                                                                                                              \
        return __builtin_complex(real, imaginary);                                                                     \
    }

#define POWER(type, suffix)                                                                                            \
    type __powi##suffix##2(type base, int exponent);                                                                   \
    RUNTIME type __powi##suffix##2(type base, int exponent) {                                                          \
        type result = 1;                                                                                               \
        for (unsigned rest = exponent < 0 ? 0 - (unsigned)exponent : (unsigned)exponent; rest != 0; rest >>= 1) {      \
            if ((rest & 1) != 0) {                                                                                     \
                result *= base;                                                                                        \
            }                                                                                                          \
            base *= base;                                                                                              \
        }                                                                                                              \
        return exponent < 0 ? 1 / result : result;                                                                     \
    }

COMPLEX(float, sc, 0x1p-100f, 0x1p126f)
COMPLEX(double, dc, 0x1p-960, 0x1p1022)
COMPLEX(long double, tc, 0x1p-16260L, 0x1p16382L)
POWER(float, sf)
POWER(double, df)
POWER(long double, tf)
