/* SPDX-License-Identifier: BSD-2-Clause
 *
 * --stages: what a packet costs at each station of its way through a lane and
 * the core. One batch of SAMPLE is timed, stage by stage; reading the clock is
 * measured and taken off again. */
#ifndef NATBENCH_STAGES_H
#define NATBENCH_STAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "natcore.h"
#include "replay/stopwatch.h"

enum { STAGES_SAMPLE = 16 };

/* Of a lane, before and after the core. */
#define LANE_STAGES(X)                                                         \
	X(GATHER, "gather") /* copied in; answers readdressed */               \
	X(LEARN, "learn")   /* what left, for answers to come */               \
	X(CHECK, "check")   /* --check */                                      \
	X(WRITE, "write")   /* kept for -w */

enum lane_stage {
#define X(id, name) LANE_##id,
	LANE_STAGES(X)
#undef X
		LANE_N_STAGES
};

struct stages {
	struct nat_stages core;
	struct nat_stage_cost lane[LANE_N_STAGES];
};

/* While a lane plays. */
struct stages_watch {
	struct stages *into; /* NULL: nobody asks */
	uint32_t batches;
	bool on; /* the batch at hand is timed */
	uint64_t last;
};

static inline void stages_begin(struct stages_watch *w)
{
	w->on = w->into && w->batches++ % STAGES_SAMPLE == 0;
	if (w->on)
		w->last = stopwatch_now();
}

/* All since the last lap was @s. */
static inline void stages_lap(struct stages_watch *w, enum lane_stage s,
			      uint32_t packets)
{
	struct nat_stage_cost *c;
	uint64_t now;

	if (!w->on)
		return;
	now = stopwatch_now();
	c = &w->into->lane[s];
	c->ticks += now - w->last;
	c->laps++;
	c->packets += packets;
	w->last = now;
}

void stages_merge(struct stages *into, const struct stages *from);

/* A line of the table. */
struct stage_line {
	const char *name;
	uint64_t packets; /* that took it, of those sampled */
	double ns, share; /* of each of these; of the time of all stages */
};

enum { STAGES_MOST = (int)NAT_N_STAGES + (int)LANE_N_STAGES };

/* In the order of a packet's way, without stages that no packet took. Returns
 * how many; @sampled: packets of the batches that were timed. */
unsigned stages_table(const struct stages *s, double ns_per_tick,
		      struct stage_line line[STAGES_MOST], uint64_t *sampled);

#endif
