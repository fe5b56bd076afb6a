/* Quicksort (Hoare's partition, median of three, insertion sort below 16) of as many numbers as the parameter says. */
#include "workload.h"

enum { LIMIT = 1 << 19, SHORT = 16 };

static uint64_t numbers[LIMIT];

static void exchange(uint64_t *left, uint64_t *right) {
    uint64_t value = *left;
    *left = *right;
    *right = value;
}

static void insertion_sort(uint64_t *values, size_t count) {
    for (size_t i = 1; i < count; i++) {
        uint64_t value = values[i];
        size_t j = i;
        for (; j > 0 && values[j - 1] > value; j--) {
            values[j] = values[j - 1];
        }
        values[j] = value;
    }
}

static void quicksort(uint64_t *values, size_t count) {
    while (count > SHORT) {
        uint64_t *middle = values + count / 2;
        uint64_t *last = values + count - 1;
        if (*middle < *values) {
            exchange(middle, values);
        }
        if (*last < *values) {
            exchange(last, values);
        }
        if (*last < *middle) {
            exchange(last, middle);
        }
        uint64_t pivot = *middle;
        size_t low = 0;
        size_t high = count - 1;
        for (;;) {
            while (values[low] < pivot) {
                low++;
            }
            while (values[high] > pivot) {
                high--;
            }
            if (low >= high) {
                break;
            }
            exchange(&values[low++], &values[high--]);
        }
        /* Recurses into the smaller part, so that the stack stays short. */
        size_t left = high + 1;
        if (left < count - left) {
            quicksort(values, left);
            values += left;
            count -= left;
        } else {
            quicksort(values + left, count - left);
            count = left;
        }
    }
    insertion_sort(values, count);
}

uint64_t run(uint64_t parameter) {
    size_t count = parameter < LIMIT ? (size_t)parameter : LIMIT;
    uint64_t state = NUMBERS_START;
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        numbers[i] = next_number(&state);
        sum += numbers[i];
    }
    quicksort(numbers, count);
    uint64_t checksum = count;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && numbers[i - 1] > numbers[i]) {
            return 0;
        }
        sum -= numbers[i];
        checksum = mix(checksum, numbers[i]);
    }
    return sum != 0 ? 0 : checksum;
}
