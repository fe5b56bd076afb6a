/* The encoder, against octets that objdump -d -M intel reads as the assembly to the right of them. */
#include "check.h"
#include "x64/x64.h"

static uint8_t buffer[256];
static struct x64_emitter emitter = {buffer, buffer, buffer + sizeof buffer}, *const e = &emitter;

static void check_encoding(int line, const char *expected, const char *call) {
    char actual[64] = "";
    size_t length = 0;
    for (const uint8_t *octet = e->start; octet < e->at; octet++) {
        length +=
            (size_t)snprintf(actual + length, sizeof actual - length, "%s%02x", octet == e->start ? "" : " ", *octet);
    }
    if (strcmp(actual, expected) != 0) {
        check_fail(__FILE__, line, "%s gives %s, not %s", call, actual, expected);
    }
}

/* The call, made into an empty emitter, must leave these octets. */
#define ENCODES(expected, call)                                                                                        \
    do {                                                                                                               \
        e->at = e->start;                                                                                              \
        call;                                                                                                          \
        check_encoding(__LINE__, expected, #call);                                                                     \
    } while (0)

/* clang-format off */
TEST(moves) {
    ENCODES("48 89 d8", x64_mov_rr(e, W64, RAX, RBX));                                         /* mov rax, rbx */
    ENCODES("89 d8", x64_mov_rr(e, W32, RAX, RBX));                                            /* mov eax, ebx */
    ENCODES("49 89 c7", x64_mov_rr(e, W64, R15, RAX));                                         /* mov r15, rax */
    ENCODES("4c 89 f8", x64_mov_rr(e, W64, RAX, R15));                                         /* mov rax, r15 */
    ENCODES("45 89 f8", x64_mov_rr(e, W32, R8, R15));                                          /* mov r8d, r15d */
    ENCODES("89 ec", x64_mov_rr(e, W32, RSP, RBP));                                            /* mov esp, ebp */
    ENCODES("b8 00 00 00 00", x64_mov_ri(e, RAX, 0));                                          /* mov eax, 0x0 */
    ENCODES("41 b9 01 00 00 00", x64_mov_ri(e, R9, 1));                                        /* mov r9d, 0x1 */
    ENCODES("b9 ff ff ff 7f", x64_mov_ri(e, RCX, INT32_MAX));                                  /* mov ecx, 0x7fffffff */
    ENCODES("b9 ff ff ff ff", x64_mov_ri(e, RCX, UINT32_MAX));                                 /* mov ecx, 0xffffffff */
    ENCODES("48 c7 c1 ff ff ff ff", x64_mov_ri(e, RCX, -1));                                   /* mov rcx, 0xffffffffffffffff */
    ENCODES("49 c7 c4 00 00 00 80", x64_mov_ri(e, R12, INT32_MIN));                            /* mov r12, 0xffffffff80000000 */
    ENCODES("48 bf 00 00 00 00 01 00 00 00", x64_mov_ri(e, RDI, INT64_C(0x100000000)));        /* movabs rdi, 0x100000000 */
    ENCODES("49 bd f0 de bc 9a 78 56 34 12", x64_mov_ri(e, R13, INT64_C(0x123456789ABCDEF0))); /* movabs r13, 0x123456789abcdef0 */
    ENCODES("48 bd ff ff ff 7f ff ff ff ff", x64_mov_ri(e, RBP, INT64_C(-0x80000001)));        /* movabs rbp, 0xffffffff7fffffff */
    ENCODES("48 be 00 00 00 00 00 00 00 80", x64_mov_ri(e, RSI, INT64_MIN));                   /* movabs rsi, 0x8000000000000000 */
    ENCODES("49 8b 47 08", x64_mov_rm(e, W64, RAX, x64_at(R15, 8)));                           /* mov rax, QWORD PTR [r15+0x8] */
    ENCODES("44 8b 10", x64_mov_rm(e, W32, R10, x64_at(RAX, 0)));                              /* mov r10d, DWORD PTR [rax] */
    ENCODES("49 89 47 c8", x64_mov_mr(e, W64, x64_at(R15, -56), RAX));                         /* mov QWORD PTR [r15-0x38], rax */
    ENCODES("44 89 9b e8 03 00 00", x64_mov_mr(e, W32, x64_at(RBX, 1000), R11));               /* mov DWORD PTR [rbx+0x3e8], r11d */
    ENCODES("50", x64_push(e, RAX));                                                           /* push rax */
    ENCODES("50 50 50", x64_push_repeated(e, RAX, 3));                                         /* push rax ; push rax ; push rax */
    ENCODES("41 54", x64_push(e, R12));                                                        /* push r12 */
    ENCODES("59", x64_pop(e, RCX));                                                            /* pop rcx */
    ENCODES("41 5f", x64_pop(e, R15));                                                         /* pop r15 */
    ENCODES("41 c7 47 7c 78 56 34 12", x64_mov_mi(e, W32, x64_at(R15, 124), 0x12345678));      /* mov DWORD PTR [r15+0x7c], 0x12345678 */
    ENCODES("49 c7 47 80 fe ff ff ff", x64_mov_mi(e, W64, x64_at(R15, -128), -2));             /* mov QWORD PTR [r15-0x80], 0xfffffffffffffffe */
    ENCODES("48 63 c0", x64_movsxd_rr(e, RAX, RAX));                                           /* movsxd rax, eax */
    ENCODES("4c 63 c2", x64_movsxd_rr(e, R8, RDX));                                            /* movsxd r8, edx */
    ENCODES("49 63 d0", x64_movsxd_rr(e, RDX, R8));                                            /* movsxd rdx, r8d */
    ENCODES("0f b6 c1", x64_movzx8_rr(e, RAX, RCX));                                           /* movzx eax, cl */
    ENCODES("44 0f b6 f1", x64_movzx8_rr(e, R14, RCX));                                        /* movzx r14d, cl */
    ENCODES("40 0f b6 c6", x64_movzx8_rr(e, RAX, RSI));                                        /* movzx eax, sil */
    ENCODES("41 0f b6 d9", x64_movzx8_rr(e, RBX, R9));                                         /* movzx ebx, r9b */
    ENCODES("48 0f be c3", x64_movsx8_rr(e, RAX, RBX));                                        /* movsx rax, bl */
    ENCODES("48 0f be fd", x64_movsx8_rr(e, RDI, RBP));                                        /* movsx rdi, bpl */
    ENCODES("4d 0f be c5", x64_movsx8_rr(e, R8, R13));                                         /* movsx r8, r13b */
    ENCODES("0f b7 c7", x64_movzx16_rr(e, RAX, RDI));                                          /* movzx eax, di */
    ENCODES("45 0f b7 e5", x64_movzx16_rr(e, R12, R13));                                       /* movzx r12d, r13w */
    ENCODES("48 0f bf c7", x64_movsx16_rr(e, RAX, RDI));                                       /* movsx rax, di */
    ENCODES("4d 0f bf e5", x64_movsx16_rr(e, R12, R13));                                       /* movsx r12, r13w */
    ENCODES("48 0f 44 c3", x64_cmov(e, CC_E, RAX, RBX));                                       /* cmove rax, rbx */
    ENCODES("4d 0f 45 c1", x64_cmov(e, CC_NE, R8, R9));                                        /* cmovne r8, r9 */
    ENCODES("49 0f 4c f6", x64_cmov(e, CC_L, RSI, R14));                                       /* cmovl rsi, r14 */
    ENCODES("4c 0f 47 f6", x64_cmov(e, CC_A, R14, RSI));                                       /* cmova r14, rsi */
    ENCODES("0f 92 c1", x64_setcc(e, CC_B, RCX));                                              /* setb cl */
    ENCODES("40 0f 9f c4", x64_setcc(e, CC_G, RSP));                                           /* setg spl */
    ENCODES("40 0f 9e c7", x64_setcc(e, CC_LE, RDI));                                          /* setle dil */
    ENCODES("41 0f 93 c3", x64_setcc(e, CC_AE, R11));                                          /* setae r11b */
}

TEST(lea) {
    ENCODES("48 8d 43 10", x64_lea(e, W64, RAX, x64_at(RBX, 16)));             /* lea rax, [rbx+0x10] */
    ENCODES("41 8d 4e ff", x64_lea(e, W32, RCX, x64_at(R14, -1)));             /* lea ecx, [r14-0x1] */
    ENCODES("4a 8d 04 0b", x64_lea(e, W64, RAX, x64_indexed(RBX, R9, 0)));     /* lea rax, [rbx+r9*1] */
    ENCODES("45 8d 44 2d 00", x64_lea(e, W32, R8, x64_indexed(R13, RBP, 0)));  /* lea r8d, [r13+rbp*1+0x0] */
    ENCODES("4a 8d 54 25 00", x64_lea(e, W64, RDX, x64_indexed(RBP, R12, 0))); /* lea rdx, [rbp+r12*1+0x0] */
    ENCODES("48 8d 14 24", x64_lea(e, W64, RDX, x64_at(RSP, 0)));              /* lea rdx, [rsp] */
    ENCODES("48 8d 0d 04 00 00 00", x64_lea_rip(e, RCX, 4));                   /* lea rcx, [rip+0x4] */
    ENCODES("4c 8d 0d 9c ff ff ff", x64_lea_rip(e, R9, -100));                 /* lea r9, [rip+0xffffffffffffff9c] */
}

TEST(memory_operands) {
    ENCODES("48 8b 08", x64_mov_rm(e, W64, RCX, x64_at(RAX, 0)));                                   /* mov rcx, QWORD PTR [rax] */
    ENCODES("48 8b 48 7f", x64_mov_rm(e, W64, RCX, x64_at(RAX, 127)));                              /* mov rcx, QWORD PTR [rax+0x7f] */
    ENCODES("48 8b 48 80", x64_mov_rm(e, W64, RCX, x64_at(RAX, -128)));                             /* mov rcx, QWORD PTR [rax-0x80] */
    ENCODES("48 8b 88 80 00 00 00", x64_mov_rm(e, W64, RCX, x64_at(RAX, 128)));                     /* mov rcx, QWORD PTR [rax+0x80] */
    ENCODES("48 8b 88 7f ff ff ff", x64_mov_rm(e, W64, RCX, x64_at(RAX, -129)));                    /* mov rcx, QWORD PTR [rax-0x81] */
    ENCODES("48 8b 88 ff ff ff 7f", x64_mov_rm(e, W64, RCX, x64_at(RAX, INT32_MAX)));               /* mov rcx, QWORD PTR [rax+0x7fffffff] */
    ENCODES("48 8b 88 00 00 00 80", x64_mov_rm(e, W64, RCX, x64_at(RAX, INT32_MIN)));               /* mov rcx, QWORD PTR [rax-0x80000000] */
    ENCODES("48 8b 0c 24", x64_mov_rm(e, W64, RCX, x64_at(RSP, 0)));                                /* mov rcx, QWORD PTR [rsp] */
    ENCODES("48 8b 4c 24 08", x64_mov_rm(e, W64, RCX, x64_at(RSP, 8)));                             /* mov rcx, QWORD PTR [rsp+0x8] */
    ENCODES("48 8b 8c 24 00 04 00 00", x64_mov_rm(e, W64, RCX, x64_at(RSP, 1024)));                 /* mov rcx, QWORD PTR [rsp+0x400] */
    ENCODES("49 8b 0c 24", x64_mov_rm(e, W64, RCX, x64_at(R12, 0)));                                /* mov rcx, QWORD PTR [r12] */
    ENCODES("49 8b 4c 24 08", x64_mov_rm(e, W64, RCX, x64_at(R12, 8)));                             /* mov rcx, QWORD PTR [r12+0x8] */
    ENCODES("49 8b 8c 24 00 04 00 00", x64_mov_rm(e, W64, RCX, x64_at(R12, 1024)));                 /* mov rcx, QWORD PTR [r12+0x400] */
    ENCODES("48 8b 4d 00", x64_mov_rm(e, W64, RCX, x64_at(RBP, 0)));                                /* mov rcx, QWORD PTR [rbp+0x0] */
    ENCODES("48 8b 4d 08", x64_mov_rm(e, W64, RCX, x64_at(RBP, 8)));                                /* mov rcx, QWORD PTR [rbp+0x8] */
    ENCODES("48 8b 8d 00 04 00 00", x64_mov_rm(e, W64, RCX, x64_at(RBP, 1024)));                    /* mov rcx, QWORD PTR [rbp+0x400] */
    ENCODES("49 8b 4d 00", x64_mov_rm(e, W64, RCX, x64_at(R13, 0)));                                /* mov rcx, QWORD PTR [r13+0x0] */
    ENCODES("49 8b 4d 08", x64_mov_rm(e, W64, RCX, x64_at(R13, 8)));                                /* mov rcx, QWORD PTR [r13+0x8] */
    ENCODES("49 8b 8d 00 04 00 00", x64_mov_rm(e, W64, RCX, x64_at(R13, 1024)));                    /* mov rcx, QWORD PTR [r13+0x400] */
    ENCODES("4d 8b 3f", x64_mov_rm(e, W64, R15, x64_at(R15, 0)));                                   /* mov r15, QWORD PTR [r15] */
    ENCODES("49 8b 0c 0f", x64_mov_rm(e, W64, RCX, x64_indexed(R15, RCX, 0)));                      /* mov rcx, QWORD PTR [r15+rcx*1] */
    ENCODES("4b 8b 4c 25 00", x64_mov_rm(e, W64, RCX, x64_indexed(R13, R12, 0)));                   /* mov rcx, QWORD PTR [r13+r12*1+0x0] */
    ENCODES("48 8b 4c 2d 08", x64_mov_rm(e, W64, RCX, x64_indexed(RBP, RBP, 8)));                   /* mov rcx, QWORD PTR [rbp+rbp*1+0x8] */
    ENCODES("4a 8b 8c 20 00 10 00 00", x64_mov_rm(e, W64, RCX, x64_indexed(RAX, R12, 4096)));       /* mov rcx, QWORD PTR [rax+r12*1+0x1000] */
    ENCODES("49 8b 0c 04", x64_mov_rm(e, W64, RCX, x64_indexed(R12, RAX, 0)));                      /* mov rcx, QWORD PTR [r12+rax*1] */
    ENCODES("8b 0c 25 34 12 00 00", x64_mov_rm(e, W32, RCX, x64_at(X64_NONE, 0x1234)));             /* mov ecx, DWORD PTR ds:0x1234 */
    ENCODES("8b 0c 25 fc ff ff ff", x64_mov_rm(e, W32, RCX, x64_at(X64_NONE, -4)));                 /* mov ecx, DWORD PTR ds:0xfffffffffffffffc */
    ENCODES("65 67 44 8b 0c 25 00 00 02 00", x64_mov_rm(e, W32, R9, x64_gs(X64_NONE, 0x20000)));    /* mov r9d, DWORD PTR gs:[eiz*1+0x20000] */
    ENCODES("65 67 48 8b 04 25 00 00 00 80", x64_mov_rm(e, W64, RAX, x64_gs(X64_NONE, INT32_MIN))); /* mov rax, QWORD PTR gs:[eiz*1+0x80000000] */
    ENCODES("65 67 48 8b 03", x64_mov_rm(e, W64, RAX, x64_gs(RBX, 0)));                             /* mov rax, QWORD PTR gs:[ebx] */
    ENCODES("65 67 49 8b 04 24", x64_mov_rm(e, W64, RAX, x64_gs(R12, 0)));                          /* mov rax, QWORD PTR gs:[r12d] */
    ENCODES("65 67 49 8b 45 00", x64_mov_rm(e, W64, RAX, x64_gs(R13, 0)));                          /* mov rax, QWORD PTR gs:[r13d+0x0] */
    ENCODES("65 67 48 8b 45 f8", x64_mov_rm(e, W64, RAX, x64_gs(RBP, -8)));                         /* mov rax, QWORD PTR gs:[ebp-0x8] */
    ENCODES("65 67 4d 8b b0 78 56 34 12", x64_mov_rm(e, W64, R14, x64_gs(R8, 0x12345678)));         /* mov r14, QWORD PTR gs:[r8d+0x12345678] */
}

TEST(instructions_with_memory_operands) {
    ENCODES("65 67 c6 07 12", x64_store_constant(e, X64_U8, x64_gs(RDI, 0), 0x3412));                   /* mov BYTE PTR gs:[edi], 0x12 */
    ENCODES("66 41 c7 00 34 12", x64_store_constant(e, X64_U16, x64_at(R8, 0), 0x1234));                /* mov WORD PTR [r8], 0x1234 */
    ENCODES("c7 00 ff ff ff ff", x64_store_constant(e, X64_U32, x64_at(RAX, 0), -1));                   /* mov DWORD PTR [rax], 0xffffffff */
    ENCODES("48 c7 00 fe ff ff ff", x64_store_constant(e, X64_U64, x64_at(RAX, 0), -2));                /* mov QWORD PTR [rax], 0xfffffffffffffffe */
    ENCODES("89 08", x64_store(e, X64_U32, x64_at(RAX, 0), RCX));                                       /* mov DWORD PTR [rax], ecx */
    ENCODES("4c 89 00", x64_store(e, X64_U64, x64_at(RAX, 0), R8));                                     /* mov QWORD PTR [rax], r8 */
    ENCODES("4c 0f be 00", x64_load(e, X64_I8, R8, x64_at(RAX, 0)));                                    /* movsx r8, BYTE PTR [rax] */
    ENCODES("0f b7 08", x64_load(e, X64_U16, RCX, x64_at(RAX, 0)));                                     /* movzx ecx, WORD PTR [rax] */
    ENCODES("8b 08", x64_load(e, X64_U32, RCX, x64_at(RAX, 0)));                                        /* mov ecx, DWORD PTR [rax] */
    ENCODES("48 8b 08", x64_load(e, X64_U64, RCX, x64_at(RAX, 0)));                                     /* mov rcx, QWORD PTR [rax] */
    ENCODES("41 80 7c 0f 08 02", x64_cmp_octet(e, x64_indexed(R15, RCX, 8), 2));                        /* cmp BYTE PTR [r15+rcx*1+0x8], 0x2 */
    ENCODES("49 83 6f 68 7f", x64_alu_mi(e, ALU_SUB, W64, x64_at(R15, 104), 127));                      /* sub QWORD PTR [r15+0x68], 0x7f */
    ENCODES("49 81 6f 68 80 00 00 00", x64_alu_mi(e, ALU_SUB, W64, x64_at(R15, 104), 128));             /* sub QWORD PTR [r15+0x68], 0x80 */
    ENCODES("88 18", x64_store(e, X64_U8, x64_at(RAX, 0), RBX));                                        /* mov BYTE PTR [rax], bl */
    ENCODES("40 88 30", x64_store(e, X64_U8, x64_at(RAX, 0), RSI));                                     /* mov BYTE PTR [rax], sil */
    ENCODES("65 67 40 88 6f 01", x64_store(e, X64_U8, x64_gs(RDI, 1), RBP));                            /* mov BYTE PTR gs:[edi+0x1], bpl */
    ENCODES("44 88 00", x64_store(e, X64_U8, x64_at(RAX, 0), R8));                                      /* mov BYTE PTR [rax], r8b */
    ENCODES("65 67 66 44 89 4f 01", x64_store(e, X64_U16, x64_gs(RDI, 1), R9));                         /* mov WORD PTR gs:[edi+0x1], r9w */
    ENCODES("66 41 89 94 0f 00 08 10 00", x64_store(e, X64_U16, x64_indexed(R15, RCX, 0x100800), RDX)); /* mov WORD PTR [r15+rcx*1+0x100800], dx */
    ENCODES("65 67 41 0f b6 16", x64_load(e, X64_U8, RDX, x64_gs(R14, 0)));                             /* movzx edx, BYTE PTR gs:[r14d] */
    ENCODES("65 67 4c 0f bf 32", x64_load(e, X64_I16, R14, x64_gs(RDX, 0)));                            /* movsx r14, WORD PTR gs:[edx] */
    ENCODES("65 67 4c 63 32", x64_load(e, X64_I32, R14, x64_gs(RDX, 0)));                               /* movsxd r14, DWORD PTR gs:[edx] */
    ENCODES("41 ff 67 f8", x64_jmp_m(e, x64_at(R15, -8)));                                              /* jmp QWORD PTR [r15-0x8] */
    ENCODES("ff 21", x64_jmp_m(e, x64_at(RCX, 0)));                                                     /* jmp QWORD PTR [rcx] */
}

TEST(arithmetic) {
    ENCODES("48 01 d8", x64_alu_rr(e, ALU_ADD, W64, RAX, RBX));                   /* add rax, rbx */
    ENCODES("45 01 c8", x64_alu_rr(e, ALU_ADD, W32, R8, R9));                     /* add r8d, r9d */
    ENCODES("49 09 c0", x64_alu_rr(e, ALU_OR, W64, R8, RAX));                     /* or r8, rax */
    ENCODES("4c 21 c0", x64_alu_rr(e, ALU_AND, W64, RAX, R8));                    /* and rax, r8 */
    ENCODES("29 f7", x64_alu_rr(e, ALU_SUB, W32, RDI, RSI));                      /* sub edi, esi */
    ENCODES("31 d2", x64_alu_rr(e, ALU_XOR, W32, RDX, RDX));                      /* xor edx, edx */
    ENCODES("4c 39 ed", x64_alu_rr(e, ALU_CMP, W64, RBP, R13));                   /* cmp rbp, r13 */
    ENCODES("48 83 c0 01", x64_alu_ri(e, ALU_ADD, W64, RAX, 1));                  /* add rax, 0x1 */
    ENCODES("48 81 c3 80 00 00 00", x64_alu_ri(e, ALU_ADD, W64, RBX, 128));       /* add rbx, 0x80 */
    ENCODES("41 83 c9 80", x64_alu_ri(e, ALU_OR, W32, R9, -128));                 /* or r9d, 0xffffff80 */
    ENCODES("49 81 e2 7f ff ff ff", x64_alu_ri(e, ALU_AND, W64, R10, -129));      /* and r10, 0xffffffffffffff7f */
    ENCODES("83 ea 7f", x64_alu_ri(e, ALU_SUB, W32, RDX, 127));                   /* sub edx, 0x7f */
    ENCODES("49 81 f7 00 00 00 80", x64_alu_ri(e, ALU_XOR, W64, R15, INT32_MIN)); /* xor r15, 0xffffffff80000000 */
    ENCODES("81 f9 ff ff ff 7f", x64_alu_ri(e, ALU_CMP, W32, RCX, INT32_MAX));    /* cmp ecx, 0x7fffffff */
    ENCODES("48 83 ff ff", x64_alu_ri(e, ALU_CMP, W64, RDI, -1));                 /* cmp rdi, 0xffffffffffffffff */
    ENCODES("49 03 4f d0", x64_alu_rm(e, ALU_ADD, W64, RCX, x64_at(R15, -48)));   /* add rcx, QWORD PTR [r15-0x30] */
    ENCODES("45 3b 65 00", x64_alu_rm(e, ALU_CMP, W32, R12, x64_at(R13, 0)));     /* cmp r12d, DWORD PTR [r13+0x0] */
    ENCODES("48 85 c0", x64_test_rr(e, W64, RAX, RAX));                           /* test rax, rax */
    ENCODES("41 85 c9", x64_test_rr(e, W32, R9, RCX));                            /* test r9d, ecx */
    ENCODES("48 f7 d0", x64_unary(e, UNARY_NOT, W64, RAX));                       /* not rax */
    ENCODES("41 f7 d8", x64_unary(e, UNARY_NEG, W32, R8));                        /* neg r8d */
    ENCODES("48 f7 e1", x64_unary(e, UNARY_MUL, W64, RCX));                       /* mul rcx */
    ENCODES("48 f7 e9", x64_unary(e, UNARY_IMUL, W64, RCX));                      /* imul rcx */
    ENCODES("f7 f1", x64_unary(e, UNARY_DIV, W32, RCX));                          /* div ecx */
    ENCODES("49 f7 fd", x64_unary(e, UNARY_IDIV, W64, R13));                      /* idiv r13 */
    ENCODES("48 0f af c3", x64_imul_rr(e, W64, RAX, RBX));                        /* imul rax, rbx */
    ENCODES("44 0f af c2", x64_imul_rr(e, W32, R8, RDX));                         /* imul r8d, edx */
    ENCODES("48 6b c3 03", x64_imul_rri(e, W64, RAX, RBX, 3));                    /* imul rax, rbx, 0x3 */
    ENCODES("45 6b ca 80", x64_imul_rri(e, W32, R9, R10, -128));                  /* imul r9d, r10d, 0xffffff80 */
    ENCODES("49 69 ec e8 03 00 00", x64_imul_rri(e, W64, RBP, R12, 1000));        /* imul rbp, r12, 0x3e8 */
    ENCODES("4c 69 e5 00 00 00 80", x64_imul_rri(e, W64, R12, RBP, INT32_MIN));   /* imul r12, rbp, 0xffffffff80000000 */
    ENCODES("c4 e2 e3 f6 c6", x64_mulx(e, RAX, RBX, RSI));                        /* mulx rax, rbx, rsi */
    ENCODES("c4 42 b3 f6 c2", x64_mulx(e, R8, R9, R10));                          /* mulx r8, r9, r10 */
    ENCODES("c4 e2 e0 f2 c6", x64_andn(e, RAX, RBX, RSI));                        /* andn rax, rbx, rsi */
    ENCODES("c4 42 b8 f2 f7", x64_andn(e, R14, R8, R15));                         /* andn r14, r8, r15 */
    ENCODES("c4 e2 90 f2 d0", x64_andn(e, RDX, R13, RAX));                        /* andn rdx, r13, rax */
    ENCODES("48 0f c8", x64_bswap(e, RAX));                                       /* bswap rax */
    ENCODES("49 0f cd", x64_bswap(e, R13));                                       /* bswap r13 */
    ENCODES("99", x64_sign_to_rdx(e, W32));                                       /* cdq */
    ENCODES("48 99", x64_sign_to_rdx(e, W64));                                    /* cqo */
    ENCODES("f3 49 0f b8 c1", x64_popcnt(e, W64, RAX, R9));                       /* popcnt rax, r9 */
    ENCODES("f3 44 0f bd c8", x64_lzcnt(e, W32, R9, RAX));                        /* lzcnt r9d, eax */
    ENCODES("f3 4d 0f bc f5", x64_tzcnt(e, W64, R14, R13));                       /* tzcnt r14, r13 */
}

TEST(shifts) {
    ENCODES("48 c1 e0 03", x64_shift_ri(e, SHIFT_SHL, W64, RAX, 3));          /* shl rax, 0x3 */
    ENCODES("41 c1 e9 1f", x64_shift_ri(e, SHIFT_SHR, W32, R9, 31));          /* shr r9d, 0x1f */
    ENCODES("49 c1 fc 3f", x64_shift_ri(e, SHIFT_SAR, W64, R12, 63));         /* sar r12, 0x3f */
    ENCODES("c1 c5 00", x64_shift_ri(e, SHIFT_ROL, W32, RBP, 0));             /* rol ebp, 0x0 */
    ENCODES("48 d3 c0", x64_shift_cl(e, SHIFT_ROL, W64, RAX));                /* rol rax, cl */
    ENCODES("41 d3 cf", x64_shift_cl(e, SHIFT_ROR, W32, R15));                /* ror r15d, cl */
    ENCODES("d1 c9", x64_shift_once(e, SHIFT_ROR, W32, RCX));                 /* ror ecx, 1 */
    ENCODES("c4 e2 e9 f7 c3", x64_shiftx(e, SHIFTX_SHL, W64, RAX, RBX, RDX)); /* shlx rax, rbx, rdx */
    ENCODES("c4 42 29 f7 c1", x64_shiftx(e, SHIFTX_SHL, W32, R8, R9, R10));   /* shlx r8d, r9d, r10d */
    ENCODES("c4 62 83 f7 f0", x64_shiftx(e, SHIFTX_SHR, W64, R14, RAX, R15)); /* shrx r14, rax, r15 */
    ENCODES("c4 c2 4a f7 fc", x64_shiftx(e, SHIFTX_SAR, W32, RDI, R12, RSI)); /* sarx edi, r12d, esi */
    ENCODES("c4 c2 fa f7 ed", x64_shiftx(e, SHIFTX_SAR, W64, RBP, R13, RAX)); /* sarx rbp, r13, rax */
    ENCODES("c4 e3 fb f0 c3 3f", x64_rorx(e, W64, RAX, RBX, 63));             /* rorx rax, rbx, 0x3f */
    ENCODES("c4 63 7b f0 c9 00", x64_rorx(e, W32, R9, RCX, 0));               /* rorx r9d, ecx, 0x0 */
    ENCODES("c4 c3 7b f0 c9 1f", x64_rorx(e, W32, RCX, R9, 31));              /* rorx ecx, r9d, 0x1f */
}

/* clang-format on */

TEST(jumps_forward) {
    e->at = e->start;
    uint32_t near = x64_jmp(e), condition = x64_jcc(e, CC_B), near_condition = x64_jcc_short(e, CC_AE),
             near_jump = x64_jmp_short(e);
    CHECK_EQ(near, 1);
    CHECK_EQ(condition, 7);
    CHECK_EQ(near_condition, 12);
    CHECK_EQ(near_jump, 14);
    x64_octet(e, 0x90);
    x64_bind_short(e, near_condition);
    x64_bind_short(e, near_jump);
    x64_bind(e, near, x64_position(e));
    x64_bind(e, condition, x64_position(e) + 0x1000);
    /* jmp 16 ; jb 4112 ; jae 16 ; jmp 16 ; nop */
    check_encoding(__LINE__, "e9 0b 00 00 00 0f 82 05 10 00 00 73 03 eb 01 90", "jumps");
}

TEST(jumps_backward) {
    e->at = e->start;
    x64_octet(e, 0x90);
    x64_bind(e, x64_jmp(e), 1);
    x64_bind(e, x64_jcc(e, CC_G), 0);
    /* nop ; jmp 1 ; jg 0 */
    check_encoding(__LINE__, "90 e9 fb ff ff ff 0f 8f f4 ff ff ff", "jumps");
    e->at = e->start;
    x64_octet(e, 0x90);
    x64_jmp_back(e, 1);
    x64_jcc_back(e, CC_G, 0);
    x64_call(e, 1);
    x64_call(e, 20);
    /* nop ; jmp 1 ; jg 0 ; call 1 ; call 20 */
    check_encoding(__LINE__, "90 eb fe 7f fb e8 f7 ff ff ff e8 05 00 00 00", "jumps and calls");
    e->at = e->start;
    x64_octet(e, 0x90);
    x64_jcc_far(e, CC_L, 0);
    /* nop ; jl 0 */
    check_encoding(__LINE__, "90 0f 8c f9 ff ff ff", "a jump of six octets, whatever its distance");
}

/* Two octets reach 128 octets back from behind them. */
TEST(near_and_far) {
    e->at = e->start + 126;
    x64_jmp_back(e, 0);
    CHECK_EQ(x64_position(e), 128);
    CHECK_EQ(e->start[127], 0x80);
    x64_jmp_back(e, 0);
    CHECK_EQ(x64_position(e), 133);
    CHECK_EQ(e->start[129], 256 - 133);
    e->at = e->start + 126;
    x64_jcc_back(e, CC_B, 0);
    CHECK_EQ(x64_position(e), 128);
    x64_jcc_back(e, CC_B, 0);
    CHECK_EQ(x64_position(e), 134);
    CHECK_EQ(e->start[130], 256 - 134);
}

TEST(sizes_and_places_of_constants) {
    e->at = e->start;
    CHECK_EQ(x64_alu_mi(e, ALU_SUB, W64, x64_at(R15, 104), -128), 4);
    CHECK(x64_is_small_alu(e->start));
    e->at = e->start;
    CHECK_EQ(x64_alu_mi(e, ALU_SUB, W64, x64_at(R15, 104), INT32_MAX), 4);
    CHECK(!x64_is_small_alu(e->start));
    x64_set_u32_at(e, 4, 0x12345678);
    CHECK_EQ(x64_u32_at(e, 4), 0x12345678);
    check_encoding(__LINE__, "49 81 6f 68 78 56 34 12", "a constant that is filled in");
}

TEST(so_many_octets_do_nothing) {
    ENCODES("66 0f 1f 84 00 00 00 00 00 66 90", x64_nops(e, 11));
    ENCODES("0f 1f 84 00 00 00 00 00", x64_nops(e, 8));
    ENCODES("0f 1f 00", x64_nops(e, 3));
    for (uint32_t octets = 0; octets < 64; octets++) {
        e->at = e->start;
        x64_nops(e, octets);
        CHECK_EQ(x64_position(e), octets);
    }
}

TEST(constants) {
    ENCODES("12", x64_octet(e, 0x12));
    ENCODES("ff", x64_octet(e, -1));
    ENCODES("78 56 34 12", x64_u32(e, 0x12345678));
    ENCODES("08 07 06 05 04 03 02 01", x64_u64(e, 0x0102030405060708));
    CHECK(x64_is_i8(127) && x64_is_i8(-128) && x64_is_i8(0));
    CHECK(!x64_is_i8(128) && !x64_is_i8(-129) && !x64_is_i8(INT64_C(1) << 32) && !x64_is_i8(INT64_MIN));
}

int main(void) {
    RUN(moves);
    RUN(lea);
    RUN(memory_operands);
    RUN(instructions_with_memory_operands);
    RUN(arithmetic);
    RUN(shifts);
    RUN(jumps_forward);
    RUN(jumps_backward);
    RUN(near_and_far);
    RUN(sizes_and_places_of_constants);
    RUN(so_many_octets_do_nothing);
    RUN(constants);
    return check_finish();
}
