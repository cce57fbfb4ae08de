/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a TCP end sends: mostly what it should, to open, carry and close a
 * connection; else a row of the table of moves that it should not. */
#include <string.h>

#include "traffic/maker.h"
#include "traffic/put.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32, ECE = 64 };
enum { SAME_FLAGS = 0x100, HEADER = 20, NONE = 0, SOME = 1 };

enum who { EITHER, CLIENT_ONLY, SERVER_ONLY };

/* A sequence or acknowledgement number, by what it is near to. */
enum near {
	ZERO,
	ANY,
	NEXT,   /* own next byte */
	LAST,   /* as in the last segment */
	START,  /* own SYN's */
	PROPER, /* all that came from the peer */
	EDGE,   /* end of the peer's window, as announced */
};

/* clang-format off */
static const struct move {
	struct odds odds;
	enum who who;
	unsigned flags;
	enum near seq;
	int32_t seq_off;
	enum near ack;
	int32_t ack_off;
	bool data;
} moves[] = {
	{ { "retransmission",           30, 0 }, EITHER, SAME_FLAGS, LAST, 0, LAST, 0, SOME },
	{ { "duplicate ack",            20, 0 }, EITHER, ACK, NEXT, 0, LAST, 0, NONE },
	{ { "old ack",                   8, 0 }, EITHER, ACK, NEXT, 0, PROPER, -700, NONE },
	{ { "very old ack",              3, 0 }, EITHER, ACK, NEXT, 0, PROPER, -200000, NONE },
	{ { "ack ahead by one",          4, 0 }, EITHER, ACK, NEXT, 0, PROPER, 1, NONE },
	{ { "ack far ahead",             3, 0 }, EITHER, ACK, NEXT, 0, PROPER, 100000, NONE },
	{ { "any ack",                   3, 0 }, EITHER, ACK, NEXT, 0, ANY, 0, NONE },
	{ { "keep-alive",                6, 0 }, EITHER, ACK, NEXT, -1, PROPER, 0, NONE },
	{ { "data behind",               5, 0 }, EITHER, PSH | ACK, NEXT, -5000, PROPER, 0, SOME },
	{ { "data far behind",           4, 0 }, EITHER, ACK, NEXT, -300000, PROPER, 0, SOME },
	{ { "a hole before data",        6, 0 }, EITHER, ACK, NEXT, 3000, PROPER, 0, SOME },
	{ { "at the window's edge",      6, 0 }, EITHER, ACK, EDGE, 0, PROPER, 0, NONE },
	{ { "just past the window",      6, 0 }, EITHER, ACK, EDGE, 1, PROPER, 0, NONE },
	{ { "data over the edge",        6, 0 }, EITHER, ACK, EDGE, -1, PROPER, 0, SOME },
	{ { "far past the window",       4, 0 }, EITHER, ACK, EDGE, 500000, PROPER, 0, SOME },
	{ { "any sequence number",       4, 0 }, EITHER, ACK, ANY, 0, ANY, 0, SOME },
	{ { "reset",                    10, 0 }, EITHER, RST, NEXT, 0, ZERO, 0, NONE },
	{ { "reset with ack",           10, 0 }, EITHER, RST | ACK, NEXT, 0, PROPER, 0, NONE },
	{ { "reset ahead",               6, 0 }, EITHER, RST, NEXT, 1, ZERO, 0, NONE },
	{ { "reset behind",              6, 0 }, EITHER, RST, NEXT, -1, ZERO, 0, NONE },
	{ { "reset of nothing",          4, 0 }, EITHER, RST | ACK, ZERO, 0, PROPER, 0, NONE },
	{ { "refusal",                   6, 0 }, SERVER_ONLY, RST | ACK, ZERO, 0, PROPER, 0, NONE },
	{ { "any reset",                 3, 0 }, EITHER, RST, ANY, 0, ZERO, 0, NONE },
	{ { "same SYN",                 10, 0 }, CLIENT_ONLY, SYN, START, 0, ZERO, 0, NONE },
	{ { "SYN ahead",                 6, 0 }, EITHER, SYN, NEXT, 90000, ZERO, 0, NONE },
	{ { "SYN behind",                6, 0 }, EITHER, SYN, START, -90000, ZERO, 0, NONE },
	{ { "crossing SYN",              8, 0 }, SERVER_ONLY, SYN, START, 0, ZERO, 0, NONE },
	{ { "SYN with data",             3, 0 }, CLIENT_ONLY, SYN, START, 0, ZERO, 0, SOME },
	{ { "same SYN-ACK",              6, 0 }, SERVER_ONLY, SYN | ACK, START, 0, PROPER, 0, NONE },
	{ { "client's SYN-ACK",          5, 0 }, CLIENT_ONLY, SYN | ACK, START, 0, PROPER, 0, NONE },
	{ { "SYN-ACK of nothing",        4, 0 }, EITHER, SYN | ACK, ANY, 0, ANY, 0, NONE },
	{ { "early FIN",                 8, 0 }, EITHER, FIN | ACK, NEXT, 0, PROPER, 0, NONE },
	{ { "FIN with data",             4, 0 }, EITHER, FIN | PSH | ACK, NEXT, 0, PROPER, 0, SOME },
	{ { "FIN past the window",       4, 0 }, EITHER, FIN | ACK, EDGE, 100000, PROPER, 0, NONE },
	{ { "FIN without ACK",           2, 0 }, EITHER, FIN, NEXT, 0, ZERO, 0, NONE },
	{ { "no flag",                   2, 0 }, EITHER, 0, NEXT, 0, ZERO, 0, NONE },
	{ { "every flag",                1, 0 }, EITHER, 0xff, NEXT, 0, PROPER, 0, NONE },
	{ { "SYN and FIN",               2, 0 }, EITHER, SYN | FIN, START, 0, ZERO, 0, NONE },
	{ { "SYN and RST",               2, 0 }, EITHER, SYN | RST, START, 0, ZERO, 0, NONE },
	{ { "urgent SYN",                1, 0 }, CLIENT_ONLY, SYN | URG, START, 0, ZERO, 0, NONE },
	{ { "urgent data",               2, 0 }, EITHER, URG | PSH | ACK, NEXT, 0, PROPER, 0, SOME },
	{ { "urgent reset",              1, 0 }, EITHER, RST | URG, NEXT, 0, ZERO, 0, NONE },
	{ { "push alone",                1, 0 }, EITHER, PSH, NEXT, 0, ZERO, 0, SOME },
	{ { "ECN SYN",                   2, 0 }, CLIENT_ONLY, SYN | ECE | 0x80, START, 0, ZERO, 0, NONE },
};

