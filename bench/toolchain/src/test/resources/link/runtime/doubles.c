/* Arithmetic of double. */
#define F f64
#define U u64
#define BITS 64
#define FRACTION 52
#define NAME(stem, count) __##stem##df##count
#define TO(stem, integer) __##stem##df##integer
#define FROM(stem, integer) __##stem##integer##df
#define FAMILY doubles
#define FAMILY_TO doubles_to_integers
#define FAMILY_FROM integers_to_doubles
#include "format.h"
