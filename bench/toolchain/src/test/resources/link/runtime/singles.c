/* Arithmetic of float. */
#define F f32
#define U u32
#define BITS 32
#define FRACTION 23
#define NAME(stem, count) __##stem##sf##count
#define TO(stem, integer) __##stem##sf##integer
#define FROM(stem, integer) __##stem##integer##sf
#define FAMILY singles
#define FAMILY_TO singles_to_integers
#define FAMILY_FROM integers_to_singles
#include "format.h"
