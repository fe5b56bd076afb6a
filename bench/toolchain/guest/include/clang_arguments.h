/* Included before every source that Clang compiles: variable arguments without those that it would take from a wrong place. */
#if defined(__riscv_abi_rve) && !defined(__ASSEMBLER__)
/* What is aligned to 16 octets Clang passes anywhere, and looks for at the next multiple of 16 octets. */
#define __builtin_va_arg(list, type)                                                                             \
    __extension__({                                                                                              \
        _Static_assert(sizeof(type) > 16 || _Alignof(type) <= 8,                                                 \
                       "Clang loses variable arguments that are aligned to 16 octets in the ABI lp64e: pass a " \
                       "pointer, or compile with -mabi=lp64");                                                   \
        __builtin_va_arg(list, type);                                                                            \
    })
#endif
