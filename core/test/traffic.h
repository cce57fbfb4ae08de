/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Traffic that a seed decides: conversations of TCP, UDP and pings from both
 * sides of a router, with all that goes wrong on the way - bad sums, expiring
 * TTLs, options, strange flags, ICMP errors, another interface. Answers are
 * made of what the router let out, so that they find their way back.
 */
#ifndef TEST_TRAFFIC_H
#define TEST_TRAFFIC_H

#include "natcore.h"
#include "pure/random.h"
#include "test/frames.h"

enum { TRAFFIC_FLOWS = 48 };

/* For router_topology: clients on lan are translated, those on wan are led to
 * a host inside. */
extern const char traffic_rules[];

struct flow {
	char client[24], server[24]; /* ADDRESS or ADDRESS:PORT */
	char reply[56]; /* "SERVER > CLIENT" as it left; or empty */
	uint8_t proto;
	bool from_wan;
	unsigned step;
	uint32_t seq[NAT_N_DIRS];
	struct frame out; /* the last one that left */
};

struct traffic {
	struct random random;
	struct flow flow[TRAFFIC_FLOWS];
	unsigned flows;
};

struct sent {
	struct frame frame;
	const char *in_if;
	unsigned flow;
};

/* Clients differ from those of other @who. */
void traffic_init(struct traffic *t, uint64_t seed, unsigned who);
void traffic_next(struct traffic *t, struct sent *s);
/* What became of one sent, for the answers. */
void traffic_left(struct traffic *t, const struct sent *s,
		  const struct nat_packet *pkt);

#endif
