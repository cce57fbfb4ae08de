/* SPDX-License-Identifier: BSD-2-Clause
 *
 * packet_is_plain() and packet_plain_sum() of eight packets side by side.
 */
#ifndef NAT_PACKET8_H
#define NAT_PACKET8_H

#include "pure/lanes8.h"
#include "pure/packet.h"

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
/* True where @sum is not that of all that a right checksum covers. Folded once
 * and no more: what is then greater is no multiple of UINT16_MAX, for the sums
 * of packets stay far below 2^32. */
ALWAYS_INLINE lanes8 sum8_is_wrong(lanes8 sum)
{
	return (lanes8)(lanes8_halves(sum) != UINT16_MAX);
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

/* Bits of those that are packet_is_plain(), and what those say. *row: their
 * bytes from the TTL on, as lanes8_read() gives them. Context: packet8_fits().
 */
ALWAYS_INLINE unsigned packet8_plain(struct packet8 *p, struct lanes8_four *row,
				     const struct nat_packet *pkt,
				     const struct packet8_order *order)
{
	const struct lanes8_rows ip =
		lanes8_rows_behind(&pkt->data, sizeof(*pkt));
	const struct lanes8_two front = lanes8_gather_two(ip, 0);

	*row = lanes8_read(ip, IPV4_TTL);
	p->words = lanes8_turn(*row);
	p->len = lanes8_wire(front.v0) & UINT16_MAX;
	return ~lanes8_signs(plain8_misfits(p, order->room) |
			     plain8_is_odd(p, front) |
			     plain8_header_is_wrong(p, front)) &
	       UINT8_MAX;
}

/* ---------------------------------------------------- transport checksums */

/* From n on: the last n bytes of a vector. */
static const uint8_t last8[2 * sizeof(lanes8)] = {
#define ROW 255, 255, 255, 255, 255, 255, 255, 255
	[sizeof(lanes8)] = ROW,
	ROW,
	ROW,
	ROW,
#undef ROW
};

/* The sum of the words behind the first PLAIN_LEAST bytes, one of them at the
 * end; each lane less LESS8. */
ALWAYS_INLINE lanes8 plain8_rest(const uint8_t *ip, uint32_t len)
{
	const uint32_t n = len - PLAIN_LEAST;
	const uint8_t *last = ip + len - sizeof(lanes8);
	lanes8 rest = {0};

	if (likely(n <= sizeof(lanes8)))
		rest = lanes8_load(last) & lanes8_load(last8 + n);
	rest = lanes8_halves_less(rest);
	if (unlikely(n > sizeof(lanes8))) {
		const uint16_t sum = csum_fold(
			csum_from(ip, len, PLAIN_LEAST, ~(lanes_u64){0}));

		rest[0] += len & 1 ? __builtin_bswap16(sum) : sum;
	}
	return rest;
}

/* The sums of all that transport checksums cover. @l4: the words behind
 * p->words. */
ALWAYS_INLINE lanes8 plain8_sums(const struct packet8 *p,
				 const struct lanes8_four *l4,
				 struct lanes8_rows ip)
{
	enum { WORDS = 7 };
	const struct lanes8_four *w = &p->words;
	const lanes8 pseudo = (w->v0 & (UINT8_MAX << 8)) +
			      (lanes8_wire(p->len - IPV4_HEADER) >> 16);
	const lanes8 words =
		lanes8_halves_less(w->v1) + lanes8_halves_less(w->v2) +
		lanes8_halves_less(w->v3) + lanes8_halves_less(l4->v0) +
		lanes8_halves_less(l4->v1) + lanes8_halves_less(l4->v2) +
		lanes8_halves_less(l4->v3) + WORDS * LESS8;
	uint32_t len[EIGHT];
	lanes8 rest[EIGHT], last;

	lanes8_spread(len, p->len);
#pragma GCC unroll 8
	for (unsigned i = 0; i < EIGHT; i++)
		rest[i] = plain8_rest((const uint8_t *)ip.at[i], len[i]);
	last = lanes8_sums(rest) + EIGHT * LESS8;
	/* where the length is odd, words were taken the other way round */
	return pseudo + words + (last << ((p->len & 1) << 3));
}

/* Of plain packets, sign bits of those whose transport checksum is wrong, or
 * which have none. */
ALWAYS_INLINE lanes8 packet8_sums_wrong(const struct packet8 *p,
					const struct lanes8_four *l4,
					struct lanes8_rows ip)
{
	return sum8_is_wrong(plain8_sums(p, l4, ip));
}

#endif

#endif
