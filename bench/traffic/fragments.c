/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Cuts a datagram into fragments, brings the pieces out of order, twice, over
 * one another, or not all, and writes into single ones what the others do not
 * have.
 *
 * None waits for others for long: a fragment that no datagram survives ends
 * what the pieces may have left. So no timer of reassembly runs out, whose
 * answers belong to no packet. */
#include <string.h>

#include "traffic/maker.h"
#include "traffic/put.h"

enum { PIECES = 6, UNIT = 8, IP4 = 20, IP6 = 40, EXTENSION = 8 };
enum { IP4_TOS = 1, IP4_FLAGS = 6, IP4_TTL = 8, IP6_HOPS = 7 };

/* Bytes [from, to) of a datagram's payload. */
struct piece {
	uint32_t from, to;
	bool more;
};

struct pieces {
	struct piece at[2 * PIECES];
	unsigned n;
	bool bare; /* IPv4 options are in the first alone */
};

/* --------------------------------------------------------------- manner */

static void in_order(struct traffic *t, struct pieces *p)
{
	(void)t;
	(void)p;
}

static void swap(struct pieces *p, unsigned a, unsigned b)
{
	struct piece old = p->at[a];

	p->at[a] = p->at[b];
	p->at[b] = old;
}

static void backwards(struct traffic *t, struct pieces *p)
{
	(void)t;
	for (unsigned i = 0; i < p->n / 2; i++)
		swap(p, i, p->n - 1 - i);
}

static void shuffled(struct traffic *t, struct pieces *p)
{
	for (unsigned i = p->n; i > 1; i--)
		swap(p, i - 1, rng_below(&t->rng, i));
}

static unsigned any_piece(struct traffic *t, const struct pieces *p)
{
	return rng_below(&t->rng, p->n);
}

static void one_twice(struct traffic *t, struct pieces *p)
{
	p->at[p->n] = p->at[any_piece(t, p)];
	p->n++;
	swap(p, p->n - 1, any_piece(t, p));
}

static void one_missing(struct traffic *t, struct pieces *p)
{
	swap(p, any_piece(t, p), p->n - 1);
	p->n--;
}

static void overlapping(struct traffic *t, struct pieces *p)
{
	struct piece *piece = &p->at[any_piece(t, p)];

	if (piece->from >= UNIT)
		piece->from -= UNIT;
	else
		piece->to += piece->more ? UNIT : 0;
}

static void contained(struct traffic *t, struct pieces *p)
{
	struct piece inner = p->at[any_piece(t, p)];

	if (inner.to - inner.from > UNIT) {
		inner.to = inner.from + UNIT;
		inner.more = true;
		p->at[p->n++] = inner;
		swap(p, p->n - 1, any_piece(t, p));
	}
}

static void odd_length(struct traffic *t, struct pieces *p)
{
	struct piece *piece = &p->at[any_piece(t, p)];

	if (piece->to - piece->from > 3)
		piece->to -= 3;
}

static void empty_piece(struct traffic *t, struct pieces *p)
{
	struct piece *piece = &p->at[any_piece(t, p)];

	piece->to = piece->from;
}

static void another_end(struct traffic *t, struct pieces *p)
{
	p->at[any_piece(t, p)].more ^= 1;
}

static void whole_one(struct traffic *t, struct pieces *p)
{
	(void)t;
	p->at[0].to = p->at[p->n - 1].to;
	p->at[0].more = false;
	p->n = 1;
}

/* clang-format off */
static const struct {
	struct odds odds;
	void (*arrange)(struct traffic *t, struct pieces *p);
	/* nothing is left over; of IPv6 there may be, for a first fragment
	 * without all headers goes its own way */
	bool complete;
} manners[] = {
	{ { "fragments",               30, 0 }, in_order, true },
	{ { "fragments backwards",     15, 0 }, backwards, true },
	{ { "fragments shuffled",      20, 0 }, shuffled, true },
	{ { "a fragment twice",        10, 0 }, one_twice, false },
	{ { "a fragment missing",       8, 0 }, one_missing, false },
	{ { "fragments overlap",        8, 0 }, overlapping, false },
	{ { "a fragment in another",    6, 0 }, contained, false },
	{ { "a fragment of odd length", 4, 0 }, odd_length, false },
	{ { "an empty fragment",        2, 0 }, empty_piece, false },
	{ { "another last fragment",    3, 0 }, another_end, false },
	{ { "all in one fragment",      3, 0 }, whole_one, false },
};
/* clang-format on */

/* -------------------------------------------------------- one fragment's */

static bool is_v6(const struct parcel *p)
{
	return p->data[0] >> 4 == 6;
}

static void leave(struct traffic *t, struct parcel *p)
{
	(void)t;
	(void)p;
}

static void set_tos(struct parcel *p, uint8_t mask, uint8_t tos)
{
	uint8_t *at = p->data;

	if (is_v6(p)) {
		at[0] = (uint8_t)((at[0] & ~(mask >> 4)) | (tos & mask) >> 4);
		at[1] = (uint8_t)((at[1] & ~(mask << 4)) | (tos & mask) << 4);
	} else {
		at[IP4_TOS] = (uint8_t)((at[IP4_TOS] & ~mask) | (tos & mask));
	}
}

static void ecn(struct traffic *t, struct parcel *p)
{
	enum { ECN = 3 };

	set_tos(p, ECN, (uint8_t)rng_u32(&t->rng));
}

static void dscp(struct traffic *t, struct parcel *p)
{
	enum { DSCP = 0xfc };

	set_tos(p, DSCP, (uint8_t)rng_u32(&t->rng));
}

