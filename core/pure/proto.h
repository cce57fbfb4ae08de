/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Trackers of the protocols that keep little or no state: UDP, UDP-Lite, GRE,
 * ICMP queries and all that have no tracker of their own (spec 6.1 to 6.4).
 * TCP has pure/tcp.h, SCTP pure/sctp.h.
 */
#ifndef NAT_PROTO_H
#define NAT_PROTO_H

#include "clock.h"
#include "natcore.h"
#include "util.h"

/* What a UDP connection keeps. */
struct udp_track {
	ticks stream; /* later traffic makes it a stream */
};

struct proto_result {
	ticks timeout;
	bool assured; /* has become so, if it was not */
};

struct proto_context {
	const struct nat_sysctl *sysctl;
	ticks now;
	uint16_t status; /* enum nat_status, before this packet */
};

/* Here, to be compiled into its callers. */
ALWAYS_INLINE struct proto_result udp_packet(struct udp_track *t,
					     const struct proto_context *c)
{
	enum { STREAM_AFTER = 2 * TICKS_PER_S };
	struct proto_result r = {
		.timeout = ticks_of_s(c->sysctl->udp_timeout),
	};

	if (!(c->status & NAT_ST_CONFIRMED))
		t->stream = c->now + STREAM_AFTER;
	if (!(c->status & NAT_ST_SEEN_REPLY) ||
	    ticks_reached(t->stream, c->now))
		return r;
	r.timeout = ticks_of_s(c->sysctl->udp_timeout_stream);
	r.assured = !(c->status & NAT_ST_NAT_CLASH);
	return r;
}

struct proto_result udplite_packet(const struct proto_context *c);
struct proto_result gre_packet(const struct proto_context *c);

/* May an ICMP query of this type, which has an answer, open a connection? */
bool icmp_may_open(uint8_t proto, uint8_t type);

#endif
