/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packet to bytes: the only place of the core that writes into a received
 * packet. Checksums are updated by difference, so a wrong one stays wrong
 * and payloads are never read (spec 7.7, 7.8).
 */
#ifndef NAT_REWRITE_H
#define NAT_REWRITE_H

#include <stdbool.h>

#include "pure/packet.h"

/* Which end of a packet a NAT step may change. */
enum manip { MANIP_SRC, MANIP_DST };

/* Writes @m's address and id of @target. False: too short to be translated,
 * the packet must be dropped. */
MUST_USE bool rewrite_end(const struct packet *p, enum manip m,
			  const struct nat_tuple *target);

/* Gives a plain packet (packet_is_plain()) addresses and ports, in memory
 * order, and takes the TTL down if @hop says so. */
ALWAYS_INLINE void rewrite_plain_ends(const struct packet *p, uint64_t addrs,
				      uint32_t ports, bool hop)
{
	uint8_t *ip = p->ip, *l4 = ip + IPV4_HEADER;
	uint8_t *check = l4 + (p->proto == PROTO_TCP ? TCP_CHECK : UDP_CHECK);
	struct csum_delta header, whole;
	uint16_t sum;

	csum_delta_u64(&header, csum_load(ip + IPV4_SRC), addrs);
	whole = header;
	if (hop) {
		ip[IPV4_TTL]--;
		csum_delta_u16(&header, CSUM_TTL_UNIT, 0);
	}
	csum_delta_u32(&whole, load32(l4), ports);
	sum = csum_apply(load16(ip + IPV4_CHECK), header);
	memcpy(ip + IPV4_CHECK, &sum, sizeof(sum));
	memcpy(ip + IPV4_SRC, &addrs, sizeof(addrs));
	memcpy(l4, &ports, sizeof(ports));
	sum = load16(check);
	if (unlikely(!sum && p->proto == PROTO_UDP))
		return; /* the sender made none */
	sum = csum_apply(sum, whole);
	if (unlikely(!sum && p->proto == PROTO_UDP))
		sum = 0xffff; /* zero would mean none */
	memcpy(check, &sum, sizeof(sum));
}

/* Forwards and translates a plain packet in one go: the same bytes as
 * rewrite_end() for either end and rewrite_ttl_down(), for a sum by difference
 * does not depend on how the differences were grouped. */
ALWAYS_INLINE void rewrite_plain(const struct packet *p, uint64_t addrs,
				 uint32_t ports)
{
	rewrite_plain_ends(p, addrs, ports, true);
}

/* rewrite_end() of a plain packet. */
static inline void rewrite_plain_end(const struct packet *p, enum manip m,
				     uint32_t addr, uint16_t port)
{
	uint32_t addrs[2], ports32;
	uint16_t ports[2];
	uint64_t both;

	memcpy(addrs, p->ip + IPV4_SRC, sizeof(addrs));
	memcpy(ports, p->ip + IPV4_HEADER, sizeof(ports));
	addrs[m == MANIP_DST] = addr;
	ports[m == MANIP_DST] = port;
	memcpy(&both, addrs, sizeof(both));
	memcpy(&ports32, ports, sizeof(ports32));
	rewrite_plain_ends(p, both, ports32, false);
}

/* An ICMP error about a translated connection: the quoted datagram's opposite
 * end takes the values of @quoted (the connection's tuple in the direction
 * opposite to the error's), the outer end @m those of @target, and the error's
 * checksum is made anew. False: quote too short, to be dropped. */
MUST_USE bool rewrite_icmp_error(const struct packet *p, enum manip m,
				 const struct nat_tuple *quoted,
				 const struct nat_tuple *target);

/* Cuts the packet down to a first fragment with @payload bytes after the IP
 * header; the bytes behind stay as they are. */
void rewrite_first_fragment(struct packet *p, uint32_t payload);

/* Forwarding takes one off the TTL or hop limit. */
void rewrite_hops_down(const struct packet *p);

/* The same for a packet that is known to be IPv4. */
ALWAYS_INLINE void rewrite_ttl_down(const struct packet *p)
{
	uint8_t *check = p->ip + IPV4_CHECK;
	uint16_t sum = csum_ttl_down(load16(check));

	p->ip[IPV4_TTL]--;
	memcpy(check, &sum, sizeof(sum));
}

#endif
