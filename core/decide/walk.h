/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One packet on its way through the router, and the stations of that way in
 * the order of the kernel's hooks (spec section 1):
 *
 *	walk_receive: conntrack, DST nat, route, then one of
 *		forward: TTL, filter, SRC nat, confirm, out
 *		local: filter, SRC nat, confirm, and perhaps an answer
 *	walk_output: conntrack, DST nat, filter, SRC nat, confirm, out
 *
 * A station returns true for "go on". False: the packet's fate is decided and
 * written in verdict and reason.
 */
#ifndef NAT_WALK_H
#define NAT_WALK_H

#include "decide/engine.h"
#include "decide/route.h"
#include "pure/ip_options.h"
#include "pure/reassembly.h"

struct walk {
	struct nat_worker *w;
	struct packet p;
	struct conn_ref ct; /* attached connection, conn NULL: none */
	uint64_t now_ns;    /* arrival */
	uint64_t hash;      /* of the tuple */
	uint64_t answer; /* of a new connection's reply tuple; 0: not known */
	uint64_t source; /* of its socket, see bysource_hash(); 0: the same */
	const struct target_ct *made_by; /* target CT; NULL: none */
	uint32_t mark;
	uint32_t cause;          /* index in the batch */
	uint16_t in_if, out_if;  /* NAT_NO_IF: none (yet) */
	uint16_t manip;          /* NAT_ST_SRC_NAT, NAT_ST_DST_NAT done */
	uint8_t hook;            /* enum nat_hook */
	uint8_t state;           /* enum nat_state */
	uint8_t verdict, reason; /* once a station returned false */
	bool plain;              /* packet_is_plain(), packet_plain_sum_ok() */
	bool hashed;             /* tuple and hash are valid */
	bool judged;             /* INVALID, as its connection has said */
	bool tracked_twice;      /* its first connection was over */
	bool icmp_related;       /* an ICMP error about the connection */
	bool inherited;          /* the connection is the cause's, not ours */
	bool to_many;            /* IPv4 broadcast, multicast: nobody answers */
	bool reassembled;        /* it came in fragments; see whole */
	bool no_socket;          /* sent by a rule, not by the router's stack */
	bool joined;             /* a target wanted it in one piece */
	struct ip_options options;

	/* not initialised before they are known */
	struct nat_tuple tuple;   /* of the packet as it came; see hashed */
	struct nat_addr next_hop; /* with out_if */
	uint32_t route;           /* with out_if: its number */
	struct reassembly whole;  /* the fragments it came in */
};

/* All but what is known later; the packet and its worker are the caller's. */
static inline void walk_init(struct walk *k, struct nat_worker *w,
			     uint64_t now_ns, uint32_t cause)
{
	enum { CLEAR = offsetof(struct walk, tuple), HALF = CLEAR / 2 };

	/* Halves are cleared by vectors, the whole by a string instruction. */
	memset(k, 0, HALF);
	memset((char *)k + HALF, 0, CLEAR - HALF);
	k->w = w;
	k->now_ns = now_ns;
	k->cause = cause;
	k->in_if = NAT_NO_IF;
	k->out_if = NAT_NO_IF;
}

/* The whole way of a received packet whose header is parsed. */
void walk_receive(struct walk *k);

/* The way of a packet that the router itself sends, out by out_if. */
void walk_output(struct walk *k);

static inline bool walk_drop(struct walk *k, enum nat_drop reason)
{
	k->verdict = NAT_DROP;
	k->reason = (uint8_t)reason;
	return false;
}

/* The devices that rules are asked about. Without a number, where there has to
 * be one, it is lo: the router sends to itself. */
static inline unsigned walk_rule_in(const struct walk *k)
{
	if (likely(k->in_if != NAT_NO_IF))
		return k->in_if;
	return k->hook == NAT_HOOK_PREROUTING || k->hook == NAT_HOOK_INPUT
		       ? RULE_DEV_LO
		       : RULE_DEV_NONE;
}

static inline unsigned walk_rule_out(const struct walk *k)
{
	if (k->out_if != NAT_NO_IF)
		return k->out_if;
	return k->hook == NAT_HOOK_OUTPUT || k->hook == NAT_HOOK_POSTROUTING
		       ? RULE_DEV_LO
		       : RULE_DEV_NONE;
}

/* Milliseconds since midnight UT, as ICMP and IP options have them. */
static inline uint32_t walk_ms_of_day(const struct walk *k)
{
	const uint64_t day = UINT64_C(24) * 3600 * 1000;

	return (uint32_t)(k->now_ns / 1000000 % day);
}

/* Where IPv6 says that a packet came in: of fragments, the first. Rules are
 * told of the last to arrive. */
static inline uint16_t walk_came_by(const struct walk *k)
{
	return unlikely(k->reassembled) ? k->whole.first->in_if : k->in_if;
}

/* The rules of the packet's family. */
static inline struct ruleset *walk_rules(const struct walk *k)
{
	return engine_rules(k->w->engine, k->p.family);
}

static inline bool walk_confirmed(const struct walk *k)
{
	return conn_status(k->ct.conn) & NAT_ST_CONFIRMED;
}

/* Of the reply tuple of the walk's new connection. */
static inline uint64_t walk_answer_hash(struct walk *k)
{
	if (unlikely(!k->answer))
		k->answer =
			conns_hash_of(k->w->view.all, k->ct.conn, NAT_REPLY);
	return k->answer;
}

static inline uint64_t walk_source_hash(struct walk *k)
{
	if (unlikely(!k->source))
		k->source =
			bysource_hash(&k->w->view.all->bysource, k->ct.conn);
	return k->source;
}

#endif
