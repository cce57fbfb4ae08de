/* SPDX-License-Identifier: BSD-2-Clause
 * Expiry, in small portions. */
#include "decide/sweep.h"

enum {
	/* Expiry looks at every connection about this often... */
	SWEEP_PERIOD = 15 * TICKS_PER_S,
	/* ...but never delays a packet by more looks than this, nor by ending
	 * more: no fewer than packets can begin. */
	SWEEP_PER_PACKET = 4,
	SWEEP_LEAST = 12,
	SWEEP_ENDS = 2,
	/* After a pause nobody waits. And the clock, which comes round in 198
	 * days, must find nothing that has been over for half of that: it would
	 * live again. */
	SWEEP_PAUSE = 3600 * TICKS_PER_S,
};

/* What @packets may wait for. */
static struct conns_portion portion(size_t packets)
{
	return (struct conns_portion){
		.slots = SWEEP_LEAST + SWEEP_PER_PACKET * (uint32_t)packets,
		.ends = SWEEP_ENDS * (uint32_t)packets,
	};
}

void sweep(struct nat_worker *w, size_t packets)
{
	uint64_t slots = conns_slots(&w->engine->conns), due;
	struct conns_portion p = portion(packets);
	ticks since = w->view.now - w->swept;

	if (!since && !w->owed && packets)
		return;
	w->owed += slots * since / w->engine->max_workers;
	w->swept = w->view.now;
	if (!packets || since >= SWEEP_PAUSE) {
		w->owed = slots * SWEEP_PERIOD;
		p.slots = p.ends = (uint32_t)slots;
	}
	due = w->owed / SWEEP_PERIOD;
	if (due > slots) /* once round is enough */
		w->owed = (due = slots) * SWEEP_PERIOD;
	p.slots = min_u32(p.slots, (uint32_t)due);
	while (p.slots && p.ends) {
		uint32_t before = p.slots;

		if (!conns_sweep(&w->view, &p))
			break;
		w->owed -= (uint64_t)(before - p.slots) * SWEEP_PERIOD;
	}
}
