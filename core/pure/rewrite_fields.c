/* SPDX-License-Identifier: BSD-2-Clause
 * TOS, TTL, MSS; sums. */
#include "pure/rewrite_fields.h"

#include <arpa/inet.h>

#include "pure/csum.h"

enum { OPTION_NOP = 1, OPTION_MSS = 2 };

/* Writes one byte of the IPv4 header. */
static void put_ip_byte(const struct packet *p, unsigned at, uint8_t value)
{
	uint8_t *word = p->ip + (at & ~1u);
	uint8_t *check = p->ip + IPV4_CHECK;
	struct csum_delta d = {0};
	uint16_t was = load16(word), sum;

	p->ip[at] = value;
	csum_delta_u16(&d, was, load16(word));
	sum = csum_apply(load16(check), d);
	memcpy(check, &sum, sizeof(sum));
}

void rewrite_tos(const struct packet *p, uint8_t tos)
{
	if (likely(p->family == 4)) {
		put_ip_byte(p, IPV4_TOS, tos);
		return;
	}
	p->ip[0] = (uint8_t)((p->ip[0] & 0xf0) | tos >> 4);
	p->ip[1] = (uint8_t)((p->ip[1] & 0x0f) | tos << 4);
}

void rewrite_hops(const struct packet *p, uint8_t hops)
{
	if (likely(p->family == 4))
		put_ip_byte(p, IPV4_TTL, hops);
	else
		p->ip[IPV6_HOPS] = hops;
}

void rewrite_tcp_zero_sum(const struct packet *p)
{
	uint8_t *check = packet_l4(p) + TCP_CHECK;

	if (!load16(check))
		memset(check, 0xff, 2);
}

uint32_t tcp_find_mss(const uint8_t *l4, uint32_t header)
{
	uint32_t i = TCP_HEADER;

	while (i + TCP_MSS_OPTION <= header) {
		if (l4[i] == OPTION_MSS && l4[i + 1] == TCP_MSS_OPTION)
			return i;
		i += l4[i] <= OPTION_NOP || !l4[i + 1] ? 1 : l4[i + 1];
	}
	return 0;
}

static void apply(uint8_t *check, struct csum_delta d)
{
	uint16_t sum = csum_apply(load16(check), d);

	memcpy(check, &sum, sizeof(sum));
}

/* An option at an odd place is summed as if at an even one, as Linux does: the
 * sum is wrong then. */
void rewrite_mss(const struct packet *p, uint32_t at, uint16_t mss)
{
	uint8_t *l4 = packet_l4(p), *field = l4 + at + 2;
	struct csum_delta d = {0};

	mss = htons(mss);
	csum_delta_u16(&d, load16(field), mss);
	memcpy(field, &mss, sizeof(mss));
	apply(l4 + TCP_CHECK, d);
}

/* Writes the IP header's length field. */
static void put_length(const struct packet *p)
{
	bool v4 = p->family == 4;
	uint8_t *field = p->ip + (v4 ? IPV4_LEN : IPV6_LEN);
	uint16_t len = htons((uint16_t)(p->len - (v4 ? 0 : IPV6_HEADER)));
	struct csum_delta d = {0};

	csum_delta_u16(&d, load16(field), len);
	memcpy(field, &len, sizeof(len));
	if (v4)
		apply(p->ip + IPV4_CHECK, d);
}

static void lengthen(struct packet *p, struct csum_delta *pseudo_header)
{
	uint32_t was = packet_l4_len(p);

	p->len += TCP_MSS_OPTION;
	put_length(p);
	csum_delta_u16(pseudo_header, htons((uint16_t)was),
		       htons((uint16_t)(was + TCP_MSS_OPTION)));
}

void rewrite_insert_mss(struct packet *p, uint16_t mss)
{
	const uint8_t option[TCP_MSS_OPTION] = {
		OPTION_MSS, TCP_MSS_OPTION, (uint8_t)(mss >> 8), (uint8_t)mss};
	uint8_t *l4 = packet_l4(p), *options = l4 + TCP_HEADER;
	struct csum_delta d = {0};
	uint16_t was = load16(l4 + TCP_DOFF);

	memmove(options + TCP_MSS_OPTION, options,
		packet_l4_len(p) - TCP_HEADER);
	memcpy(options, option, sizeof(option));
	lengthen(p, &d);
	csum_delta_u32(&d, 0, load32(option));
	l4[TCP_DOFF] = (uint8_t)(l4[TCP_DOFF] + (1 << 4));
	csum_delta_u16(&d, was, load16(l4 + TCP_DOFF));
	apply(l4 + TCP_CHECK, d);
}
