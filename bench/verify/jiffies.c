/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A tick that has begun by the fine clock has begun for the kernel once the
 * coarse clock is less than a tick behind its beginning. */
#include "verify/jiffies.h"

#include <stdbool.h>
#include <time.h>

#define NS_PER_S   UINT64_C(1000000000)
#define ARRIVAL_NS UINT64_C(30000) /* until a packet's connection is found */

static uint64_t ns_of(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * NS_PER_S + (uint64_t)t->tv_nsec;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return ns_of(&t);
}

struct jiffies jiffies_open(void)
{
	struct timespec tick;
	struct jiffies j;
	uint64_t ahead;

	(void)clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	j.tick = ns_of(&tick);
	ahead = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC);
	j.epoch = ahead - ahead % j.tick;
	return j;
}

uint64_t jiffies_now_ns(const struct jiffies *j)
{
	uint64_t now, begun;

	do {
		now = clock_ns(CLOCK_MONOTONIC);
		begun = now - now % j->tick;
	} while (now + ARRIVAL_NS >= begun + j->tick ||
		 clock_ns(CLOCK_MONOTONIC_COARSE) + j->tick <= begun);
	return begun + j->epoch;
}
