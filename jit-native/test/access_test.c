/* Loads and stores: what they move, for every opcode, choice of registers, offset and configuration; and what they
 * do at the borders of pages of every access, at the first 64 KiB and at the end of the address space. */
#include "check.h"
#include "guest.h"

static struct guest guest;
static pvm_engine *engine;
static pvm_module *module;
static pvm_context *context;

#define OFFSET INT64_C(-0x12345679) /* of the indirect accesses in the border tests */
#define STORED INT64_C(-0x12345678) /* by store_imm */

enum shape { ABSOLUTE, INDIRECT };

/* Every opcode that touches memory. */
static const struct access_opcode {
    uint8_t opcode, size;
    bool write, immediate; /* immediate: stores a constant */
    bool sign;
    enum shape shape;
} opcodes[] = {
    {OP_store_imm_u8, 1, true, true, false, ABSOLUTE},      {OP_store_imm_u16, 2, true, true, false, ABSOLUTE},
    {OP_store_imm_u32, 4, true, true, false, ABSOLUTE},     {OP_store_imm_u64, 8, true, true, false, ABSOLUTE},
    {OP_load_u8, 1, false, false, false, ABSOLUTE},         {OP_load_i8, 1, false, false, true, ABSOLUTE},
    {OP_load_u16, 2, false, false, false, ABSOLUTE},        {OP_load_i16, 2, false, false, true, ABSOLUTE},
    {OP_load_u32, 4, false, false, false, ABSOLUTE},        {OP_load_i32, 4, false, false, true, ABSOLUTE},
    {OP_load_u64, 8, false, false, false, ABSOLUTE},        {OP_store_u8, 1, true, false, false, ABSOLUTE},
    {OP_store_u16, 2, true, false, false, ABSOLUTE},        {OP_store_u32, 4, true, false, false, ABSOLUTE},
    {OP_store_u64, 8, true, false, false, ABSOLUTE},        {OP_store_imm_ind_u8, 1, true, true, false, INDIRECT},
    {OP_store_imm_ind_u16, 2, true, true, false, INDIRECT}, {OP_store_imm_ind_u32, 4, true, true, false, INDIRECT},
    {OP_store_imm_ind_u64, 8, true, true, false, INDIRECT}, {OP_store_ind_u8, 1, true, false, false, INDIRECT},
    {OP_store_ind_u16, 2, true, false, false, INDIRECT},    {OP_store_ind_u32, 4, true, false, false, INDIRECT},
    {OP_store_ind_u64, 8, true, false, false, INDIRECT},    {OP_load_ind_u8, 1, false, false, false, INDIRECT},
    {OP_load_ind_i8, 1, false, false, true, INDIRECT},      {OP_load_ind_u16, 2, false, false, false, INDIRECT},
    {OP_load_ind_i16, 2, false, false, true, INDIRECT},     {OP_load_ind_u32, 4, false, false, false, INDIRECT},
    {OP_load_ind_i32, 4, false, false, true, INDIRECT},     {OP_load_ind_u64, 8, false, false, false, INDIRECT},
};
#define OPCODES (sizeof opcodes / sizeof *opcodes)

/* ---- The model: a few pages ---- */

static const uint32_t pages[] = {15, 16, 0x20, 0x21, 0x7FFFF, 0x80000, 0xFFFFE, 0xFFFFF, 0};
#define PAGES (sizeof pages / sizeof *pages)

static struct {
    uint8_t access;
    uint8_t octets[PVM_PAGE_SIZE];
} model[PAGES];

static int model_page(uint64_t octet) {
    for (size_t n = 0; n < PAGES; n++) {
        if (pages[n] == (octet & 0xFFFFFFFF) / PVM_PAGE_SIZE) {
            return (int)n;
        }
    }
    return -1;
}

static void protect(uint32_t page, uint32_t access) {
    CHECK_EQ(pvm_memory_protect(context, page, 1, access, 0, NULL), PVM_OK);
    model[model_page((uint64_t)page * PVM_PAGE_SIZE)].access = (uint8_t)access;
}

