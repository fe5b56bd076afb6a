/* Sixteen parts, whose numbers have the same upper digit HIGH. */
#define LOW 0
#include "part.h"
#undef LOW
#define LOW 1
#include "part.h"
#undef LOW
#define LOW 2
#include "part.h"
#undef LOW
#define LOW 3
#include "part.h"
#undef LOW
#define LOW 4
#include "part.h"
#undef LOW
#define LOW 5
#include "part.h"
#undef LOW
#define LOW 6
#include "part.h"
#undef LOW
#define LOW 7
#include "part.h"
#undef LOW
#define LOW 8
#include "part.h"
#undef LOW
#define LOW 9
#include "part.h"
#undef LOW
#define LOW 10
#include "part.h"
#undef LOW
#define LOW 11
#include "part.h"
#undef LOW
#define LOW 12
#include "part.h"
#undef LOW
#define LOW 13
#include "part.h"
#undef LOW
#define LOW 14
#include "part.h"
#undef LOW
#define LOW 15
#include "part.h"
#undef LOW
