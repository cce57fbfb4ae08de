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

#include "decide/flights.h"
#include "decide/walk.h"

/* Finds out how much room there is at the interfaces of a new engine. */
void settled_init(struct nat_engine *e);

/* A route depends on addresses and the interface a packet came by. The
 * addresses are the connection's own; so a path, kept with each direction, is
 * a pair of interfaces, by path_number(). Routers with more interfaces than it
 * tells apart do without. */
static inline uint8_t settled_path(const struct nat_engine *e, uint16_t in,
				   uint16_t out)
{
	return likely(e->paths) ? path_number(in, out) : 0;
}

static inline void settled_keep(const struct nat_engine *e, struct conn *c,
				enum nat_dir dir, uint16_t in, uint16_t out)
{
	conn_set_path(c, dir, settled_path(e, in, out));
}

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

/* What all packets of a run share. */
struct round {
	struct nat_worker *w;
	const struct path_room *room;
	struct {
		uint64_t mask, want;
	} tcp, udp; /* of heads: ordinary connections */
	const struct tcp_rules *rules;
	const struct nat_sysctl *sysctl;
	ticks udp_timeout[2]; /* of a stream the second */
	ticks now;
	bool acct;

	uint64_t bytes;
	unsigned forwarded, unanswered;
	struct tcp_track spare; /* nobody's, see decide/settled8.c */
};

void settled_begin(struct round *r, struct nat_worker *w);
void settled_end(const struct round *r);

/* Forwards packets of a group from the @i-th up to @end, all of the clock's
 * tick, in order until one is not to be settled, and returns which. *how: why
 * it has not left. Context: settled_possible(). */
unsigned settled_forward(struct round *r, struct nat_packet *pkt,
			 const struct flights *f, unsigned i, unsigned end,
			 enum settled *how);

/* The connection is new and its first packet leaves by @out: the answer will
 * come in there, and be routed to its source. */
static inline void settled_expect_at(struct nat_worker *w, struct conn *c,
				     uint16_t out)
{
	const struct nat_engine *e = w->engine;
	const struct conn_key4 *key = conn_keys(c);
	const struct fib_entry *back;

	w->new_source = key[NAT_REPLY].dst == key[NAT_ORIGINAL].src
				? 0
				: key[NAT_REPLY].dst;
	back = route_forward4(e->topology, &w->back, out, key[NAT_REPLY].src,
			      key[NAT_ORIGINAL].src);
	if (back)
		settled_keep(e, c, NAT_REPLY, out, back->out_if);
}

/* The packet was routed by the long way: next time it need not be. */
void settled_remember(struct walk *k);
/* The packet leaves, its connection confirmed: nor need the answer be. */
void settled_expect(struct walk *k);

#endif
