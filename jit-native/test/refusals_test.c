/* Machines one after the other in few slots, while the system refuses now and then what the library asks for: whoever gets a
 * slot then finds RAM as a model has it, page table and hardware agree, and the kernel has no more maps than are counted. */
#include "check.h"
#include "host.h"
#include "ram_model.h"
#include "refuse.h"

#define LIVES 4000
#define STEPS 8

static uint64_t random_state = 5, refused, given_up, checked;

static uint8_t octets[4 * PVM_PAGE_SIZE];
static const pvm_region layouts[][10] = {
    {{.first_page = 0}},
    {{.first_page = 0x14, .page_count = 4, .access = PVM_ACCESS_READ, .contents = octets, .contents_length = 9000},
     {.first_page = 0x20, .page_count = 30, .access = PVM_ACCESS_WRITE, .contents = octets, .contents_length = 3}},
    {{.first_page = 0x14,
      .page_count = 4,
      .access = PVM_ACCESS_READ,
      .contents = octets,
      .contents_length = 9000,
      .contents_id = 7},
     {.first_page = 0x20, .page_count = 30, .access = PVM_ACCESS_WRITE, .contents = octets, .contents_length = 3}},
    {{.first_page = 0x20, .page_count = 2, .access = PVM_ACCESS_WRITE, .contents = octets, .contents_length = 4097}},
    {{.first_page = 0x10, .page_count = 1, .access = PVM_ACCESS_WRITE},
     {.first_page = 0x12, .page_count = 1, .access = PVM_ACCESS_READ},
     {.first_page = 0x14, .page_count = 1, .access = PVM_ACCESS_WRITE},
     {.first_page = 0x16, .page_count = 1, .access = PVM_ACCESS_READ, .contents = octets, .contents_length = 1},
     {.first_page = 0x18, .page_count = 1, .access = PVM_ACCESS_WRITE},
     {.first_page = 0x1A, .page_count = 1, .access = PVM_ACCESS_READ},
     {.first_page = 0x1C, .page_count = 1, .access = PVM_ACCESS_WRITE},
     {.first_page = 0x1E, .page_count = 1, .access = PVM_ACCESS_READ},
     {.first_page = 0x20, .page_count = 1, .access = PVM_ACCESS_WRITE}},
};

static uint32_t below(uint32_t bound) {
    return random_below(&random_state, bound);
}

/* From now on one of the next calls, or all from that one on, are refused; mostly none. */
static void arm_sometimes(void) {
    if (below(3) == 0) {
        arm((int)(1 + below(5)), below(3) == 0);
    }
}

static bool disarm_and_count(int32_t result) {
    disarm();
    CHECK(result == PVM_OK || result == PVM_RESOURCE_LIMIT);
    refused += result != PVM_OK;
    return result == PVM_OK;
}

static int access_at(uint32_t page) {
    return context->page_access[page] == PVM_ACCESS_NONE   ? 0
           : context->page_access[page] == PVM_ACCESS_READ ? MAPPED_READ
                                                           : MAPPED_READ | MAPPED_WRITE;
}

/* The maps of the slot, each with its pages, against the page table and the count. */
static void check_hardware(void) {
    const struct instance *instance = instance_of(context);
    uint64_t memory = (uint64_t)context->memory, start, end, count = 0;
    char line[512], permissions[8];
    FILE *maps = fopen("/proc/self/maps", "re");
    CHECK(maps != NULL);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, permissions) != 3 ||
            end <= memory - SLOT_MEMORY || start >= memory + GUEST_MEMORY_BYTES + SLOT_GUARD) {
            continue;
        }
        count++;
        int access = (permissions[0] == 'r') * MAPPED_READ + (permissions[1] == 'w') * MAPPED_WRITE;
        for (uint64_t page = 0; page < FIRST + PAGES + 8 && !instance->unsettled; page++) {
            uint64_t address = memory + page * PVM_PAGE_SIZE;
            if (address >= start && address < end && !pvm_instance_is_checked(context)) {
                CHECK_EQ(access, access_at((uint32_t)page));
            }
        }
        if (end > memory + GUEST_MEMORY_BYTES - PVM_PAGE_SIZE && !pvm_instance_is_checked(context)) {
            CHECK_EQ(access, 0);
        }
    }
    fclose(maps);
    CHECK(count <= instance->maps);
}

/* After a refusal the instance may be given up; if not, it is as the model says, but for what was asked for. */
static bool is_given_up(void) {
    bool is = instance_of(context)->broken;
    if (is) {
        given_up++;
        CHECK_EQ(pvm_run(context), PVM_EXIT_FAILURE);
        for (uint32_t page = 0; page < PAGES; page++) {
            CHECK_EQ(context->page_access[FIRST + page], PVM_ACCESS_NONE);
        }
    }
    return is;
}