/* Gives a page its own random contents. */
static void fill(uint32_t page, uint64_t seed) {
    uint8_t *octets = model[model_page((uint64_t)page * PVM_PAGE_SIZE)].octets;
    for (size_t n = 0; n < PVM_PAGE_SIZE; n += 8) {
        uint64_t value = random64(&seed);
        memcpy(octets + n, &value, sizeof value);
    }
    protect(page, PVM_ACCESS_READ);
    CHECK_EQ(pvm_memory_fill(context, (uint64_t)page * PVM_PAGE_SIZE, octets, PVM_PAGE_SIZE, NULL), PVM_OK);
}

/* RAM against the model: every page that can be read. */
static void compare_pages(void) {
    for (size_t n = 0; n < PAGES; n++) {
        CHECK_EQ(context->page_access[pages[n]], model[n].access);
        if (model[n].access != PVM_ACCESS_NONE) {
            CHECK_BYTES(context->memory + (uint64_t)pages[n] * PVM_PAGE_SIZE, model[n].octets, PVM_PAGE_SIZE);
        }
    }
}

/* ---- One access ---- */

/* Runs the block at pc (the access and a trap behind `length` octets) and compares registers, exit, and the octets
 * touched. a: the value's register; base: the address's register, or -1. */
static void check_access(const struct access_opcode *o, uint32_t pc, uint32_t length, int a, int base, int64_t offset,
                         uint64_t address) {
    uint64_t before[PVM_REGISTER_COUNT], after[PVM_REGISTER_COUNT];
    for (uint64_t n = 0; n < PVM_REGISTER_COUNT; n++) {
        before[n] = UINT64_C(0x8899AABBCCDDEEFF) * (2 * n + 1) + pc;
    }
    if (base >= 0) {
        before[base] = address - (uint64_t)offset + (UINT64_C(0xFEED) << 48);
    }
    memcpy(after, before, sizeof after);
    uint64_t value = o->immediate ? (uint64_t)STORED : before[a], loaded = 0;
    int64_t denied = -1;
    for (uint64_t n = 0; n < o->size && denied < 0; n++) {
        int page = model_page(address + n);
        if (page < 0 || model[page].access < (o->write ? PVM_ACCESS_WRITE : PVM_ACCESS_READ)) {
            denied = (int64_t)((address + n) & 0xFFFFFFFF);
        }
    }
    for (uint64_t n = 0; n < o->size && denied < 0; n++) {
        uint8_t *octet = &model[model_page(address + n)].octets[(address + n) % PVM_PAGE_SIZE];
        if (o->write) {
            *octet = (uint8_t)(value >> 8 * n);
        }
        loaded |= (uint64_t)*octet << 8 * n;
    }
    if (!o->write && denied < 0) {
        uint64_t sign = UINT64_C(1) << (8 * o->size - 1);
        after[a] = o->sign && (loaded & sign) != 0 ? loaded | (0 - sign) : loaded;
    }
    enum pvm_exit kind = denied < 0 || denied < 65536 ? PVM_EXIT_PANIC : PVM_EXIT_PAGE_FAULT;
    uint32_t exit_pc = denied < 0 ? pc + length : pc;
    uint64_t argument = kind == PVM_EXIT_PAGE_FAULT ? (uint64_t)denied / PVM_PAGE_SIZE * PVM_PAGE_SIZE : 0;
    memcpy(context->registers, before, sizeof before);
    context->pc = pc;
    context->gas = 1000;
    context->gas_charged = 0;
    uint32_t actual = pvm_run(context);
    if (actual != kind || context->exit_pc != exit_pc || context->exit_argument != argument ||
        context->gas_charged != 1 || context->pc != (kind == PVM_EXIT_PAGE_FAULT ? exit_pc : 0) ||
        context->gas != 1000 - cost_at(module, pc)) {
        CHECK_FAIL("%s at 0x%" PRIx64 ": exit %u at %u, argument 0x%" PRIx64 "; not exit %u at %u, 0x%" PRIx64,
                   opcode_table[o->opcode].name, address, actual, context->exit_pc, context->exit_argument, kind,
                   exit_pc, argument);
    }
    for (int n = 0; n < PVM_REGISTER_COUNT; n++) {
        if (context->registers[n] != after[n]) {
            CHECK_FAIL("%s at 0x%" PRIx64 ", registers %d and %d: register %d is 0x%" PRIx64 ", not 0x%" PRIx64,
                       opcode_table[o->opcode].name, address, a, base, n, context->registers[n], after[n]);
        }
    }
    for (uint64_t n = address - 8; n < address + 16; n++) {
        int page = model_page(n);
        if (page >= 0 && model[page].access != PVM_ACCESS_NONE &&
            context->memory[n & 0xFFFFFFFF] != model[page].octets[n % PVM_PAGE_SIZE]) {
            CHECK_FAIL("%s at 0x%" PRIx64 ": RAM differs at 0x%" PRIx64, opcode_table[o->opcode].name, address, n);
        }
    }
}

