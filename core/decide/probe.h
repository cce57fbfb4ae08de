/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ids tried one after another, for one that makes an answer nobody has
 * (spec 7.5). In a pool that is nearly full that is all misses of the cache,
 * so they are taken in blocks: what the next one needs is fetched while one is
 * looked at. */
#ifndef NAT_PROBE_H
#define NAT_PROBE_H

#include "decide/walk.h"

/* Ids from @min on, host order. */
struct id_window {
	uint32_t min, size;
};

/* Tries of @n ids in a row, from @offset in the window on. */
struct probe_round {
	uint32_t n;
	uint16_t offset;
};

/* What can be seen of somebody who has an answer. */
struct probe_sight {
	uint64_t head, head_mask; /* see conn_head() */
	uint64_t ends[4];         /* the key: addresses; ids come after */
	uint32_t own_ids;         /* of the walk's original tuple */
	ticks now;                /* the latest clock that may count */
};

enum {
	PROBE_ROUNDS = 5, /* at most */
	PROBE_BLOCK_LOG = 4,
	PROBE_BLOCK = 1 << PROBE_BLOCK_LOG,
	PROBE_BLOCKS = 4,
};
static_assert(PROBE_BLOCK % HASH_ROW == 0, "whole rows");

/* Some of a round, from number @at on. The bucket of each is fetched, then what
 * that most likely names, and both have come when it is looked at. */
struct probe_block {
	uint32_t n, at;
	bool robber;               /* all of them may rob, or none */
	uint32_t ids[PROBE_BLOCK]; /* hash_ids() */
	uint64_t hash[PROBE_BLOCK];
	union {
		const struct bucket *bucket; /* and then */
		const struct conn *conn;     /* NULL: no guess */
	} to[PROBE_BLOCK];
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
	struct probe_sight sight;
	struct probe_round round[PROBE_ROUNDS];
	uint32_t n_rounds; /* whoever wants to find lays them out */

	uint32_t next_round, next_at;    /* what goes into the next block */
	uint32_t aimed, guessed, looked; /* blocks: how many are so far */
	struct probe_block block[PROBE_BLOCKS]; /* the last of them */
};

/* Of @answer, with ids from @window as its first or @last. */
void probes_init(struct probes *p, struct walk *k,
		 const struct nat_tuple *answer, struct id_window window,
		 bool last);

/* Tries the ids of a round, after those before it: false, none is free. *@id is
 * the last tried, as in a packet. */
MUST_USE bool probes_find(struct probes *p, const struct probe_round *r,
			  uint16_t *id);

/* True: somebody else has @answer, and could not be robbed of it. */
MUST_USE bool probe_used(const struct probes *p, const struct nat_tuple *answer,
			 bool robber);

#endif
