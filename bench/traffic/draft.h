/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A packet before it is bytes: what each talk fills in, what oddities change,
 * and the bytes that come of it. Checksums are computed last. */
#ifndef NATBENCH_DRAFT_H
#define NATBENCH_DRAFT_H

#include <stdbool.h>

#include "natcore.h"

enum {
	DRAFT_L4 = 4000,     /* bytes of a transport header and data */
	DRAFT_EXTRA = 48,    /* IPv4 options or IPv6 extension headers */
	DRAFT_TRAILER = 16,  /* what follows a datagram */
	DRAFT_PACKET = 4200, /* of them all */
};

enum {
	PROTO_HOPOPTS = 0,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_GRE = 47,
	PROTO_FRAGMENT = 44,
	PROTO_ICMP6 = 58,
	PROTO_DSTOPTS = 60,
	PROTO_SCTP = 132,
	PROTO_UDPLITE = 136,
};

enum draft_sum {
	SUM_RIGHT,
	SUM_WRONG,
	SUM_ABSENT, /* zero, where the protocol has one */
};

struct draft {
	uint8_t family, proto, ttl, tos;
	uint8_t l4_sum; /* enum draft_sum */
	bool dont_fragment, evil;
	uint16_t iface;
	uint32_t id;
	struct nat_addr src, dst;
	uint8_t extra[DRAFT_EXTRA];
	uint32_t n_extra;
	uint8_t first_extra, next_at; /* IPv6: type, where the next goes */
	bool tracked_sum; /* of UDP-Lite: what Linux tracks as right */
	uint32_t l4_len;
	uint8_t l4[DRAFT_L4];
};

/* Adds IPv4 options, a multiple of four bytes. */
void draft_option(struct draft *d, const void *option, uint32_t len);
/* Adds an IPv6 extension header of @type, a multiple of eight bytes. */
void draft_extension(struct draft *d, uint8_t type, const void *header,
		     uint32_t len);
/* Adds @len bytes of data, as many as there is room for. */
void draft_data(struct draft *d, uint32_t len);
/* Writes the L4 checksum as d->l4_sum says. */
void draft_seal(struct draft *d);
/* The sealed packet's bytes; returns how many. @out has DRAFT_PACKET. */
uint32_t draft_build(const struct draft *d, uint8_t *out);
/* Of the IP header and what belongs to it. */
uint32_t draft_header_len(const struct draft *d);
/* IPv4: writes the header checksum of @ip. */
void draft_ip_sum(uint8_t *ip);

#endif