struct bytes { struct odds odds; uint8_t len, b[20]; };

static const struct bytes syn_options[] = {
	{ { "none",            3, 0 }, 0, { 0 } },
	{ { "mss",             4, 0 }, 4, { 2, 4, 5, 180 } },
	{ { "usual",          10, 0 }, 12, { 2, 4, 5, 180, 4, 2, 1, 3, 3, 7, 1, 0 } },
	{ { "scale 2",         4, 0 }, 8, { 1, 3, 3, 2, 1, 1, 4, 2 } },
	{ { "scale 14",        1, 0 }, 4, { 3, 3, 14, 1 } },
	{ { "scale 15",        1, 0 }, 4, { 3, 3, 15, 1 } },
	{ { "sack",            2, 0 }, 4, { 4, 2, 0, 0 } },
	{ { "length 0",        1, 0 }, 4, { 3, 0, 7, 1 } },
	{ { "length beyond",   1, 0 }, 4, { 1, 1, 2, 9 } },
	{ { "kind alone",      1, 0 }, 4, { 1, 1, 1, 3 } },
	{ { "unknown",         1, 0 }, 4, { 254, 4, 0, 0 } },
};

static const struct bytes options[] = {
	{ { "none",           30, 0 }, 0, { 0 } },
	{ { "timestamps",      8, 0 }, 12, { 1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 2, 0 } },
	{ { "malformed",       1, 0 }, 4, { 5, 1, 0, 0 } },
	{ { "end",             1, 0 }, 4, { 0, 3, 3, 7 } },
};

