/* SPDX-License-Identifier: BSD-2-Clause
 * What a packet tells of fragmentation: RFC 791 3.1, RFC 8200 4.5. */
#ifndef NAT_PACKET_FRAGMENT_H
#define NAT_PACKET_FRAGMENT_H

#include "pure/packet.h"

struct fragment_info {
	uint32_t offset, len; /* of the payload */
	uint32_t id;          /* as it lies in the packet */
	uint16_t before;      /* bytes that belong to the whole, too... */
	uint8_t own;          /* and to the fragment alone, behind those */
	bool last;
	uint8_t ecn;
};

/* An IPv6 fragment may be its datagram's only one (RFC 6946). */
enum fragment_kind {
	FRAGMENT_NONE,
	FRAGMENT_HEADLESS, /* of IPv6, a first one without all of the headers:
			    * nobody reassembles it (RFC 8200 4.5) */
	FRAGMENT_USUAL,
};
/* @f is filled unless there is none. */
MUST_USE enum fragment_kind packet_fragment(const struct packet *p,
					    struct fragment_info *f);

/* What all fragments of a packet begin with. IPv6: @named is the offset of the
 * byte that names what follows. */
uint32_t packet_unfragmentable(const struct packet *p, uint16_t *named);

#endif
