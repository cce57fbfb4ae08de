/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What extension headers ask of a node (RFC 8200 4): options whose senders want
 * to know when they are not understood, headers that only the destination
 * looks at.
 */
#ifndef NAT_IPV6_EXT_H
#define NAT_IPV6_EXT_H

#include "pure/packet.h"

/* A packet that goes no further. */
struct ext_fault {
	bool tell;        /* with a parameter problem, else in silence */
	uint8_t code;     /* of ICMPv6 type 4 */
	uint16_t pointer; /* to the byte at fault */
};

/* The hop-by-hop options, which every node looks at before anything else.
 * False: @f says what is wrong. */
MUST_USE bool ipv6_hop_options_ok(const struct packet *p, struct ext_fault *f);

/* A header: where it begins, and where the byte is that names it. */
struct ext_place {
	uint32_t at;
	uint16_t named;
};

/* Behind the hop-by-hop options, which are there if the packet says so. */
struct ext_place ipv6_behind_hop_options(const struct packet *p);

/* All headers from @i up to a fragment header or the transport's, as their
 * destination sees them; @i is that then. False: @f says what is wrong. */
MUST_USE bool ipv6_headers_ok(const struct packet *p, struct ext_place *i,
			      struct ext_fault *f);

#endif
