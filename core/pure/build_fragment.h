/* SPDX-License-Identifier: BSD-2-Clause
 * A datagram into fragments (RFC 791 3.1, RFC 8200 4.5), and back. */
#ifndef NAT_BUILD_FRAGMENT_H
#define NAT_BUILD_FRAGMENT_H

#include "pure/packet.h"
#include "pure/reassembly.h"

/* What all fragments of a datagram have in common. */
struct fragmentation {
	struct packet whole;
	uint32_t id;       /* IPv6 */
	uint32_t fixed;    /* bytes of @whole that each begins with */
	uint32_t overhead; /* bytes of each before its payload */
	uint16_t named;    /* IPv6: what names the payload */
};

/* @id is an IPv6 datagram's; IPv4 has one already. */
struct fragmentation fragmentation_of(const struct packet *whole, uint32_t id);

static inline uint32_t fragmentation_payload(const struct fragmentation *f)
{
	return f->whole.len - f->fixed;
}

/* The fragment that begins at payload byte @from, a multiple of 8, and carries
 * @n bytes; @out has room for the overhead and @n. Options that are not to be
 * copied (RFC 791 3.1) become no-operations but in the first. */
uint32_t build_fragment(uint8_t *out, const struct fragmentation *f,
			uint32_t from, uint32_t n);

/* The datagram of which all is there: the header of its first fragment, every
 * payload in turn. @out has room for build_whole_len(). */
static inline uint32_t build_whole_len(const struct reassembly *r)
{
	return r->first->before + r->total;
}
uint32_t build_whole(uint8_t *out, const struct reassembly *r);

#endif
