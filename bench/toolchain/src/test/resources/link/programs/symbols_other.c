/* The other file of symbols.c. */
#include <stdint.h>

uint64_t shared_number = 12;
uint64_t shared_array[] = {1, 2, 3, 4};
const char shared_text[] = "shared";
uint64_t common_number;
static uint64_t zeros = 5;

uint64_t overridden(uint64_t x) { return x * 2; }

uint64_t other(uint64_t x) { return x + zeros + shared_array[1] + common_number; }

uint64_t other_address(void) { return (uintptr_t)&common_number; }
