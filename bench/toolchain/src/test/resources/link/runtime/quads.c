/* Arithmetic of long double, which has 128 bits. */
#define F f128
#define U u128
#define BITS 128
#define FRACTION 112
#define NAME(stem, count) __##stem##tf##count
#define TO(stem, integer) __##stem##tf##integer
#define FROM(stem, integer) __##stem##integer##tf
#define FAMILY quads
#define FAMILY_TO quads_to_integers
#define FAMILY_FROM integers_to_quads
#include "format.h"
