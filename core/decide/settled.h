/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The short way, for nearly every packet there is: plain TCP or UDP of a
 * connection that is in the table with NAT decided at both ends, whose packets
 * were routed before, in a router that asks no rule about it. What the walk
 * (walk.h) would do to such a packet is done here in one go and comes to the
 * same bytes, the same connection and the same counters. Whatever has any
 * peculiarity takes the long way.
 */
#ifndef NAT_SETTLED_H
#define NAT_SETTLED_H

#include "decide/walk.h"

/* What the stages of a batch know of a packet. */
struct flight {
	uint64_t hash; /* of its tuple, where plain */
	/* Hashes of its answer and of its socket, set if guess has no conn. */
	uint64_t answer, source;
	const struct bucket *bucket; /* NULL: not packet_is_plain() */
	struct conn_ref guess; /* what may be its connection; conn NULL: none */
	bool sum_ok;           /* packet_plain_sum_ok() */
};

/* Numbers the paths of a new engine. */
void settled_init(struct nat_engine *e);

/* May any packet of this worker take the short way? */
static inline bool settled_possible(const struct nat_worker *w)
{
	return w->engine->rules.conntrack && w->engine->rules.only_nat &&
	       !w->engine->topology->marks && !w->trace && !w->events;
}

enum settled {
	SETTLED,     /* the packet has left; its verdict is written */
	NOT_SETTLED, /* it needs the long way; nothing has changed */
	JUDGED,      /* the same, but its connection has already judged it
		      * INVALID and must not be asked again */
};

/* Forwards packets, all of the clock's tick, in order until one is not to be
 * settled, and returns how many have left. *how: why the next has not, if there
 * is one. */
unsigned settled_forward(struct nat_worker *w, struct nat_packet *pkt,
			 const struct flight *f, unsigned n, enum settled *how);

/* The packet was routed by the long way: next time it need not be. */
void settled_remember(struct walk *k);
/* The packet leaves, its connection confirmed: nor need the answer be. */
void settled_expect(struct walk *k);

#endif
