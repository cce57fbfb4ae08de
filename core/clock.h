/* SPDX-License-Identifier: BSD-2-Clause
 * Time inside the core. The caller's nanoseconds become ticks of 4 ms, the
 * jiffies of a kernel with HZ=250, kept in 32 bits and compared modulo 2^32
 * as the kernel keeps them (spec 11.2). Nobody here calls a clock. */
#ifndef NAT_CLOCK_H
#define NAT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t ticks;

enum { TICKS_PER_S = 250 };
#define NS_PER_TICK UINT64_C(4000000)

static inline ticks ticks_of_ns(uint64_t ns)
{
	return (ticks)(ns / NS_PER_TICK);
}

static inline ticks ticks_of_s(uint32_t s)
{
	return s * TICKS_PER_S;
}

/* True when @a is at or after @b. */
static inline bool ticks_reached(ticks a, ticks b)
{
	return (int32_t)(a - b) >= 0;
}

#endif
