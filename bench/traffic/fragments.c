/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Cuts a datagram into fragments and brings the pieces out of order, twice,
 * over one another, or not all. */
#include <string.h>

#include "traffic/maker.h"
#include "traffic/put.h"

enum { PIECES = 6, UNIT = 8, IP6 = 40, EXTENSION = 8, IP4_FLAGS = 6 };

/* Bytes [from, to) of a datagram's payload. */
struct piece {
	uint32_t from, to;
	bool more;
};

struct pieces {
	struct piece at[2 * PIECES];
	unsigned n;
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
} manners[] = {
	{ { "fragments",               30, 0 }, in_order },
	{ { "fragments backwards",     15, 0 }, backwards },
	{ { "fragments shuffled",      20, 0 }, shuffled },
	{ { "a fragment twice",        10, 0 }, one_twice },
	{ { "a fragment missing",       8, 0 }, one_missing },
	{ { "fragments overlap",        8, 0 }, overlapping },
	{ { "a fragment in another",    6, 0 }, contained },
	{ { "a fragment of odd length", 4, 0 }, odd_length },
	{ { "an empty fragment",        2, 0 }, empty_piece },
	{ { "another last fragment",    3, 0 }, another_end },
	{ { "all in one fragment",      3, 0 }, whole_one },
};
/* clang-format on */

/* ---------------------------------------------------------------- bytes */

static void cut_up(struct traffic *t, struct pieces *p, uint32_t len)
{
	uint32_t units = (len + UNIT - 1) / UNIT;
	uint32_t n = draw_between(&t->rng, 2, units < PIECES ? units : PIECES);

	p->n = 0;
	for (uint32_t i = 0; i < n; i++)
		p->at[p->n++] = (struct piece){
			units * i / n * UNIT,
			i + 1 == n ? len : units * (i + 1) / n * UNIT,
			i + 1 < n,
		};
}

/* The header of the datagram, and of IPv6 the fragment header behind it. */
static uint32_t put_header(struct traffic *t, struct parcel *out,
			   const struct parcel *p, const struct piece *piece)
{
	const struct draft *d = &t->draft;
	uint32_t header = draft_header_len(d), size = piece->to - piece->from;
	uint8_t *at = out->data + header;
	uint32_t next_at = d->n_extra ? IP6 + (uint32_t)d->next_at : 6u;

	memcpy(out->data, p->data, header);
	if (d->family == 4) {
		put16(out->data + 2, header + size);
		put16(out->data + IP4_FLAGS,
		      (d->dont_fragment ? 0x4000u : 0) |
			      (piece->more ? 0x2000u : 0) | piece->from / UNIT);
		draft_ip_sum(out->data);
		return header;
	}
	at = put8(put8(at, out->data[next_at]), 0);
	put32(put16(at, piece->from | piece->more), d->id);
	out->data[next_at] = PROTO_FRAGMENT;
	put16(out->data + 4, header + EXTENSION + size - IP6);
	return header + EXTENSION;
}

static void put_piece(struct traffic *t, const struct parcel *p,
		      const struct piece *piece)
{
	uint32_t header = draft_header_len(&t->draft);
	uint32_t size = piece->to - piece->from, at;
	struct parcel *out = maker_queue(t);

	if (!out)
		return;
	at = put_header(t, out, p, piece);
	memset(out->data + at, 0, size);
	if (header + piece->from < p->len)
		memcpy(out->data + at, p->data + header + piece->from,
		       header + piece->to > p->len
			       ? p->len - header - piece->from
			       : size);
	out->len = at + size;
	out->iface = p->iface;
	out->group = p->group;
	out->what = p->what;
}

bool fragment_parcel(struct traffic *t, const struct parcel *p)
{
	struct pieces pieces;
	uint32_t header = draft_header_len(&t->draft);
	unsigned row = draw_row(&t->rng, manners, sizeof(manners[0]),
				N_ROWS(manners), 0);

	if (p->len <= header + UNIT || t->n_waiting + 2 * PIECES > WAITING)
		return false;
	cut_up(t, &pieces, p->len - header);
	manners[row].arrange(t, &pieces);
	for (unsigned i = 0; i < pieces.n; i++) {
		unsigned at = t->n_waiting;

		put_piece(t, p, &pieces.at[i]);
		if (t->n_waiting > at)
			t->waiting[(t->first + at) % WAITING].oddity =
				manners[row].odds.name;
	}
	return pieces.n;
}
