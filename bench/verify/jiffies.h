/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The clock by which the kernel's connections age, as far as it can be read
 * from outside: jiffies. They move when the monotonic clock reaches a multiple
 * of a tick, or a little later, and the coarse clock moves with them. */
#ifndef NATBENCH_JIFFIES_H
#define NATBENCH_JIFFIES_H

#include <stdint.h>

struct jiffies {
	uint64_t tick;  /* in ns */
	uint64_t epoch; /* wall clock less monotonic, in whole ticks */
};

struct jiffies jiffies_open(void);
/* When the tick at hand began, in ns of the wall clock. Waits where the kernel
 * might be at another one, or be before a packet has gone in. */
uint64_t jiffies_now_ns(const struct jiffies *j);

#endif
