/* SPDX-License-Identifier: BSD-2-Clause
 * IP headers, from values to bytes and back. */
#include "explain/notation_ip.h"

#include <string.h>

#include "capture/inet_sum.h"

enum {
	DF = 0x4000,
	MF = 0x2000,
	RESERVED = 0x8000,
	ADDRESS4 = 4,
	ADDRESS6 = 16,
};

static const struct ip_version version4 = {
	.header = 20,
	.most = 65535,
	.error_most = 576,
	.proto_at = 9,
	.sum_at = 10,
	.icmp = 1,
};
static const struct ip_version version6 = {
	.header = 40,
	.most = NOTATION_MAX,
	.error_most = 1280,
	.proto_at = 6,
	.icmp = 58,
};

const struct ip_version *ip_version(unsigned family)
{
	return family == 6 ? &version6 : &version4;
}

uint16_t wire_checksum(uint64_t sum, const uint8_t *at, size_t len)
{
	uint16_t check = inet_sum_finish(inet_sum(sum, at, len));
	uint8_t bytes[sizeof(check)];

	memcpy(bytes, &check, sizeof(check));
	return get16(bytes);
}

size_t ip_header_len(const struct spec *s)
{
	return ip_version(s->family)->header + s->ipopt.len;
}

static void put4(struct spec *s, uint8_t *at, size_t total)
{
	size_t len = ip_header_len(s);

	at[0] = (uint8_t)(0x40 | len / 4);
	at[1] = s->tos;
	put16(at + 2, (uint32_t)total);
	put16(at + 4, s->ipid);
	put16(at + 6, (s->reserved ? RESERVED : 0U) | (s->df ? DF : 0U) |
			      (s->mf ? MF : 0U) | s->offset / 8);
	at[8] = s->ttl;
	at[9] = s->proto;
	memcpy(at + 12, &s->src, ADDRESS4);
	memcpy(at + 16, &s->dst, ADDRESS4);
	memcpy(at + version4.header, s->ipopt.at, s->ipopt.len);
	if (!(s->given & item_bit(ITEM_IPSUM)))
		s->ipsum = wire_checksum(0, at, len);
	put16(at + version4.sum_at, s->ipsum);
}

static void put6(const struct spec *s, uint8_t *at, size_t total)
{
	put32(at, UINT32_C(6) << 28 | (uint32_t)s->tos << 20 | s->flow);
	put16(at + 4, (uint32_t)(total - version6.header));
	at[6] = s->proto;
	at[7] = s->ttl;
	memcpy(at + 8, &s->src, ADDRESS6);
	memcpy(at + 24, &s->dst, ADDRESS6);
}

void ip_put(struct spec *s, uint8_t *at, size_t total)
{
	memset(at, 0, ip_header_len(s));
	if (s->family == 6)
		put6(s, at, total);
	else
		put4(s, at, total);
}

uint64_t ip_pseudo_sum(const struct spec *s, size_t len)
{
	size_t address = s->family == 6 ? ADDRESS6 : ADDRESS4;
	uint8_t end[8] = {[7] = s->proto};
	uint64_t sum = inet_sum(0, (const uint8_t *)&s->src, address);

	put32(end, (uint32_t)len);
	sum = inet_sum(sum, (const uint8_t *)&s->dst, address);
	return inet_sum(sum, end, sizeof(end));
}

unsigned ip_family(const uint8_t *at, size_t have)
{
	unsigned family = have ? at[0] >> 4 : 0;

	if ((family != 4 && family != 6) || have < ip_version(family)->header ||
	    ip_wire_len(at) < ip_version(family)->header ||
	    ip_wire_len(at) > have)
		return 0;
	return family;
}

size_t ip_wire_len(const uint8_t *at)
{
	return at[0] >> 4 == 6 ? version6.header : (size_t)(at[0] & 15) * 4;
}

size_t ip_wire_total(const uint8_t *at)
{
	return at[0] >> 4 == 6 ? version6.header + get16(at + 4)
			       : get16(at + 2);
}

static void get4(struct spec *s, const uint8_t *at)
{
	uint16_t frag = get16(at + 6);

	s->tos = at[1];
	s->ipid = get16(at + 4);
	s->reserved = !!(frag & RESERVED);
	s->df = !!(frag & DF);
	s->mf = !!(frag & MF);
	s->offset = (uint32_t)(frag & 0x1fff) * 8;
	s->ttl = at[8];
	memcpy(&s->src, at + 12, ADDRESS4);
	memcpy(&s->dst, at + 16, ADDRESS4);
	s->ipopt.len = (uint8_t)(ip_wire_len(at) - version4.header);
	memcpy(s->ipopt.at, at + version4.header, s->ipopt.len);
}

static void get6(struct spec *s, const uint8_t *at)
{
	uint32_t word = get32(at);

	s->tos = (uint8_t)(word >> 20);
	s->flow = word & 0xfffff;
	s->ttl = at[7];
	memcpy(&s->src, at + 8, ADDRESS6);
	memcpy(&s->dst, at + 24, ADDRESS6);
}

void ip_get(struct spec *s, const uint8_t *at)
{
	s->proto = at[ip_version(s->family)->proto_at];
	if (s->family == 6)
		get6(s, at);
	else
		get4(s, at);
}
