/* What the RAM of the instance of host.h is to be, for tests in which machines follow each other. Include host.h before. */
#ifndef RAM_MODEL_H
#define RAM_MODEL_H

/* The pages that such a test uses. */
#define FIRST 0x10
#define PAGES 80

static uint8_t model[PAGES][PVM_PAGE_SIZE];
static uint8_t granted[PAGES];

static inline void begin_model(const pvm_region *regions, uint32_t count) {
    memset(model, 0, sizeof model);
    memset(granted, PVM_ACCESS_NONE, sizeof granted);
    for (uint32_t n = 0; n < count; n++) {
        memset(granted + regions[n].first_page - FIRST, (int)regions[n].access, regions[n].page_count);
        if (regions[n].contents_length != 0) {
            memcpy(model[regions[n].first_page - FIRST], regions[n].contents, regions[n].contents_length);
        }
    }
}

static inline void check_model(void) {
    for (uint32_t page = 0; page < PAGES; page++) {
        CHECK_EQ(context->page_access[FIRST + page], granted[page]);
        if (granted[page] != PVM_ACCESS_NONE) {
            CHECK(memcmp(page_of(context, FIRST + page), model[page], PVM_PAGE_SIZE) == 0);
        }
    }
}

#endif
