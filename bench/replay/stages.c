/* SPDX-License-Identifier: BSD-2-Clause
 * Laps added up, and made into a table. */
#include "replay/stages.h"

static void add(struct nat_stage_cost *to, const struct nat_stage_cost *c)
{
	to->ticks += c->ticks;
	to->laps += c->laps;
	to->packets += c->packets;
}

void stages_merge(struct stages *into, const struct stages *from)
{
	for (unsigned i = 0; i < NAT_N_STAGES; i++)
		add(&into->core.stage[i], &from->core.stage[i]);
	for (unsigned i = 0; i < LANE_N_STAGES; i++)
		add(&into->lane[i], &from->lane[i]);
}

/* Ticks that a lap has too many: the least between two looks at the clock. */
static uint64_t lap_cost(void)
{
	enum { TRIES = 1000 };
	uint64_t least = UINT64_MAX, last = stopwatch_now();

	for (unsigned i = 0; i < TRIES; i++) {
		uint64_t now = stopwatch_now();

		if (now - last < least)
			least = now - last;
		last = now;
	}
	return least;
}

static double ticks_of(const struct nat_stage_cost *c, uint64_t lap)
{
	uint64_t over = c->laps * lap;

	return c->ticks > over ? (double)(c->ticks - over) : 0;
}

static const struct nat_stage_cost *cost_at(const struct stages *s, unsigned i,
					    const char **name)
{
	static const char *const lane[] = {
#define X(id, text) text,
		LANE_STAGES(X)
#undef X
	};

	if (i == 0) {
		*name = lane[LANE_GATHER];
		return &s->lane[LANE_GATHER];
	}
	if (i <= NAT_N_STAGES) {
		*name = nat_stage_name((enum nat_stage)(i - 1));
		return &s->core.stage[i - 1];
	}
	*name = lane[i - NAT_N_STAGES];
	return &s->lane[i - NAT_N_STAGES];
}

unsigned stages_table(const struct stages *s, double ns_per_tick,
		      struct stage_line line[STAGES_MOST], uint64_t *sampled)
{
	uint64_t lap = lap_cost();
	double all = 0;
	unsigned n = 0;

	*sampled = s->lane[LANE_GATHER].packets;
	for (unsigned i = 0; i < STAGES_MOST; i++) {
		struct stage_line *l = &line[n];
		const struct nat_stage_cost *c = cost_at(s, i, &l->name);
		double ticks = ticks_of(c, lap);

		if (!c->packets)
			continue;
		l->packets = c->packets;
		l->ns = ticks * ns_per_tick / (double)c->packets;
		l->share = ticks;
		all += ticks;
		n++;
	}
	for (unsigned i = 0; i < n && all > 0; i++)
		line[i].share /= all;
	return n;
}