static void put_access(const struct access_opcode *o, int a, int base, int64_t x) {
    if (o->shape == ABSOLUTE && o->immediate) {
        put_imm_imm(&guest, o->opcode, x, STORED);
    } else if (o->shape == ABSOLUTE) {
        put_reg_imm(&guest, o->opcode, a, x);
    } else if (o->immediate) {
        put_reg_imm_imm(&guest, o->opcode, base, x, STORED);
    } else {
        put_reg_reg_imm(&guest, o->opcode, a, base, x);
    }
    put_opcode(&guest, OP_trap);
}

static uint32_t length_of(const struct access_opcode *o) {
    return o->immediate ? 10 : 6;
}

static void prepare(void) {
    static const pvm_region elsewhere = {.first_page = 0x8000, .page_count = 1, .access = PVM_ACCESS_READ};
    module = compile(engine, &guest);
    context = instantiate(module, &elsewhere, 1);
    keep_in_hardware(context);
    CHECK_EQ(pvm_instance_is_checked(context), (engine->config.flags & PVM_FLAG_ALWAYS_CHECKED) != 0);
    memset(model, 0, sizeof model);
}

static void dispose(void) {
    pvm_instance_destroy(context);
    pvm_module_release(module);
}

/* ---- Every choice of registers, many offsets ---- */

static const int64_t offsets[] = {0, 1, -1, 127, 128, -128, -129, 4096, INT32_MAX, INT32_MIN};
#define OFFSETS (sizeof offsets / sizeof *offsets)

static void registers_and_offsets(void) {
    for (size_t n = 0; n < OPCODES; n++) {
        const struct access_opcode *o = &opcodes[n];
        if (o->shape != INDIRECT) {
            continue;
        }
        guest_clear(&guest);
        for (int registers = 0; registers < 13 * 13; registers++) {
            for (size_t m = 0; m < OFFSETS; m++) {
                put_access(o, registers % 13, registers / 13, offsets[m]);
            }
        }
        prepare();
        fill(0x20, 5);
        fill(0x21, 6);
        protect(0x20, PVM_ACCESS_WRITE);
        protect(0x21, PVM_ACCESS_WRITE);
        uint32_t pc = 0;
        for (int registers = 0; registers < 13 * 13; registers++) {
            for (size_t m = 0; m < OFFSETS; m++, pc += length_of(o) + 1) {
                int a = registers % 13, base = registers / 13;
                check_access(o, pc, length_of(o), o->immediate ? -1 : a, base, offsets[m], 0x20FF0 + (pc + n) % 17);
            }
        }
        compare_pages();
        dispose();
    }
}

