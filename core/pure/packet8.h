/* SPDX-License-Identifier: BSD-2-Clause
 *
 * packet_is_plain() and packet_plain_sum_ok() of eight packets side by side.
 */
#ifndef NAT_PACKET8_H
#define NAT_PACKET8_H

#include "pure/lanes8.h"
#include "pure/packet.h"

/* Is it plain, and its checksum, if that is to be looked at, right? */
ALWAYS_INLINE bool packet_plain_ok(const struct nat_packet *pkt, bool verify)
{
	return packet_is_plain(pkt->data, pkt->len) &&
	       packet_plain_sum_ok(pkt->data, verify);
}

#if LANES8

/* What eight plain packets say. */
struct packet8 {
	/* words in memory order: TTL, protocol and the header's sum; source;
	 * destination; ports */
	struct lanes8_four words;
	lanes8 len; /* host order */
};

enum {
	PLAIN_LEAST = IPV4_HEADER + TCP_HEADER, /* what all plain ones have */
};
/* Sixteen bits less this are signed, and multiply as such. */
#define SIGN8 UINT32_C(0x8000)

/* With what words are multiplied, which are added then. */
static const struct {
	/* from the TTL up to PLAIN_LEAST: neither that nor the header's sum */
	uint16_t first[2 * EIGHT];
	/* behind it; words that end with an odd length are the other way round
	 */
	uint16_t rest[2][2 * EIGHT];
	uint8_t last[2 * sizeof(lanes8)]; /* from n on: the last n bytes */
} plain8 = {
#define ROW(v) v, v, v, v, v, v, v, v
	.first = {0, 0, 1, 1, 1, 1, 1, 1, ROW(1)},
	.rest = {{ROW(1), ROW(1)}, {ROW(256), ROW(256)}},
	.last = {[sizeof(lanes8)] = ROW(255), ROW(255), ROW(255), ROW(255)},
#undef ROW
};

/* The sum over what the transport checksum covers of a packet, but for what is
 * said of it beside its bytes. Each word has been made less by @sign. */
ALWAYS_INLINE lanes8 plain8_sum(const uint8_t *ip, uint32_t len, uint32_t odd,
				lanes8 sign)
{
	const lanes8 first = lanes8_weigh(lanes8_load(ip + IPV4_TTL) ^ sign,
					  lanes8_load(plain8.first));
	const uint8_t *last = ip + len - sizeof(lanes8);
	const uint32_t n = len - PLAIN_LEAST;
	lanes8 rest = {0};

	if (likely(n <= sizeof(lanes8)))
		rest = lanes8_load(last) & lanes8_load(plain8.last + n);
	rest = lanes8_weigh(rest ^ sign, lanes8_load(plain8.rest[odd]));
	if (unlikely(n > sizeof(lanes8)))
		rest[0] += csum_fold(
			csum_from(ip, len, PLAIN_LEAST, ~(lanes_u64){0}));
	return first + rest;
}

/* False where @sum, of some words, is not that of a right checksum. */
ALWAYS_INLINE lanes8 sum8_is_wrong(lanes8 sum)
{
	return (lanes8)(lanes8_halves(lanes8_halves(sum)) != UINT16_MAX);
}

/* Whose transport checksum is wrong. @len: PLAIN_LEAST at least; all is there.
 */
ALWAYS_INLINE lanes8 plain8_sum_is_wrong(const struct nat_packet *pkt,
					 const struct packet8 *p, lanes8 len)
{
	enum { FIRST = 14, REST = 16 };
	const lanes8 proto = p->words.v0 & (UINT8_MAX << 8);
	const lanes8 l4_len = lanes8_wire(len - IPV4_HEADER) >> 16;
	const lanes8 less =
		(uint32_t)FIRST * SIGN8 +
		(lanes8_all((uint32_t)REST * SIGN8) << ((len & 1) << 3));
	const lanes8 sign = lanes8_now(lanes8_all(SIGN8 << 16 | SIGN8));
	uint32_t n[EIGHT], odd[EIGHT];
	lanes8 v[EIGHT];

	lanes8_spread(n, len);
	lanes8_spread(odd, len & 1);
#pragma GCC unroll 8
	for (unsigned i = 0; i < EIGHT; i++)
		v[i] = plain8_sum(pkt[i].data, n[i], odd[i], sign);
	return sum8_is_wrong(lanes8_sums(v) + less + proto + l4_len);
}