static const struct { struct odds odds; uint16_t window; } windows[] = {
	{ { "largest",  20, 0 }, 65535 },
	{ { "usual",    10, 0 }, 8192 },
	{ { "small",     4, 0 }, 300 },
	{ { "none",      2, 0 }, 0 },
	{ { "one",       1, 0 }, 1 },
};
/* clang-format on */

struct segment {
	const char *name;
	uint32_t seq, ack;
	uint16_t data;
	uint8_t flags;
	bool proper; /* moves the connection on */
};

static uint32_t near_to(struct traffic *t, const struct flow_end *e,
			const struct flow_end *peer, enum near n, bool ack)
{
	switch (n) {
	case ZERO:
		return 0;
	case ANY:
		return rng_u32(&t->rng);
	case NEXT:
		return e->next;
	case LAST:
		return ack ? e->last.ack : e->last.seq;
	case START:
		return e->start;
	case PROPER:
		return e->got;
	case EDGE:
		return e->next + ((uint32_t)peer->window << peer->scale);
	}
	return 0;
}

static struct segment draw_segment(struct traffic *t, const struct flow *f,
				   const struct move *m, enum flow_side side)
{
	const struct flow_end *e = &f->end[side], *peer = &f->end[!side];
	struct segment s = {.name = m->odds.name, .flags = (uint8_t)m->flags};

	if (m->flags == SAME_FLAGS)
		s.flags = e->last.flags;
	s.seq = near_to(t, e, peer, m->seq, false) + (uint32_t)m->seq_off;
	s.ack = near_to(t, e, peer, m->ack, true) + (uint32_t)m->ack_off;
	if (m->data)
		s.data = m->flags == SAME_FLAGS ? e->last.data
						: (uint16_t)maker_size(t);
	return s;
}

/* ------------------------------------------------------------- properly */

static struct segment open_or_answer(struct flow *f, enum flow_side side)
{
	struct flow_end *e = &f->end[side];

	if (!e->opened)
		e->next = e->start;
	return (struct segment){
		.name = e->heard ? "SYN-ACK" : "SYN",
		.seq = e->start,
		.ack = e->heard ? e->got : 0,
		.flags = e->heard ? SYN | ACK : SYN,
		.proper = true,
	};
}

static struct segment carry(struct traffic *t, struct flow *f,
			    enum flow_side side)
{
	enum { CARRY_DATA = 3, CLOSE = 8 };
	struct flow_end *e = &f->end[side];
	struct segment s = {.name = "ack",
			    .seq = e->next,
			    .ack = e->got,
			    .flags = ACK,
			    .proper = true};

	if (e->closed)
		return s;
	if (chance(&t->rng, CLOSE)) {
		s.name = "FIN";
		s.flags = FIN | ACK;
	} else if (!chance(&t->rng, CARRY_DATA)) {
		s.name = "data";
		s.flags = PSH | ACK;
		s.data = (uint16_t)maker_size(t);
	}
	return s;
}

/* The same ends once more: a SYN with a later or an earlier number. */
static void reopen(struct traffic *t, struct flow *f)
{
	static const int32_t offset[] = {1, 64000, 1000000, -70000, INT32_MAX};

	for (unsigned i = 0; i < SIDES; i++) {
		struct flow_end *e = &f->end[i];

		e->start = e->next +
			   (uint32_t)offset[rng_below(&t->rng, N_ROWS(offset))];
		e->next = e->start;
		e->opened = e->closed = e->heard = false;
		e->got = 0;
	}
	f->reset = false;
}

static bool is_over(const struct flow *f)
{
	return f->reset || (f->end[CLIENT].closed && f->end[SERVER].closed);
}

static struct segment draw_proper(struct traffic *t, struct flow *f,
				  enum flow_side *side)
{
	enum { REOPEN = 4 };
	const struct flow_end *c = &f->end[CLIENT], *s = &f->end[SERVER];

