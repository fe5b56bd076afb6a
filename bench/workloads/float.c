/*
 * Double precision: a system of linear equations solved by elimination, and the residual. The PVM has no floating
 * point, so a guest computes in the runtime's soft float, and every bit must be that of the hardware. The parameter is
 * the number of unknowns (at most LIMIT).
 */
#include <string.h>

#include "workload.h"

enum { LIMIT = 128 };

static double matrix[LIMIT][LIMIT + 1];
static double original[LIMIT][LIMIT + 1];
static double solution[LIMIT];

static double magnitude(double value) {
    return value < 0 ? -value : value;
}

static void solve(size_t count) {
    for (size_t column = 0; column < count; column++) {
        size_t pivot = column;
        for (size_t row = column + 1; row < count; row++) {
            if (magnitude(matrix[row][column]) > magnitude(matrix[pivot][column])) {
                pivot = row;
            }
        }
        for (size_t k = column; k <= count; k++) {
            double value = matrix[column][k];
            matrix[column][k] = matrix[pivot][k];
            matrix[pivot][k] = value;
        }
        for (size_t row = column + 1; row < count; row++) {
            double factor = matrix[row][column] / matrix[column][column];
            for (size_t k = column; k <= count; k++) {
                matrix[row][k] -= factor * matrix[column][k];
            }
        }
    }
    for (size_t row = count; row-- > 0;) {
        double value = matrix[row][count];
        for (size_t k = row + 1; k < count; k++) {
            value -= matrix[row][k] * solution[k];
        }
        solution[row] = value / matrix[row][row];
    }
}

uint64_t run(uint64_t parameter) {
    size_t count = parameter < LIMIT ? (size_t)parameter : LIMIT;
    uint64_t state = NUMBERS_START;
    for (size_t row = 0; row < count; row++) {
        for (size_t k = 0; k <= count; k++) {
            original[row][k] = (double)(int64_t)next_number(&state) / 9223372036854775808.0;
            matrix[row][k] = original[row][k];
        }
    }
    solve(count);
    uint64_t checksum = count;
    for (size_t row = 0; row < count; row++) {
        double residual = -original[row][count];
        for (size_t k = 0; k < count; k++) {
            residual += original[row][k] * solution[k];
        }
        if (magnitude(residual) > 1e-6) {
            return 0;
        }
        uint64_t bits;
        memcpy(&bits, &solution[row], sizeof bits);
        checksum = mix(checksum, bits);
        checksum = mix(checksum, (uint64_t)(int64_t)(solution[row] * 1000.0));
        checksum = mix(checksum, (uint64_t)(int64_t)((float)residual * 1e20f));
    }
    return checksum;
}
