/* SPDX-License-Identifier: BSD-2-Clause
 *
 * IPv4 packets made right and judged without the core's help. A mutated packet
 * seldom has a right checksum, and a wrong one ends its way at once; so the
 * targets let an input ask for repair.
 */
#ifndef NATBENCH_FUZZ_WIRE_H
#define NATBENCH_FUZZ_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "capture/inet_sum.h"
#include "pure/packet.h"

static inline void wire_put16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

static inline uint32_t wire_header(const uint8_t *ip)
{
	return (ip[0] & 15u) * 4;
}

/* Is the header's own checksum right? The header is there in full. */
static inline bool wire_ip_ok(const uint8_t *ip)
{
	return !inet_sum_finish(inet_sum(0, ip, wire_header(ip)));
}

/* Writes the total length and the checksum of a header that is there. */
static inline void wire_repair_ip(uint8_t *ip, size_t len)
{
	uint32_t header;

	if (len < IPV4_HEADER || len > UINT16_MAX)
		return;
	header = wire_header(ip);
	if (header < IPV4_HEADER || header > len)
		return;
	ip[IPV4_LEN] = (uint8_t)(len >> 8);
	ip[IPV4_LEN + 1] = (uint8_t)len;
	wire_put16(ip + IPV4_CHECK, 0);
	wire_put16(ip + IPV4_CHECK, inet_sum_finish(inet_sum(0, ip, header)));
}

/* Zero where the L4 checksum is right; what it should be where its field is
 * zero. ICMP has no pseudo-header. */
static inline uint16_t wire_l4_sum(const struct packet *p)
{
	uint32_t len = packet_l4_len(p);
	uint8_t pseudo[4] = {0, p->proto, (uint8_t)(len >> 8), (uint8_t)len};
	uint64_t sum = 0;

	if (p->proto != PROTO_ICMP) {
		sum = inet_sum(sum, p->ip + IPV4_SRC, 8);
		sum = inet_sum(sum, pseudo, sizeof(pseudo));
	}
	return inet_sum_finish(inet_sum(sum, packet_l4(p), len));
}

/* Is the L4 checksum right? To Linux an ICMP message of nothing but zeros has a
 * right one. */
static inline bool wire_l4_ok(const struct packet *p)
{
	uint16_t sum = wire_l4_sum(p);

	return !sum || (p->proto == PROTO_ICMP && sum == 0xffff);
}

/* Where the L4 checksum stands; NULL: the protocol has none that we know, or
 * the header is cut. */
static inline uint8_t *wire_l4_check(const struct packet *p)
{
	uint32_t len = packet_l4_len(p);
	uint8_t *l4 = packet_l4(p);

	switch (p->proto) {
	case PROTO_TCP:
		return len >= TCP_HEADER ? l4 + TCP_CHECK : NULL;
	case PROTO_UDP:
		return len >= UDP_HEADER ? l4 + UDP_CHECK : NULL;
	case PROTO_ICMP:
		return len >= ICMP_HEADER ? l4 + ICMP_CHECK : NULL;
	default:
		return NULL;
	}
}

/* ICMP of nothing but zeros, its id and checksum aside. Among all zeros the two
 * ways to write zero are not equivalent: updates by difference may then turn
 * a right checksum into a wrong one and back, in every implementation. */
static inline bool wire_all_zero(const struct packet *p)
{
	const uint8_t *l4 = packet_l4(p);

	if (p->proto != PROTO_ICMP || load16(l4 + ICMP_TYPE))
		return false;
	for (uint32_t i = ICMP_SEQ; i < packet_l4_len(p); i++)
		if (l4[i])
			return false;
	return true;
}

static inline void wire_repair_l4(const struct packet *p)
{
	uint8_t *check = wire_l4_check(p);

	if (!check)
		return;
	wire_put16(check, 0);
	wire_put16(check, wire_l4_sum(p));
}

#endif
