/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Makes trouble: packets for a scenario, drawn relative to it (its networks,
 * its own addresses, whatever addresses and ports its rules name) and to the
 * connections that live in it. What left the router because of a packet is told
 * back, so that the far ends answer to the addresses, ports and sequence
 * numbers that they saw.
 *
 *	struct traffic *t = traffic_new(&cfg, &err);
 *	while (...) {
 *		struct traffic_packet p = traffic_next(t);
 *		... play it; for each packet that left because of it:
 *		traffic_left(t, out_if, data, len);
 *	}
 *	traffic_free(t);
 *
 * The same configuration and the same answers give the same packets, to the
 * byte. Memory is bounded: a fixed number of connections is remembered, and a
 * new one takes the place of another. Weights stand in tables: talks.c (who
 * opens what), tcp_moves.c (what a TCP end does), errors.c, oddities.c (what
 * is done to a packet on its way), fragments.c.
 */
#ifndef NATBENCH_TRAFFIC_H
#define NATBENCH_TRAFFIC_H

#include "capture/error.h"
#include "natcore.h"

/* What may be drawn; each can be switched off. */
#define TRAFFIC_KINDS(X)                                                       \
	X(IPV4, "ipv4")                                                        \
	X(IPV6, "ipv6")                                                        \
	X(TCP, "tcp")                                                          \
	X(UDP, "udp")                                                          \
	X(ICMP, "icmp") /* queries */                                          \
	X(UDPLITE, "udplite")                                                  \
	X(SCTP, "sctp")                                                        \
	X(GRE, "gre")                                                          \
	X(OTHER, "other")         /* protocols without ports */                \
	X(ERRORS, "errors")       /* ICMP errors quoting connections */        \
	X(OPTIONS, "options")     /* IP options, IPv6 extension headers */     \
	X(FRAGMENTS, "fragments") /* in every order and overlap */             \
	X(LONG, "long")           /* longer than an MTU of 1500 */             \
	X(DAMAGE, "damage")       /* checksums, lengths, cut packets */        \
	X(TTL, "ttl")             /* 0, 1, 2 */                                \
	X(MARTIANS, "martians")   /* addresses that may not be */              \
	X(GROUPS, "groups")       /* broadcast and multicast */                \
	X(ROUTER, "router")       /* addressed to the router itself */         \
	X(CLOCK, "clock")         /* answers tell the time: TS, ICMP 13 */

enum traffic_kind {
#define X(id, name) TRAFFIC_##id,
	TRAFFIC_KINDS(X)
#undef X
		TRAFFIC_N_KINDS
};

const char *traffic_kind_name(enum traffic_kind k);
/* Of names between commas; "all"; a name after '-' is taken off what stands
 * before it, or off the defaults; "": the defaults. 0, or -1 with @err. */
int traffic_parse_kinds(uint32_t *kinds, const char *list,
			struct capture_error *err);
uint32_t traffic_default_kinds(void);

struct traffic_config {
	const struct nat_topology *topology; /* indexes of interfaces */
	const char *topology_text;           /* what it was parsed from */
	const char *rules_text[2];           /* iptables-save; may be NULL */
	uint64_t seed;
	uint32_t kinds; /* 1 << enum traffic_kind; 0: the defaults */
};

struct traffic;

/* A packet. Its bytes last until the next call. */
struct traffic_packet {
	const uint8_t *data; /* from the IP header on */
	uint32_t len;
	uint16_t in_if;     /* topology index */
	uint32_t group;     /* its connection: counted from 1 */
	const char *what;   /* names of the rows that made it */
	const char *oddity; /* "": nothing odd was done to it */
};

/* NULL: the scenario has no address to send from, or there is no memory.
 * Borrows nothing once it has returned. */
struct traffic *traffic_new(const struct traffic_config *cfg,
			    struct capture_error *err);
struct traffic_packet traffic_next(struct traffic *t);
/* One packet that left because of the last one, the router's own included. */
void traffic_left(struct traffic *t, uint16_t out_if, const uint8_t *data,
		  uint32_t len);
void traffic_free(struct traffic *t);

#endif
