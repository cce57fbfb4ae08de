/* SPDX-License-Identifier: BSD-2-Clause
 * Small words that every module needs. */
#ifndef NAT_UTIL_H
#define NAT_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a)  (sizeof(a) / sizeof((a)[0]))
#define CACHE_LINE    64
#define likely(x)     __builtin_expect(!!(x), 1)
#define unlikely(x)   __builtin_expect(!!(x), 0)
#define MUST_USE      __attribute__((warn_unused_result))
#define PURE_FN       __attribute__((pure))
#define NOINLINE      __attribute__((noinline))
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define FORMAT(f, a)  __attribute__((format(printf, f, a)))

#define container_of(ptr, type, member)                                        \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* min and max of the same type, each argument used once */
static inline uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

#endif
