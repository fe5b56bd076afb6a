/* When instances that fault often are checked in software. */
#include "memory/paging.h"

#include "memory/access.h"

void paging_reset(struct instance *instance, uint64_t pages) {
    instance->faults = 0;
    instance->paging = false;
    instance->granted_pages = pages;
}

static void expect_faults(struct instance *instance) {
    instance->paging_gas = PAGING_GAS + instance->granted_pages * PAGING_GAS_PER_PAGE;
}

void paging_fault(struct instance *instance, uint64_t spent) {
    if (instance->paging) {
        expect_faults(instance);
    } else if (!instance->checked && instance->faults < PAGING_FAULTS) {
        instance->faults = spent > PAGING_GAS ? 1 : instance->faults + 1;
    }
}

void paging_begin(struct instance *instance) {
    if (instance->faults != PAGING_FAULTS || instance->checked) {
        return;
    }
    instance->faults = PAGING_NEVER;
    if (access_check_in_software(instance, NULL) == PVM_OK) {
        instance->faults = 0;
        instance->paging = true;
        expect_faults(instance);
    } else if (instance->broken || !access_protect_all(instance)) {
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
    if (ended) {
        instance->faults = PAGING_NEVER;
    }
    return ended;
}
