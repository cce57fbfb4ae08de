/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A stopwatch for the stages of a run. Code that has one takes it as an
 * argument and is inlined twice: where that is NULL nothing is left of it. */
#ifndef NAT_LAP_H
#define NAT_LAP_H

#include "natcore.h"
#include "util.h"

struct lap {
	uint64_t (*clock)(void);
	uint64_t last;
	struct nat_stages *sum;
};

/* What happened since the last lap was stage @s, of @packets; without any, it
 * is the next one's. */
ALWAYS_INLINE void lap(struct lap *l, enum nat_stage s, unsigned packets)
{
	struct nat_stage_cost *c;
	uint64_t now;

	if (!l || !packets)
		return;
	now = l->clock();
	c = &l->sum->stage[s];
	c->ticks += now - l->last;
	c->laps++;
	c->packets += packets;
	l->last = now;
}

#endif
