/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From counters to figures. */
#include "replay/result.h"

struct figures figures_of(const struct replay *r, const struct lane_result *l,
			  unsigned threads, uint64_t wall_ns)
{
	double n = (double)l->packets, scale = r->lanes.ns_per_tick;
	struct figures f = {
		.packets = l->packets + l->unanswered,
		.bytes = l->bytes,
		.unanswered = l->unanswered,
		.wall_ns = wall_ns,
		.stats = &l->stats,
		.latency = &l->latency,
	};

	if (!l->packets || !wall_ns)
		return f;
	f.ns_per_packet = (double)wall_ns * threads / n;
	f.core_ns_per_packet = (double)l->core_ticks * scale / n;
	f.pps = n * 1e9 / (double)wall_ns;
	return f;
}

double result_bytes_per_connection(const struct result *r)
{
	const struct nat_memory *m = &r->replay->memory;

	return m->peak ? (double)m->total_bytes / (double)m->peak : 0;
}