/* @front: the words before. */
ALWAYS_INLINE lanes8 plain8_header_is_wrong(const struct packet8 *p,
					    struct lanes8_two front)
{
	const struct lanes8_four *w = &p->words;

	return sum8_is_wrong(lanes8_halves(front.v0) + lanes8_halves(front.v1) +
			     lanes8_halves(w->v0) + lanes8_halves(w->v1) +
			     lanes8_halves(w->v2));
}

/* Whose bytes are not all there, or too few: sign bits. */
ALWAYS_INLINE lanes8 plain8_misfits(const struct packet8 *p, lanes8 room)
{
	return (p->len - PLAIN_LEAST) | (room - p->len);
}

/* What else packet_is_plain() asks, but for the sum: sign bits. */
ALWAYS_INLINE lanes8 plain8_is_odd(const struct packet8 *p,
				   struct lanes8_two front)
{
	const lanes8 proto = p->words.v0 & (UINT8_MAX << 8);
	const lanes8 version = front.v0 & UINT8_MAX;
	const lanes8 fragment = front.v1 & host32(IPV4_MF | IPV4_OFFSET);

	return (lanes8)(((version ^ 0x45) | fragment) != 0) |
	       ~((lanes8)(proto == PROTO_TCP << 8) |
		 (lanes8)(proto == PROTO_UDP << 8));
}

/* Once more, one by one, those that are not @plain, for UDP may have no
 * checksum. */
static NOINLINE unsigned packet8_again(const struct nat_packet *pkt,
				       unsigned plain, bool verify)
{
	for (unsigned i = 0; i < EIGHT; i++)
		if (!(plain >> i & 1))
			plain |= (unsigned)packet_plain_ok(pkt + i, verify)
				 << i;
	return plain;
}

/* What comes with them. */
struct packet8_order {
	lanes8 room; /* bytes there are */
	bool timed;  /* some have a time of their own */
};

ALWAYS_INLINE struct packet8_order packet8_order(const struct nat_packet *pkt)
{
	const struct lanes8_four words =
		lanes8_gather(lanes8_rows(pkt, sizeof(*pkt)),
			      offsetof(struct nat_packet, len));

	static_assert(offsetof(struct nat_packet, time_ns) ==
			      offsetof(struct nat_packet, len) + 8,
		      "gathered with it");
	return (struct packet8_order){
		.room = words.v0,
		.timed = lanes8_any(words.v2 | words.v3),
	};
}

/* True: all can be asked what they are. */
ALWAYS_INLINE bool packet8_fits(const struct packet8_order *o)
{
	return likely(!lanes8_signs(o->room - PLAIN_LEAST));
}

/* Bits of those that are packet_plain_ok(), and what those say. *row: their
 * bytes from the TTL on, as lanes8_read() gives them. Context: packet8_fits().
 */
ALWAYS_INLINE unsigned packet8_plain(struct packet8 *p, struct lanes8_four *row,
				     const struct nat_packet *pkt,
				     const struct packet8_order *order,
				     bool verify)
{
	const struct lanes8_rows ip =
		lanes8_rows_behind(&pkt->data, sizeof(*pkt));
	const struct lanes8_two front = lanes8_gather_two(ip, 0);
	unsigned plain;
	lanes8 misfits, bad;

	*row = lanes8_read(ip, IPV4_TTL);
	p->words = lanes8_turn(*row);
	p->len = lanes8_wire(front.v0) & UINT16_MAX;
	misfits = plain8_misfits(p, order->room);
	bad = misfits | plain8_is_odd(p, front) |
	      plain8_header_is_wrong(p, front);
	/* nothing but the lengths is waited for */
	if (likely(verify))
		bad |= plain8_sum_is_wrong(
			pkt, p,
			lanes8_choose(misfits, lanes8_all(PLAIN_LEAST),
				      p->len));
	plain = ~lanes8_signs(bad) & UINT8_MAX;
	return likely(plain == UINT8_MAX) ? plain
					  : packet8_again(pkt, plain, verify);
}

#endif

#endif