static bool ask(void) {
    uint32_t first = below(PAGES), count = 1 + below(below(4) == 0 ? PAGES - first : 1), access = below(3),
             zero = below(2);
    arm_sometimes();
    if (!disarm_and_count(pvm_memory_protect(context, FIRST + first, count, access, zero, NULL))) {
        is_given_up();
        return false;
    }
    memset(granted + first, (int)access, count);
    if (zero != 0) {
        memset(model[first], 0, (size_t)count * PVM_PAGE_SIZE);
    }
    return true;
}

static bool write_some(void) {
    uint32_t page = below(PAGES);
    if (granted[page] == PVM_ACCESS_WRITE) {
        memset(page_of(context, FIRST + page), 0xEE, PVM_PAGE_SIZE);
        memset(model[page], 0xEE, PVM_PAGE_SIZE);
    } else if (granted[page] == PVM_ACCESS_READ) {
        uint64_t address = (uint64_t)(FIRST + page) * PVM_PAGE_SIZE + 7;
        arm_sometimes();
        if (!disarm_and_count(pvm_memory_fill(context, address, octets + 100, 100, NULL))) {
            is_given_up();
            return false;
        }
        memcpy(model[page] + 7, octets + 100, 100);
    }
    return true;
}

/* What the guest may touch is what the model grants, to the page; the first pages never are. */
static bool run_some(void) {
    uint32_t from = below(PAGES), to = below(PAGES), offset = 8 * below(PVM_PAGE_SIZE / 8);
    arm_sometimes();
    uint32_t kind = guest_copies(context, (uint64_t)(FIRST + from) * PVM_PAGE_SIZE + offset,
                                 (uint64_t)(FIRST + to) * PVM_PAGE_SIZE + offset);
    disarm();
    if (kind == PVM_EXIT_FAILURE) {
        refused++;
        if (is_given_up()) {
            return false;
        }
        kind = pvm_run(context);
    }
    checked += pvm_instance_is_checked(context) != 0;
    if (granted[from] == PVM_ACCESS_NONE || granted[to] != PVM_ACCESS_WRITE) {
        CHECK_EQ(kind, PVM_EXIT_PAGE_FAULT);
    } else {
        CHECK_EQ(kind, PVM_EXIT_HOST_CALL);
        memcpy(model[to] + offset, model[from] + offset, 8);
    }
    CHECK_EQ(guest_copies(context, 8 * below(FIRST * PVM_PAGE_SIZE / 8), 0x20000), PVM_EXIT_PANIC);
    return true;
}

static void live(void) {
    uint32_t layout = below(2) == 0 ? 0 : below(sizeof layouts / sizeof *layouts), count = 0;
    while (count < 9 && layouts[layout][count].page_count != 0) {
        count++;
    }
    arm_sometimes();
    if (!disarm_and_count(pvm_instance_create_for(module, below(3), layouts[layout], count, &context, NULL))) {
        return;
    }
    begin_model(layouts[layout], count);
    check_model();
    bool fine = true;
    for (uint32_t n = 0, steps = below(STEPS); n < steps && fine; n++) {
        uint32_t what = below(8);
        fine = what < 5 ? ask() : what < 7 ? write_some() : run_some();
    }
    if (fine && below(2) == 0) {
        check_hardware();
        check_model();
        run_some();
    }
    arm_sometimes();
    pvm_instance_destroy(context);
    disarm();
}

TEST(slots_survive_refusals) {
    static const uint32_t flags[] = {0, PVM_FLAG_ALWAYS_CHECKED};
    for (size_t n = 0; n < sizeof octets; n++) {
        octets[n] = (uint8_t)(n * 7 + 1);
    }
    for (int always = 0; always < 2; always++) {
        for (uint32_t maps = 6; maps <= 64; maps *= 3) {
            pvm_engine_config config = {.flags = flags[always], .instance_limit = 3, .maps_per_instance = maps};
            refused = given_up = checked = 0;
            open_engine(&config);
            for (int n = 0; n < LIVES; n++) {
                live();
            }
            CHECK_EQ(statistics().instances_alive, 0);
            CHECK(always ? refused > 10 : refused > 100 && given_up > 10 && checked > 10);
            printf("%" PRIu64 " refused, %" PRIu64 " given up, %" PRIu64 " runs checked\n", refused, given_up, checked);
            close_engine();
        }
    }
}

int main(void) {
    RUN(slots_survive_refusals);
    return check_finish();
}
