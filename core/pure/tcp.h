/* SPDX-License-Identifier: BSD-2-Clause
 *
 * TCP connection tracking, Linux's (spec section 5): one segment at a time
 * into one connection's struct tcp_track. Pure: what must be done with the
 * connection is the result, and the caller does it.
 *
 * A new connection's track is all zero and its status lacks CONFIRMED.
 */
#ifndef NAT_TCP_H
#define NAT_TCP_H

#include "pure/tcp_options.h"
#include "pure/tcp_track.h"
#include "pure/tcp_window.h"
#include "util.h"

/* What the caller does with the connection; any combination. */
enum tcp_action {
	TCP_SET_TIMEOUT = 0x01, /* unless its status has FIXED_TIMEOUT */
	TCP_ACCOUNT = 0x02,     /* count the packet */
	TCP_ASSURE = 0x04,      /* set ASSURED */
	TCP_CHANGED = 0x08,     /* the state changed: event PROTOINFO */
	TCP_DELETE = 0x10,      /* the packet goes on, the connection not */
};

struct tcp_result {
	ticks timeout;   /* with TCP_SET_TIMEOUT */
	uint8_t verdict; /* enum tcp_verdict */
	uint8_t actions; /* enum tcp_action */
	uint8_t why;     /* enum tcp_why */
};

/* Takes @g, whose flags are valid, into @t. The caller sets SEEN_REPLY on a
 * reply that was accepted or ignored, after this. */
MUST_USE struct tcp_result tcp_update(struct tcp_track *t,
				      const struct tcp_segment *g,
				      const struct tcp_context *c);

static inline ticks tcp_timeout_of(const struct tcp_track *t,
				   const struct tcp_rules *r,
				   enum tcp_class class, enum tcp_state to)
{
	unsigned cut = t->retrans >= r->max_retrans ? TCP_CUT_RETRANS : 0;

	static_assert(TCP_DATA_UNACK == TCP_CUT_UNACK << 2, "shifted below");
	cut |= class == TCP_CLASS_RST ? TCP_CUT_RST : 0;
	cut |= ((t->flags[0] | t->flags[1]) & TCP_DATA_UNACK) >> 2;
	cut |= t->last_win ? 0 : TCP_CUT_CLOSED;
	return r->timeout[to][cut];
}

/* Which segments tcp_update_ordinary() takes... */
static inline bool tcp_is_ordinary(uint8_t flags)
{
	return (flags & (TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK)) == TCP_ACK;
}

/* ...and of which connections: of nat_status these, and no SEQ_ADJUST. */
enum { TCP_ORDINARY = NAT_ST_CONFIRMED | NAT_ST_SEEN_REPLY | NAT_ST_ASSURED };

/* An ACK without SACK, in its window: nearly every segment there is. False: not
 * one of those, nothing has changed; tcp_update() knows. True: taken in, it is
 * accepted and counted, and *timeout the connection's. @word: enum tcp_word, of
 * @g. */
ALWAYS_INLINE bool tcp_update_ordinary(struct tcp_track *t, lanes4 word,
				       const struct tcp_segment *g, size_t dir,
				       const struct tcp_rules *r,
				       ticks *timeout)
{
	bool unacked = false;

	if (unlikely(tcp_state(t) != TCPS_ESTABLISHED))
		return false;
	if (g->options_len && t->flags[!dir] & TCP_SACK_PERM &&
	    !tcp_options_are_timestamp(g->options, g->options_len))
		return false;
	if (unlikely(!tcp_window_pass(t, dir, word, g->end - g->seq, &unacked)))
		return false;
	tcp_set_state(t, TCPS_ESTABLISHED, TCP_CLASS_ACK, (enum nat_dir)dir);
	*timeout = r->ordinary[unacked];
	return true;
}

/* The same for what mostly is the first segment of a connection, a SYN alone;
 * @t is all zero. It is accepted and counted; returns the timeout. */
ticks tcp_open(struct tcp_track *t, const struct tcp_segment *g,
	       const struct tcp_rules *r);

/* The router itself reset the connection (REJECT tcp-reset), once. */
MUST_USE struct tcp_result tcp_set_closing(struct tcp_track *t,
					   const struct tcp_rules *r);

/* True when @mine, opened by a SYN, may take a port from @old, which is
 * nearly over: it begins where the other ended (spec 7.5). */
MUST_USE static inline bool tcp_may_evict(const struct tcp_track *mine,
					  const struct tcp_track *old)
{
	/* half of all numbers is as far behind as ahead, and not enough */
	int32_t ahead = (int32_t)(mine->side[NAT_ORIGINAL].end -
				  old->side[NAT_ORIGINAL].end);

	return tcp_state(mine) == TCPS_SYN_SENT &&
	       tcp_state(old) >= TCPS_TIME_WAIT && ahead > 0;
}

#endif
