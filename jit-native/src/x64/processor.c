/* What the processor must have. This file and error.c, which it calls, are the ones that are compiled for any x86-64. */
#include "x64/processor.h"

#include "base/error.h"

#include <cpuid.h>
#include <stdint.h>
#include <sys/auxv.h>

#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE (1 << 1)
#endif

int32_t pvm_supported(pvm_error *error) {
    unsigned a, b, c, d;
    bool leaf_1 = __get_cpuid(1, &a, &b, &c, &d) != 0;
    bool popcnt = leaf_1 && (c & bit_POPCNT) != 0, sse41 = leaf_1 && (c & bit_SSE4_1) != 0;
    bool lzcnt = __get_cpuid(0x80000001, &a, &b, &c, &d) && (c & bit_LZCNT) != 0;
    bool leaf_7 = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0;
    bool bmi1 = leaf_7 && (b & bit_BMI) != 0, bmi2 = leaf_7 && (b & bit_BMI2) != 0;
    if (popcnt && lzcnt && bmi1 && bmi2 && sse41) {
        return PVM_OK;
    }
    return (int32_t)fail(error, PVM_UNSUPPORTED, 0, "the processor lacks%s%s%s%s%s", popcnt ? "" : " POPCNT",
                         lzcnt ? "" : " LZCNT", bmi1 ? "" : " BMI1", bmi2 ? "" : " BMI2", sse41 ? "" : " SSE4.1");
}

bool processor_has_fsgsbase(void) {
    return (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) != 0;
}