static void absolute_addresses(void) {
    static const uint64_t addresses[] = {0x20000,    0x20001,    0x20FFC,    0x21008,    0x7FFFFFF0,
                                         0x7FFFFFFD, 0x80000000, 0x80000FF8, 0xFFFFF000, 0xFFFFFFF8};
    enum { ADDRESSES = sizeof addresses / sizeof *addresses };
    for (size_t n = 0; n < OPCODES; n++) {
        const struct access_opcode *o = &opcodes[n];
        if (o->shape != ABSOLUTE) {
            continue;
        }
        guest_clear(&guest);
        for (int a = 0; a < PVM_REGISTER_COUNT; a++) {
            for (size_t m = 0; m < ADDRESSES; m++) {
                put_access(o, a, -1, (int64_t)addresses[m]);
            }
        }
        prepare();
        for (size_t page = 2; page + 1 < PAGES; page++) {
            fill(pages[page], page);
            protect(pages[page], PVM_ACCESS_WRITE);
        }
        uint32_t pc = 0;
        for (int a = 0; a < PVM_REGISTER_COUNT; a++) {
            for (size_t m = 0; m < ADDRESSES; m++, pc += length_of(o) + 1) {
                check_access(o, pc, length_of(o), a, -1, 0, addresses[m]);
            }
        }
        compare_pages();
        dispose();
    }
}

/* ---- Borders: two pages of every access, every opcode, every address with an octet or more in either ---- */

static const uint32_t borders[][2] = {{0x20, 0x21}, {15, 16}, {0x7FFFF, 0x80000}, {0xFFFFE, 0xFFFFF}, {0xFFFFF, 0}};
#define BORDERS (sizeof borders / sizeof *borders)
#define AROUND 10 /* addresses from 9 octets in front of a border on */

static uint32_t border_pc[OPCODES];

static void put_border_program(void) {
    guest_clear(&guest);
    for (size_t n = 0; n < OPCODES; n++) {
        border_pc[n] = guest.length;
        if (opcodes[n].shape == INDIRECT) {
            put_access(&opcodes[n], 9, 10, OFFSET);
            continue;
        }
        for (size_t m = 0; m < BORDERS; m++) {
            for (uint32_t around = 0; around < AROUND; around++) {
                put_access(&opcodes[n], 9, -1, (int64_t)borders[m][1] * PVM_PAGE_SIZE - 9 + around);
            }
        }
    }
}

static void page_borders(void) {
    put_border_program();
    prepare();
    for (size_t m = 0; m < BORDERS; m++) {
        const uint32_t *border = borders[m];
        for (uint32_t side = 0; side < 2; side++) {
            if (border[side] >= FIRST_ACCESSIBLE_PAGE) {
                fill(border[side], border[side]);
            }
        }
        for (uint32_t combination = 0; combination < 9; combination++) {
            uint32_t access[2] = {combination % 3, combination / 3};
            if ((border[0] < FIRST_ACCESSIBLE_PAGE && access[0] != 0) ||
                (border[1] < FIRST_ACCESSIBLE_PAGE && access[1] != 0)) {
                continue;
            }
            protect(border[0], access[0]);
            protect(border[1], access[1]);
            for (size_t n = 0; n < OPCODES; n++) {
                for (uint32_t around = 0; around < AROUND; around++) {
                    bool absolute = opcodes[n].shape == ABSOLUTE;
                    uint64_t address = ((uint64_t)border[1] * PVM_PAGE_SIZE - 9 + around) & 0xFFFFFFFF;
                    uint32_t length = length_of(&opcodes[n]);
                    uint32_t pc = border_pc[n] + (absolute ? ((uint32_t)m * AROUND + around) * (length + 1) : 0);
                    check_access(&opcodes[n], pc, length, opcodes[n].immediate ? -1 : 9, absolute ? -1 : 10, OFFSET,
                                 address);
                }
            }
        }
        /* Nothing was written that the model does not know of, neither while it was hidden. */
        for (uint32_t side = 0; side < 2; side++) {
            if (border[side] >= FIRST_ACCESSIBLE_PAGE) {
                protect(border[side], PVM_ACCESS_READ);
            }
        }
        compare_pages();
        for (uint32_t side = 0; side < 2; side++) {
            protect(border[side], PVM_ACCESS_NONE);
        }
    }
    dispose();
}

/* The first 64 KiB cannot be touched: a panic, at its first and last octet and by the low half of a straddling
 * access. */
