/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection as its two ends see it. An end is a host somewhere behind the
 * router; the client's is drawn, the server's is what came out of the router.
 */
#ifndef NATBENCH_FLOW_H
#define NATBENCH_FLOW_H

#include <stdbool.h>

#include "natcore.h"

enum flow_side { CLIENT, SERVER, SIDES };

struct flow_end {
	struct nat_addr self, peer; /* as this end's packets bear them */
	uint16_t self_id, peer_id;  /* network order, as in struct nat_tuple */
	uint16_t iface;
	bool known;

	/* what TCP keeps; SCTP uses start as its tag */
	bool opened, closed; /* sent its SYN, its FIN */
	bool heard;          /* the peer's SYN arrived */
	uint8_t scale;
	uint16_t window;
	uint32_t start, next; /* of its own sequence numbers */
	uint32_t got;         /* expected next of the peer's */
	struct flow_segment {
		uint32_t seq, ack;
		uint16_t data;
		uint8_t flags;
	} last; /* for retransmissions */
};

struct flow {
	struct flow_end end[SIDES];
	uint32_t number; /* the how manieth that was opened */
	uint8_t family, proto;
	uint8_t talk; /* row of the table in talks.c; see there */
	bool live;
	bool reset;      /* TCP: one has gone by */
	uint8_t query;   /* ICMP: the request's type */
	uint16_t serial; /* ICMP: sequence number; SCTP: how far it is */
};

#endif
