/* SPDX-License-Identifier: BSD-2-Clause
 * Expiry, in small portions. */
#include "decide/sweep.h"

enum {
	/* Expiry looks at every connection about this often... */
	SWEEP_PERIOD = 15 * TICKS_PER_S,
	/* ...but never delays a packet by more looks than this: at one alone
	 * they are as many as are ended together, should all be over. */
	SWEEP_PER_PACKET = 4,
	SWEEP_LEAST = 12,
	/* After a pause nobody waits. And the clock, which comes round in 198
	 * days, must find nothing that has been over for half of that: it would
	 * live again. */
	SWEEP_PAUSE = 3600 * TICKS_PER_S,
};

void sweep(struct nat_worker *w, size_t packets)
{
	uint64_t slots = conns_slots(&w->engine->conns);
	uint64_t due, most = SWEEP_LEAST + SWEEP_PER_PACKET * packets;
	ticks since = w->view.now - w->swept;

	if (!since && !w->owed && packets)
		return;
	w->owed += slots * since / w->engine->max_workers;
	w->swept = w->view.now;
	if (!packets || since >= SWEEP_PAUSE) {
		w->owed = slots * SWEEP_PERIOD;
		most = slots;
	}
	due = w->owed / SWEEP_PERIOD;
	if (!due)
		return;
	if (due > slots) /* once round is enough */
		w->owed = (due = slots) * SWEEP_PERIOD;
	for (uint64_t left = due < most ? due : most; left;) {
		uint32_t n = conns_sweep(&w->view, (uint32_t)left);

		if (!n) /* another thread is at it */
			break;
		w->owed -= (uint64_t)n * SWEEP_PERIOD;
		left -= n;
	}
}
