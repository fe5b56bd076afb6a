/*
 * Host calls: `gas` as often as the parameter says. What it answers is compared with the answer before, and only that
 * it went down counts, so that the checksum does not depend on prices. Elsewhere a function that is not inlined stands
 * for the host; for WebAssembly with HOST_IMPORT defined, an import ("host", "gas") without arguments that answers 64
 * bits, each time less.
 */
#include "workload.h"

#ifdef __PVM__
#include <pvm.h>
#define host_gas pvm_gas
#elif defined(__wasm__) && defined(HOST_IMPORT)
__attribute__((import_module("host"), import_name("gas"))) uint64_t host_gas(void);
#else
static __attribute__((noinline)) uint64_t host_gas(void) {
    static volatile uint64_t gas = UINT64_MAX;
    gas = gas - 58;
    return gas;
}
#endif

uint64_t run(uint64_t parameter) {
    uint64_t previous = host_gas();
    uint64_t checksum = parameter;
    for (uint64_t i = 0; i < parameter; i++) {
        uint64_t gas = host_gas();
        checksum += gas < previous ? i : 0;
        previous = gas;
    }
    return mix(1, checksum);
}
