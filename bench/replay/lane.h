/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One worker's share of a replay: copies each packet of its list into a small
 * buffer that stays in the cache, so that every pass begins with the bytes of
 * the capture; readdresses answers; hands batches to the core; looks at what
 * became of them.
 *
 * THREADS: a lane belongs to its thread. Others read clock_ns and done, which
 * are alone on their cache line, at any time, and the rest when it has ended.
 */
#ifndef NATBENCH_LANE_H
#define NATBENCH_LANE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "natcore.h"
#include "replay/check.h"
#include "replay/emitted.h"
#include "replay/events.h"
#include "replay/hist.h"
#include "replay/memo.h"
#include "replay/pace.h"
#include "replay/plan.h"
#include "replay/stages.h"

/* What all lanes of a replay share; none writes it. It changes between lists,
 * while no lane plays. */
struct lanes {
	struct lane *lane;
	unsigned n;
	const struct store *store;
	struct conv *convs; /* each but touched by its own lane */
	struct pace pace;
	double ns_per_tick;
	uint64_t before;    /* packets of the pass before those of @store */
	bool again;         /* lists are played more than once: memos pay, and
			     * answers stay in the store as they enter */
	uint16_t server_if; /* NAT_NO_IF: answers enter where originals left */
	bool check;
	struct liberty may; /* what the rules may do */
	const bool *wanted; /* by interface: -w; NULL: none */
	bool events;        /* kept in each lane's log */
	bool stages;        /* timed */
};

/* What happened in the passes that count. */
struct lane_result {
	uint64_t packets;    /* that entered the router */
	uint64_t unanswered; /* answers to what never left: did not */
	uint64_t bytes;      /* of both */
	uint64_t wall_ticks;
	uint64_t core_ticks; /* inside nat_worker_run() */
	struct nat_stats stats;
	struct hist latency; /* nanoseconds */
	struct stages stages;
};

/* A packet of the batch. */
struct turn {
	const struct step *step;
	struct memo *memo;
};

struct lane {
	const struct lanes *all;
	/* the list at hand */
	const struct lane_plan *plan;
	struct conv *convs;        /* everybody's */
	uint8_t *slots;            /* the store's bytes */
	struct nat_worker *worker; /* by the thread itself */

	uint32_t lesson[LESSONS]; /* grow when there is news */
	struct region memos; /* struct memo, by step; empty: one pass alone */
	struct memo no_memo; /* for all, then */

	/* the batch at hand */
	struct region hot;
	uint32_t hot_used;
	uint32_t n;
	struct nat_packet pkt[BATCH_MOST];
	struct turn turn[BATCH_MOST];
	uint64_t shift_ns; /* what this pass adds to timestamps */
	uint64_t origin;   /* ticks at which it began */
	uint64_t start;    /* and those of the list at hand */
	uint64_t ended;
	uint64_t horizon_ns; /* how far the other lanes let this one go */

	struct lane_result result;
	struct stages_watch watch;
	struct nat_stats stats; /* of all passes */
	struct check check;
	struct emitted emitted;
	struct event_log events;
	uint64_t all_packets; /* that entered the router, all passes */
	uint32_t n_convs;     /* played here, up to the last list's end */
	uint64_t order;       /* of the list's first packet in @emitted */

	_Alignas(64) _Atomic uint64_t clock_ns; /* of the batch at hand */
	_Atomic uint64_t done;                  /* packets, all passes */
	_Alignas(64) char end[];
};

/* 0 or -ENOMEM. */
int lane_init(struct lane *l, const struct lanes *all);
void lane_fini(struct lane *l);
/* What is to be played next: @plan, of the packets and conversations that all
 * lanes have by now. 0 or -ENOMEM. */
int lane_take(struct lane *l, const struct lane_plan *plan);

/* Forgets the results so far: what was is warm-up. */
void lane_reset(struct lane *l);
/* Plays the list once, with timestamps later by @shift_ns. */
void lane_play(struct lane *l, uint64_t shift_ns);

#endif
