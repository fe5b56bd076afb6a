/* When instances that fault often are checked in software. */
#include "memory/paging.h"

#include "memory/access.h"

void paging_reset(struct instance *instance, uint64_t pages) {
    instance->paging = false;
    instance->paging_is_due = false;
    instance->never_paging = false;
    instance->paging_gas = 0;
    instance->granted_pages = pages;
}

/* What may be spent until the next fault, and so the most that faults pay for. */
static uint64_t paging_limit(const struct instance *instance) {
    uint64_t touched = instance->touched_end - instance->touched_first;
    uint64_t pages = touched < instance->granted_pages ? touched : instance->granted_pages;
    return PAGING_GAS + pages * PAGING_GAS_PER_PAGE;
}

void paging_fault(struct instance *instance, uint64_t spent, uint32_t instructions) {
    if (instance->checked && !instance->paging) {
        return;
    }
    paging_spend(instance, spent);
    instance->paging_gas += PAGING_GAS_PER_FAULT;
    if (instance->paging) {
        uint64_t limit = paging_limit(instance);
        instance->paging_gas = instance->paging_gas < limit ? instance->paging_gas : limit;
        return;
    }
    instance->paging_is_due = instance->paging_gas > PAGING_GAS + instructions * (uint64_t)PAGING_GAS_PER_INSTRUCTION;
}

void paging_begin(struct instance *instance) {
    if (!instance->paging_is_due || instance->never_paging || instance->checked) {
        return;
    }
    instance->paging_is_due = false;
    if (access_check_in_software(instance, NULL) == PVM_OK) {
        instance->paging = true;
        instance->paging_gas = paging_limit(instance);
        return;
    }
    instance->never_paging = true;
    if (instance->broken || !access_protect_all(instance)) {
        access_give_up(instance);
    }
}

void paging_spend(struct instance *instance, uint64_t spent) {
    instance->paging_gas -= spent < instance->paging_gas ? spent : instance->paging_gas;
}

bool paging_end(struct instance *instance) {
    bool was_paging = instance->paging;
    instance->paging = false;
    return was_paging && access_check_in_hardware(instance, NULL) == PVM_OK;
}

bool paging_end_for_good(struct instance *instance) {
    bool ended = paging_end(instance);
    instance->never_paging |= ended;
    return ended;
}
