/* Arithmetic of double, for machines without floating point: the operations that compilers call, by their names. */
#define FLOAT double
#define WORD uint64_t
#define SIGNED_WORD int64_t
#define WORD_BITS 64
#define FRACTION_BITS 52
#define NAME(stem, suffix) __##stem##df##suffix
#define NAME_FROM(stem, integer) __##stem##integer##df
#include "float_format.h"
