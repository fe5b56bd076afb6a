/* Products of square matrices of 64-bit integers; the parameter is the number of rows (at most LIMIT). */
#include "workload.h"

enum { LIMIT = 400 };

static uint64_t left[LIMIT][LIMIT];
static uint64_t right[LIMIT][LIMIT];
static uint64_t product[LIMIT][LIMIT];

static void multiply(size_t rows) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < rows; j++) {
            uint64_t sum = 0;
            for (size_t k = 0; k < rows; k++) {
                sum += left[i][k] * right[k][j];
            }
            product[i][j] = sum;
        }
    }
}

uint64_t run(uint64_t parameter) {
    size_t rows = parameter < LIMIT ? (size_t)parameter : LIMIT;
    uint64_t state = NUMBERS_START;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < rows; j++) {
            left[i][j] = next_number(&state);
            right[i][j] = next_number(&state);
        }
    }
    multiply(rows);
    uint64_t checksum = rows;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < rows; j++) {
            checksum = mix(checksum, product[i][j]);
        }
    }
    return checksum;
}
