/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Everything about a replay that can be known before it starts: who plays
 * which packet, in which role, from where it enters, and where a batch ends.
 *
 * A conversation is played by one lane (a worker's list), in order; and by the
 * same lane all that differ in the client's address alone. Those want the same
 * port where that address is translated, and when two workers choose it at the
 * same moment one packet is lost, with Linux as here; a replay would not come
 * to the same twice. As far as that allows lanes have as many packets each.
 *
 * Batches are full but where an answer depends on how the batch at hand
 * translates the packet that it answers: one that may begin a mapping, because
 * it is the conversation's first, a SYN, or comes after a reset or a second of
 * silence. One that comes after a packet that was dropped may, too; the lane
 * sees to that. With several lanes a batch also spans at most PLAN_BATCH_NS,
 * because lanes keep together in time from batch to batch; with one
 * PLAN_PAUSE_NS, so that between two packets far apart what is over can end.
 *
 * A long capture is planned window by window: what a planner knows of one goes
 * on in the next. A fragment counts to its datagram where the first one is in
 * the same window or before.
 */
#ifndef NATBENCH_PLAN_H
#define NATBENCH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/region.h"
#include "capture/store.h"
#include "replay/conv.h"
#include "replay/wire.h"

enum {
	BATCH_MOST = 64,
	/* Buffers of a batch: stays in the second-level cache, and holds the
	 * longest packet. */
	BATCH_BYTES = 128 << 10,
};

/* Where a capture's time begins on the engine's clock: zero is no time. */
#define PLAN_START_NS UINT64_C(1000000000)
/* A longer gap counts as this, 30 days: no timeout is as long, and the engine
 * counts ticks in 32 bits. */
#define PLAN_GAP_NS   UINT64_C(2592000000000000)
#define PLAN_BATCH_NS UINT64_C(1000000000)
#define PLAN_PAUSE_NS UINT64_C(3600000000000)

enum step_flags {
	STEP_REPLY = 1,    /* answers: to be readdressed */
	STEP_CUT = 2,      /* begins a batch */
	STEP_FRAGMENT = 4, /* of a datagram in several packets */
	STEP_VERBATIM = 8, /* enters as it is, teaches nothing */
};

/* One packet of a lane. */
struct step {
	uint64_t time_ns; /* on the engine's clock */
	uint32_t slot;    /* where its bytes begin, in units of STORE_SLOT */
	uint32_t len;
	uint32_t conv;
	uint32_t packet; /* index in the store */
	struct wire_shape shape;
	uint8_t in_if; /* of originals; answers come from conv.out_if */
	uint8_t flags;
};

/* Does its leaving tell how answers are to be addressed? */
static inline bool step_teaches(const struct step *s)
{
	return !(s->flags & (STEP_REPLY | STEP_VERBATIM));
}

struct lane_plan {
	struct region steps;
	uint64_t bytes;   /* of the packets */
	uint32_t n_convs; /* that it plays, up to the plan's end */
};

struct plan {
	struct lane_plan *lane;
	unsigned n_lanes;
	uint32_t n_convs;    /* up to its end */
	uint64_t span_ns;    /* up to there, on the engine's clock */
	struct region convs; /* plan_make()'s own: struct conv */
};

struct plan_config {
	unsigned lanes;
	unsigned batch; /* most packets of a batch, up to BATCH_MOST */
	bool verbatim;  /* else conversations that begin at client_if */
	uint16_t client_if;
};

struct planner;

/* NULL: no memory. */
struct planner *planner_new(const struct plan_config *cfg);
void planner_free(struct planner *planner);
/* Plans what comes next, the packets of @s. @p is all zero or an older plan,
 * whose memory it takes over. 0, or -ENOMEM. */
int planner_plan(struct planner *planner, const struct store *s,
		 struct plan *p);

/* Makes @convs hold @n conversations; new ones know nothing. 0, or -ENOMEM. */
int convs_grow(struct region *convs, uint32_t n);

/* The plan of a capture that @s holds whole, and its conversations. 0, or
 * -ENOMEM; plan_free() in either case. */
int plan_make(struct plan *p, const struct store *s,
	      const struct plan_config *cfg);
void plan_free(struct plan *p);

static inline const struct step *lane_steps(const struct lane_plan *l)
{
	return (const struct step *)(const void *)l->steps.base;
}

static inline size_t lane_count(const struct lane_plan *l)
{
	return l->steps.used / sizeof(struct step);
}

static inline struct conv *plan_convs(const struct plan *p)
{
	return (struct conv *)(void *)p->convs.base;
}

#endif
