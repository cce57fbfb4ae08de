/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ids tried one after another, for one that makes an answer nobody has
 * (spec 7.5). In a pool that is nearly full that is all misses of the cache,
 * so what later ones need is fetched while others are looked at. */
#ifndef NAT_PROBE_H
#define NAT_PROBE_H

#include "decide/walk.h"

/* Ids from @min on, host order. */
struct id_window {
	uint32_t min, size;
};

/* What can be seen of somebody who has an answer. */
struct probe_sight {
	uint64_t head, head_mask; /* see conn_head() */
	uint64_t ends[4];         /* the key: addresses; ids come after */
	unsigned n_ends;
	uint32_t own_ids;  /* of the walk's original tuple */
	ticks now, others; /* as in the view */
	uint8_t worker;
};

/* Answers that differ in one id. */
struct probes {
	struct walk *k;
	struct nat_tuple answer;
	struct id_window window;
	struct hash_stem stem;
	uint32_t ids, id_unit; /* the other id; 1 as the one: hash_ids() */
	bool robber;           /* late in a round it may rob */
	bool zoned;
	uint8_t ahead; /* that many are fetched at once */
	struct probe_sight sight;
};

/* Of @answer, with ids from @window as its first or @last. */
void probes_init(struct probes *p, struct walk *k,
		 const struct nat_tuple *answer, struct id_window window,
		 bool last);

/* Tries @n ids from @offset on. False: none is free. *@id is the last tried, as
 * in a packet. */
MUST_USE bool probes_find(struct probes *p, uint16_t offset, uint32_t n,
			  uint16_t *id);

/* True: somebody else has @answer, and could not be robbed of it. */
MUST_USE bool probe_used(const struct probes *p, const struct nat_tuple *answer,
			 bool robber);

#endif