	if (is_over(f) && chance(&t->rng, REOPEN))
		reopen(t, f);
	*side = s->known && chance(&t->rng, 2) ? SERVER : CLIENT;
	if (!c->opened || !s->known)
		*side = CLIENT;
	else if (s->heard && !s->opened)
		*side = SERVER;
	else if (!c->heard)
		return open_or_answer(f, *side);
	if (!f->end[*side].opened || !f->end[*side].heard)
		return open_or_answer(f, *side);
	return carry(t, f, *side);
}

/* ---------------------------------------------------------------- bytes */

static void add_sack(struct traffic *t, const struct segment *s, uint8_t *p)
{
	uint32_t left = s->ack + draw_between(&t->rng, 0, 3000);

	p = put8(put8(put8(put8(p, 1), 1), 5), 10);
	put32(put32(p, left), left + draw_between(&t->rng, 1, 70000));
}

static uint32_t draw_options(struct traffic *t, struct flow_end *e,
			     const struct segment *s, uint8_t *at)
{
	enum { SACK = 15, SACK_LEN = 12, SCALE = 3 };
	const struct bytes *row;

	if (s->flags & SYN) {
		row = DRAW(&t->rng, syn_options, 0);
		e->scale = 0;
		for (unsigned i = 0; s->proper && i + 2 < row->len; i++)
			if (row->b[i] == SCALE && row->b[i + 1] == SCALE)
				e->scale = row->b[i + 2] & 15;
	} else if (chance(&t->rng, SACK)) {
		add_sack(t, s, at);
		return SACK_LEN;
	} else {
		row = DRAW(&t->rng, options, 0);
	}
	memcpy(at, row->b, row->len);
	return row->len;
}

static void put_segment(struct traffic *t, struct flow_end *e,
			const struct segment *s)
{
	struct draft *d = &t->draft;
	uint32_t more = draw_options(t, e, s, d->l4 + HEADER);
	uint16_t window = DRAW(&t->rng, windows, 0)->window;
	uint8_t *p = d->l4;

	memcpy(p, &e->self_id, 2);
	memcpy(p + 2, &e->peer_id, 2);
	p = put32(put32(p + 4, s->seq), s->ack);
	p = put16(p, (HEADER + more) / 4 << 12 | s->flags);
	put32(put16(p, window), s->flags & URG ? 5 : 0);
	d->l4_len = HEADER + more;
	draft_data(d, s->data);
	if (s->proper)
		e->window = window;
}

static uint32_t segment_end(const struct segment *s)
{
	return s->seq + s->data + !!(s->flags & SYN) + !!(s->flags & FIN);
}

static void remember(struct traffic *t, struct flow_end *e,
		     const struct segment *s)
{
	e->last = (struct flow_segment){s->seq, s->ack, s->data, s->flags};
	if (!s->proper) {
		t->lesson.flow = NULL;
		return;
	}
	e->next = segment_end(s);
	e->opened |= !!(s->flags & SYN);
	e->closed |= !!(s->flags & FIN);
	t->lesson.flags = s->flags;
	t->lesson.end = e->next;
}

const char *say_tcp(struct traffic *t, struct flow *f)
{
	enum { MISBEHAVE = 4 };
	struct segment s;
	enum flow_side side;

	if (chance(&t->rng, MISBEHAVE)) {
		const struct move *m = DRAW(&t->rng, moves, 0);

		side = f->end[SERVER].known && m->who != CLIENT_ONLY &&
				       (m->who == SERVER_ONLY ||
					chance(&t->rng, 2))
			       ? SERVER
			       : CLIENT;
		s = draw_segment(t, f, m, side);
	} else {
		s = draw_proper(t, f, &side);
	}
	maker_from(t, f, side);
	put_segment(t, &f->end[side], &s);
	if (s.flags & RST)
		f->reset = true;
	remember(t, &f->end[side], &s);
	return s.name;
}
