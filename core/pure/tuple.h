/* SPDX-License-Identifier: BSD-2-Clause
 *
 * struct nat_tuple: one direction of a connection (spec section 2). IPv4
 * keeps its address in w[0] with zero after it, so that copying and equality
 * know no family; the hot paths look at the family to skip those zeros.
 */
#ifndef NAT_TUPLE_H
#define NAT_TUPLE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "natcore.h"
#include "util.h"

enum { /* IANA protocol numbers the core knows by name */
       PROTO_ICMP = 1,
       PROTO_IGMP = 2,
       PROTO_TCP = 6,
       PROTO_UDP = 17,
       PROTO_GRE = 47,
       PROTO_ICMPV6 = 58,
       PROTO_SCTP = 132,
       PROTO_UDPLITE = 136,
};

static inline bool addr_equal(const struct nat_addr *a,
			      const struct nat_addr *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline uint32_t host32(uint32_t be)
{
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(be)
							 : be;
}

static inline bool addr_above(const struct nat_addr *a,
			      const struct nat_addr *b)
{
	for (unsigned i = 0; i < ARRAY_LEN(a->w); i++)
		if (a->w[i] != b->w[i])
			return host32(a->w[i]) > host32(b->w[i]);
	return false;
}

/* Both bounds belong. */
static inline bool addr_between(const struct nat_addr *a,
				const struct nat_addr *min,
				const struct nat_addr *max)
{
	return !addr_above(min, a) && !addr_above(a, max);
}

static inline struct nat_addr addr_v4(uint32_t be)
{
	return (struct nat_addr){.w = {be}};
}

/* ::, 0.0.0.0 */
static inline bool addr_is_zero(const struct nat_addr *a)
{
	return !(a->w[0] | a->w[1] | a->w[2] | a->w[3]);
}

static inline bool tuple_equal(const struct nat_tuple *a,
			       const struct nat_tuple *b)
{
	uint64_t x[5], y[5], differ = 0;

	static_assert(sizeof(x) == sizeof(*a), "no padding");
	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	for (size_t i = 0; i < ARRAY_LEN(x); i++)
		differ |= x[i] ^ y[i];
	return !differ;
}

/* True for protocols whose ids are ports. */
static inline bool proto_has_ports(uint8_t proto)
{
	return proto == PROTO_TCP || proto == PROTO_UDP ||
	       proto == PROTO_UDPLITE || proto == PROTO_SCTP;
}

/* ICMP of either version: one id, which its answers repeat. */
static inline bool proto_is_icmp(uint8_t proto)
{
	return proto == PROTO_ICMP || proto == PROTO_ICMPV6;
}

/* What type and code, the id of ICMP's destination, are in the answer. */
MUST_USE bool tuple_invert_icmp(uint16_t *out, uint16_t id, uint8_t proto);

/* The tuple of the answer. False: this ICMP type has none, so the packet is
 * INVALID (spec section 2, inversion), and @out of no use. @out and @in may be
 * the same. */
MUST_USE static inline bool tuple_invert(struct nat_tuple *out,
					 const struct nat_tuple *in)
{
	struct nat_addr src = in->src, dst = in->dst;
	uint16_t src_id = in->dst_id, dst_id = in->src_id;
	bool has = true;

	if (unlikely(proto_is_icmp(in->proto))) {
		src_id = in->src_id;
		has = tuple_invert_icmp(&dst_id, in->dst_id, in->proto);
	}
	*out = *in;
	out->src = dst;
	out->dst = src;
	out->src_id = src_id;
	out->dst_id = dst_id;
	return has;
}

/* Protocols in which an answer that takes another way does no harm: two
 * connections that want the same tuple can be reconciled (spec 4.4). */
static inline bool proto_tolerates_clash(uint8_t proto)
{
	return proto != PROTO_TCP && proto != PROTO_SCTP &&
	       !proto_is_icmp(proto);
}

#endif
