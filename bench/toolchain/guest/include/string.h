/* Octets and strings of the guest runtime: the part of the C library's <string.h> that it has. */
#ifndef PVM_STRING_H
#define PVM_STRING_H

#include <stddef.h>

#ifdef __cplusplus
#define restrict __restrict
extern "C" {
#endif

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *left, const void *right, size_t length);
void *memchr(const void *data, int value, size_t length);

size_t strlen(const char *string);
size_t strnlen(const char *string, size_t limit);
int strcmp(const char *left, const char *right);
int strncmp(const char *left, const char *right, size_t limit);
char *strcpy(char *restrict to, const char *restrict from);
char *strncpy(char *restrict to, const char *restrict from, size_t limit);
char *strcat(char *restrict to, const char *restrict from);
char *strchr(const char *string, int character);
char *strrchr(const char *string, int character);
char *strstr(const char *string, const char *part);
size_t strspn(const char *string, const char *accepted);
size_t strcspn(const char *string, const char *rejected);

/* What compilers make of others where that is shorter. */
int bcmp(const void *left, const void *right, size_t length);
void *mempcpy(void *restrict to, const void *restrict from, size_t length);
char *stpcpy(char *restrict to, const char *restrict from);

#ifdef __cplusplus
#undef restrict
}
#endif

#endif
