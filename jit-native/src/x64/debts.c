/* What blocks leave to each other. */
#include "x64/debts.h"

#include <string.h>

uint64_t debts_octets(uint32_t count) {
    return (count + UINT64_C(1)) * (sizeof(uint32_t) + sizeof(uint16_t));
}

void debts_begin(struct debts *debts, uint32_t *memory, uint32_t count) {
    *debts = (struct debts){(uint16_t *)(memory + count + 1), memory, count};
    memset(debts->at, DEBT_UNKNOWN & 0xFF, (count + UINT64_C(1)) * sizeof *debts->at);
    for (uint32_t n = 0; n <= count; n++) {
        debts->stands[n] = n;
    }
}

void debts_reach(struct debts *debts, uint32_t block) {
    debts->at[block] = 0;
}

void debts_join(struct debts *debts, struct ways ways) {
    uint32_t on = debts_find(debts, ways.next), to = debts_find(debts, ways.target);
    if (debts->at[on] == DEBT_UNKNOWN) {
        debts->stands[on] = to;
    } else if (debts->at[to] == DEBT_UNKNOWN) {
        debts->stands[to] = on;
    }
}
