/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When a packet is due on the wall clock. The schedule does not wait for the
 * router: who falls behind is late for all that follow, and the latency,
 * counted from when a packet was due, says so. */
#ifndef NATBENCH_PACE_H
#define NATBENCH_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/plan.h"

struct pace {
	double per_packet; /* ticks; 0: not by rate */
	double per_ns;     /* ticks per nanosecond of capture; 0: not so */
};

static inline bool pace_set(const struct pace *p)
{
	return p->per_packet > 0 || p->per_ns > 0;
}

/* Ticks after the start of the pass, of which @before packets came before those
 * of the plan. */
static inline uint64_t pace_due(const struct pace *p, const struct step *s,
				uint64_t before)
{
	return (uint64_t)(p->per_packet * (double)(before + s->packet) +
			  p->per_ns * (double)(s->time_ns - PLAN_START_NS));
}

#endif