static void hops(struct traffic *t, struct parcel *p)
{
	p->data[is_v6(p) ? IP6_HOPS : IP4_TTL] =
		(uint8_t)draw_between(&t->rng, 1, 64);
}

static void dont_fragment(struct traffic *t, struct parcel *p)
{
	(void)t;
	p->data[IP4_FLAGS] ^= 0x40;
}

static void reserved(struct traffic *t, struct parcel *p)
{
	enum { BYTE = 1, BITS = 3 };
	uint8_t *header = p->data + draft_header_len(&t->draft);

	if (is_v6(p)) {
		header[BYTE] = (uint8_t)rng_u32(&t->rng);
		header[BITS] |= (uint8_t)(rng_below(&t->rng, 4) * 2);
	} else {
		p->data[IP4_FLAGS] ^= 0x80;
	}
}

static void iface(struct traffic *t, struct parcel *p)
{
	p->iface = (uint16_t)rng_below(&t->rng, t->places.n_ifs);
}

/* clang-format off */
static const struct {
	struct odds odds;
	void (*change)(struct traffic *t, struct parcel *p);
} quirks[] = {
	{ { "",                   150, 0 }, leave },
	{ { "another ECN",         10, 0 }, ecn },
	{ { "another DSCP",         3, 0 }, dscp },
	{ { "another TTL",          4, KIND(TTL) }, hops },
	{ { "another DF",           8, KIND(IPV4) }, dont_fragment },
	{ { "reserved bits",        2, 0 }, reserved },
	{ { "another interface",    2, KIND(MARTIANS) }, iface },
};
/* clang-format on */

static void be_odd(struct traffic *t, struct parcel *p)
{
	const struct draft *d = &t->draft;
	uint32_t kinds = maker_kinds(t, d->family, d->proto);

	DRAW(&t->rng, quirks, kinds)->change(t, p);
}

/* ---------------------------------------------------------------- bytes */

static void cut_up(struct traffic *t, struct pieces *p, uint32_t len)
{
	uint32_t units = (len + UNIT - 1) / UNIT;
	uint32_t n = draw_between(&t->rng, 2, units < PIECES ? units : PIECES);

	p->n = 0;
	p->bare = t->draft.family == 4 && chance(&t->rng, 2);
	for (uint32_t i = 0; i < n; i++)
		p->at[p->n++] = (struct piece){
			units * i / n * UNIT,
			i + 1 == n ? len : units * (i + 1) / n * UNIT,
			i + 1 < n,
		};
}

/* The header of the datagram, and of IPv6 the fragment header behind it. */
static uint32_t put_header(struct traffic *t, struct parcel *out,
			   const struct parcel *p, const struct piece *piece,
			   uint32_t header)
{
	const struct draft *d = &t->draft;
	uint32_t size = piece->to - piece->from;
	uint8_t *at = out->data + header;
	uint32_t next_at = d->n_extra ? IP6 + (uint32_t)d->next_at : 6u;

	memcpy(out->data, p->data, header);
	if (d->family == 4) {
		out->data[0] = (uint8_t)(0x40 | header / 4);
		put16(out->data + 2, header + size);
		put16(out->data + IP4_FLAGS,
		      (d->dont_fragment ? 0x4000u : 0) |
			      (piece->more ? 0x2000u : 0) | piece->from / UNIT);
		return header;
	}
	at = put8(put8(at, out->data[next_at]), 0);
	put32(put16(at, piece->from | piece->more), d->id);
	out->data[next_at] = PROTO_FRAGMENT;
	put16(out->data + 4, header + EXTENSION + size - IP6);
	return header + EXTENSION;
}

static void put_piece(struct traffic *t, const struct parcel *p,
		      const struct piece *piece, bool bare)
{
	uint32_t header = draft_header_len(&t->draft), begin = header;
	uint32_t size = piece->to - piece->from, at;
	struct parcel *out = maker_queue(t);

	if (!out)
		return;
	if (bare && piece->from)
		header = IP4;
	at = put_header(t, out, p, piece, header);
	memset(out->data + at, 0, size);
	if (begin + piece->from < p->len)
		memcpy(out->data + at, p->data + begin + piece->from,
		       begin + piece->to > p->len ? p->len - begin - piece->from
						  : size);
	out->len = at + size;
	out->iface = p->iface;
	out->group = p->group;
	out->what = p->what;
	be_odd(t, out);
	if (!is_v6(out))
		draft_ip_sum(out->data);
}

/* Of IPv4 nothing, of IPv6 a length that none but the last may have. */
static void put_end(struct traffic *t, const struct parcel *p)
{
	struct piece end = {UNIT, UNIT, true};

	if (t->draft.family == 6)
		end.to++;
	put_piece(t, p, &end, false);
}

bool fragment_parcel(struct traffic *t, const struct parcel *p)
{
	struct pieces pieces;
	uint32_t header = draft_header_len(&t->draft);
	unsigned row = draw_row(&t->rng, manners, sizeof(manners[0]),
				N_ROWS(manners), 0);
	unsigned before = t->n_waiting;

	if (p->len <= header + UNIT || before + 2 * PIECES + 1 > WAITING)
		return false;
	cut_up(t, &pieces, p->len - header);
	manners[row].arrange(t, &pieces);
	for (unsigned i = 0; i < pieces.n; i++)
		put_piece(t, p, &pieces.at[i], pieces.bare);
	if (!manners[row].complete || t->draft.family == 6)
		put_end(t, p);
	for (unsigned i = before; i < t->n_waiting; i++)
		t->waiting[(t->first + i) % WAITING].oddity =
			manners[row].odds.name;
	return pieces.n;
}
