/* Variable arguments as the compiler has them, without those that it would take from a wrong place. */
#include_next <stdarg.h>

#if defined(va_arg) && defined(__clang__) && defined(__riscv_abi_rve)
/* Clang passes a number of 128 bits anywhere, and looks for it at the next multiple of 16 octets. */
#undef va_arg
#define va_arg(list, type)                                                                                       \
    __extension__({                                                                                              \
        _Static_assert(sizeof(type) > 16 || _Alignof(type) <= 8,                                                 \
                       "Clang loses variable arguments that are aligned to 16 octets in the ABI lp64e: pass a " \
                       "pointer, or compile with -mabi=lp64");                                                   \
        __builtin_va_arg(list, type);                                                                            \
    })
#endif