static void first_64_kib(void) {
    static const uint64_t addresses[] = {0, 1, 7, 4096, 0x8000, 0xFFF8, 0xFFF9, 0xFFFF, UINT64_C(0x100000000) - 1};
    guest_clear(&guest);
    for (size_t n = 0; n < OPCODES; n++) {
        border_pc[n] = guest.length;
        put_access(&opcodes[n], 3, 4, opcodes[n].shape == INDIRECT ? 0 : 0xFFFF);
    }
    prepare();
    fill(16, 1);
    protect(16, PVM_ACCESS_WRITE);
    fill(0xFFFFF, 2);
    protect(0xFFFFF, PVM_ACCESS_WRITE);
    for (size_t n = 0; n < OPCODES; n++) {
        bool absolute = opcodes[n].shape == ABSOLUTE;
        for (size_t m = 0; m < (absolute ? 1 : sizeof addresses / sizeof *addresses); m++) {
            check_access(&opcodes[n], border_pc[n], length_of(&opcodes[n]), 3, absolute ? -1 : 4, 0,
                         absolute ? 0xFFFF : addresses[m]);
        }
    }
    compare_pages();
    dispose();
}

/* A guest that faults at every page goes on where it stopped, paying once: the sum over 64 pages granted one by one. */
static void faults_resume(void) {
    guest_clear(&guest);
    uint32_t loop = put_reg_reg_imm(&guest, OP_load_ind_u64, 2, 1, 0xFFC);
    put_reg_reg_reg(&guest, OP_add_64, 3, 3, 2);
    put_reg_reg_imm(&guest, OP_add_imm_64, 1, 1, PVM_PAGE_SIZE);
    put_off(&guest, OP_jump, loop);
    prepare();
    context->registers[1] = 0x30000;
    uint64_t cost = cost_at(module, 0), gas = context->gas = 100000, expected = 0;
    for (uint32_t page = 0x30; page < 0x70; page++) {
        /* The access straddles: a fault in its first page, then one in the second (which the next access has first). */
        if (page == 0x30) {
            CHECK_EQ(pvm_run(context), PVM_EXIT_PAGE_FAULT);
            CHECK_EQ(context->exit_argument, 0x30000);
            CHECK_EQ(context->gas, gas - cost);
            CHECK_EQ(pvm_memory_protect(context, page, 1, PVM_ACCESS_WRITE, 1, NULL), PVM_OK);
        }
        CHECK_EQ(pvm_run(context), PVM_EXIT_PAGE_FAULT);
        gas -= cost;
        CHECK_EQ(context->exit_argument, (page + 1) * PVM_PAGE_SIZE);
        CHECK_EQ(context->exit_pc, loop);
        CHECK_EQ(context->gas, gas);
        CHECK_EQ(context->gas_charged, 1);
        CHECK_EQ(context->registers[3], expected);
        uint64_t value = page * UINT64_C(0x9E3779B97F4A7C15);
        CHECK_EQ(pvm_memory_protect(context, page + 1, 1, PVM_ACCESS_WRITE, 1, NULL), PVM_OK);
        memcpy(context->memory + (uint64_t)page * PVM_PAGE_SIZE + 0xFFC, &value, sizeof value);
        expected += value;
    }
    CHECK_EQ(pvm_run(context), PVM_EXIT_PAGE_FAULT);
    CHECK_EQ(context->registers[3], expected);
    dispose();
}

static const struct {
    const char *name;
    void (*test)(void);
} tests[] = {
    {"registers_and_offsets", registers_and_offsets},
    {"absolute_addresses", absolute_addresses},
    {"page_borders", page_borders},
    {"first_64_kib", first_64_kib},
    {"faults_resume", faults_resume},
};

static size_t current;

static void in_every_configuration(void) {
    for (size_t n = 0; n < CONFIGURATIONS; n++) {
        printf("%s, %s\n", tests[current].name, configurations[n].name);
        engine = make_configured(&configurations[n], PVM_REVISION_NEXT);
        tests[current].test();
        destroy_engine(engine);
    }
}

int main(void) {
    for (current = 0; current < sizeof tests / sizeof *tests; current++) {
        check_run(tests[current].name, in_every_configuration);
    }
    return check_finish();
}
