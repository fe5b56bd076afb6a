/*
 * A bytecode interpreter, a loop around a switch over a stack machine, and the program that it runs: for each number
 * below the parameter the length of its Collatz sequence, and its greatest common divisor with a multiple of that.
 */
#include "workload.h"

enum operation {
    MARK, PUSH, LOAD, STORE, ADD, SUBTRACT, MULTIPLY, DIVIDE, MODULO, SHIFT_RIGHT, AND, XOR, LESS, EQUAL, NOT,
    DUPLICATE, DROP, SWAP, JUMP, JUMP_IF, JUMP_UNLESS, COMBINE, STOP
};

enum variable { LIMIT, NUMBER, VALUE, STEPS, OTHER, CHECK, VARIABLES };

enum label { NEXT, COLLATZ, EVEN, STEPPED, DIVISOR, DIVIDED, DONE, LABELS };

/* Each operation with its operand: a constant, a variable, or the label of a MARK. */
static const uint8_t program[] = {
    PUSH, 1, STORE, NUMBER,
    MARK, NEXT,
    LOAD, NUMBER, LOAD, LIMIT, LESS, JUMP_UNLESS, DONE,
    LOAD, NUMBER, STORE, VALUE, PUSH, 0, STORE, STEPS,
    MARK, COLLATZ,
    LOAD, VALUE, PUSH, 1, EQUAL, JUMP_IF, DIVISOR,
    LOAD, VALUE, PUSH, 1, AND, NOT, JUMP_IF, EVEN,
    LOAD, VALUE, PUSH, 3, MULTIPLY, PUSH, 1, ADD, STORE, VALUE, JUMP, STEPPED,
    MARK, EVEN,
    LOAD, VALUE, PUSH, 1, SHIFT_RIGHT, STORE, VALUE,
    MARK, STEPPED,
    LOAD, STEPS, PUSH, 1, ADD, STORE, STEPS, JUMP, COLLATZ,
    MARK, DIVISOR,
    LOAD, CHECK, LOAD, STEPS, COMBINE, STORE, CHECK,
    LOAD, STEPS, PUSH, 36, MULTIPLY, PUSH, 12, ADD, STORE, OTHER, LOAD, NUMBER,
    MARK, DIVIDED, /* the number is on the stack */
    LOAD, OTHER, SWAP, LOAD, OTHER, MODULO, DUPLICATE, STORE, OTHER, JUMP_IF, DIVIDED,
    LOAD, CHECK, SWAP, COMBINE, STORE, CHECK,
    LOAD, NUMBER, PUSH, 1, ADD, STORE, NUMBER, JUMP, NEXT,
    MARK, DONE,
    LOAD, CHECK, STOP,
};

static int has_operand(uint8_t operation) {
    return operation <= STORE || (operation >= JUMP && operation <= JUMP_UNLESS);
}

static uint64_t interpret(uint64_t limit) {
    size_t targets[LABELS] = {0};
    for (size_t at = 0; at < sizeof program; at += has_operand(program[at]) ? 2 : 1) {
        if (program[at] == MARK) {
            targets[program[at + 1]] = at + 2;
        }
    }
    uint64_t variables[VARIABLES] = {[LIMIT] = limit, [CHECK] = 1};
    uint64_t stack[16];
    uint64_t *top = stack; /* the first free place */
    for (size_t at = 0;;) {
        uint8_t operation = program[at++];
        switch (operation) {
        case MARK: at++; break;
        case PUSH: *top++ = program[at++]; break;
        case LOAD: *top++ = variables[program[at++]]; break;
        case STORE: variables[program[at++]] = *--top; break;
        case ADD: top--; top[-1] += *top; break;
        case SUBTRACT: top--; top[-1] -= *top; break;
        case MULTIPLY: top--; top[-1] *= *top; break;
        case DIVIDE: top--; top[-1] /= *top; break;
        case MODULO: top--; top[-1] %= *top; break;
        case SHIFT_RIGHT: top--; top[-1] >>= *top & 63; break;
        case AND: top--; top[-1] &= *top; break;
        case XOR: top--; top[-1] ^= *top; break;
        case LESS: top--; top[-1] = top[-1] < *top; break;
        case EQUAL: top--; top[-1] = top[-1] == *top; break;
        case NOT: top[-1] = top[-1] == 0; break;
        case DUPLICATE: *top = top[-1]; top++; break;
        case DROP: top--; break;
        case SWAP: {
            uint64_t value = top[-1];
            top[-1] = top[-2];
            top[-2] = value;
            break;
        }
        case JUMP: at = targets[program[at]]; break;
        case JUMP_IF: at = *--top != 0 ? targets[program[at]] : at + 1; break;
        case JUMP_UNLESS: at = *--top == 0 ? targets[program[at]] : at + 1; break;
        case COMBINE: top--; top[-1] = mix(top[-1], *top); break;
        default: return top[-1];
        }
    }
}

/* The same without the interpreter. */
static uint64_t direct(uint64_t limit) {
    uint64_t check = 1;
    for (uint64_t number = 1; number < limit; number++) {
        uint64_t steps = 0;
        for (uint64_t value = number; value != 1; steps++) {
            value = (value & 1) != 0 ? 3 * value + 1 : value >> 1;
        }
        check = mix(check, steps);
        uint64_t value = number;
        uint64_t other = steps * 36 + 12;
        while (other != 0) {
            uint64_t rest = value % other;
            value = other;
            other = rest;
        }
        check = mix(check, value);
    }
    return check;
}

uint64_t run(uint64_t parameter) {
    if (interpret(30) != direct(30)) {
        return 0;
    }
    return interpret(parameter);
}
