/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SCTP (RFC 9260): an association from INIT to SHUTDOWN COMPLETE, step by
 * step, and chunks, tags and bundles that do not belong there. */
#include <string.h>

#include "traffic/maker.h"
#include "traffic/put.h"

enum chunk {
	DATA = 0,
	INIT = 1,
	INIT_ACK = 2,
	SACK = 3,
	HEARTBEAT = 4,
	HEARTBEAT_ACK = 5,
	ABORT = 6,
	SHUTDOWN = 7,
	SHUTDOWN_ACK = 8,
	ERROR = 9,
	COOKIE_ECHO = 10,
	COOKIE_ACK = 11,
	SHUTDOWN_COMPLETE = 14,
	NO_CHUNK = 255,
};

/* The verification tag a packet bears. */
enum tag { PEERS, OWN, NO_TAG, ANY_TAG };

static const struct {
	enum flow_side side;
	enum chunk chunk;
} steps[] = {
	{CLIENT, INIT},
	{SERVER, INIT_ACK},
	{CLIENT, COOKIE_ECHO},
	{SERVER, COOKIE_ACK},
	{CLIENT, DATA},
	{SERVER, SACK},
	{SERVER, DATA},
	{CLIENT, SACK},
	{CLIENT, HEARTBEAT},
	{SERVER, HEARTBEAT_ACK},
	{CLIENT, SHUTDOWN},
	{SERVER, SHUTDOWN_ACK},
	{CLIENT, SHUTDOWN_COMPLETE},
};

/* clang-format off */
static const struct move {
	struct odds odds;
	enum chunk chunk[2];
	enum tag tag;
	uint8_t flags; /* of the first chunk */
} moves[] = {
	{ { "data",                   10, 0 }, { DATA, NO_CHUNK }, PEERS, 3 },
	{ { "data and sack",           6, 0 }, { SACK, DATA }, PEERS, 0 },
	{ { "heartbeat",               8, 0 }, { HEARTBEAT, NO_CHUNK }, PEERS, 0 },
	{ { "heartbeat, own tag",      3, 0 }, { HEARTBEAT, NO_CHUNK }, OWN, 0 },
	{ { "heartbeat, any tag",      2, 0 }, { HEARTBEAT, NO_CHUNK }, ANY_TAG, 0 },
	{ { "heartbeat and data, any tag", 1, 0 }, { HEARTBEAT, DATA }, ANY_TAG, 0 },
	{ { "heartbeat ack",           4, 0 }, { HEARTBEAT_ACK, NO_CHUNK }, PEERS, 0 },
	{ { "heartbeat ack, any tag",  2, 0 }, { HEARTBEAT_ACK, NO_CHUNK }, ANY_TAG, 0 },
	{ { "init again",              6, 0 }, { INIT, NO_CHUNK }, NO_TAG, 0 },
	{ { "init with tag",           2, 0 }, { INIT, NO_CHUNK }, PEERS, 0 },
	{ { "init bundled",            2, 0 }, { INIT, DATA }, NO_TAG, 0 },
	{ { "init ack again",          3, 0 }, { INIT_ACK, NO_CHUNK }, PEERS, 0 },
	{ { "cookie echo with data",   3, 0 }, { COOKIE_ECHO, DATA }, PEERS, 0 },
	{ { "cookie echo second",      1, 0 }, { DATA, COOKIE_ECHO }, PEERS, 0 },
	{ { "cookie ack again",        2, 0 }, { COOKIE_ACK, NO_CHUNK }, PEERS, 0 },
	{ { "abort",                   4, 0 }, { ABORT, NO_CHUNK }, PEERS, 0 },
	{ { "abort, reflected tag",    3, 0 }, { ABORT, NO_CHUNK }, OWN, 1 },
	{ { "abort, own tag",          2, 0 }, { ABORT, NO_CHUNK }, OWN, 0 },
	{ { "error",                   2, 0 }, { ERROR, NO_CHUNK }, PEERS, 0 },
	{ { "shutdown",                3, 0 }, { SHUTDOWN, NO_CHUNK }, PEERS, 0 },
	{ { "shutdown ack",            3, 0 }, { SHUTDOWN_ACK, NO_CHUNK }, PEERS, 0 },
	{ { "shutdown complete",       2, 0 }, { SHUTDOWN_COMPLETE, NO_CHUNK }, PEERS, 0 },
	{ { "shutdown complete, reflected tag", 2, 0 }, { SHUTDOWN_COMPLETE, NO_CHUNK }, OWN, 1 },
	{ { "data, any tag",           3, 0 }, { DATA, NO_CHUNK }, ANY_TAG, 3 },
	{ { "data, no tag",            2, 0 }, { DATA, NO_CHUNK }, NO_TAG, 3 },
	{ { "unknown chunk",           1, 0 }, { (enum chunk)77, NO_CHUNK }, PEERS, 0 },
	{ { "no chunk",                1, 0 }, { NO_CHUNK, NO_CHUNK }, PEERS, 0 },
};
/* clang-format on */

static uint32_t own_tag(const struct flow_end *e)
{
	return e->start | 1;
}

static uint32_t tag_of(struct traffic *t, const struct flow *f,
		       enum flow_side side, enum tag tag)
{
	switch (tag) {
	case PEERS:
		return own_tag(&f->end[!side]);
	case OWN:
		return own_tag(&f->end[side]);
	case NO_TAG:
		return 0;
	case ANY_TAG:
		break;
	}
	return rng_u32(&t->rng);
}

static void put_chunk(struct traffic *t, const struct flow_end *e,
		      enum chunk chunk, uint8_t flags)
{
	enum { CHUNK_HEADER = 4 };
	static const uint8_t body[] = {
		[DATA] = 12,         [INIT] = 16,      [INIT_ACK] = 24,
		[SACK] = 12,         [ABORT] = 0,      [HEARTBEAT] = 8,
		[HEARTBEAT_ACK] = 8, [ERROR] = 4,      [SHUTDOWN] = 4,
		[COOKIE_ECHO] = 8,   [COOKIE_ACK] = 0,
	};
	struct draft *d = &t->draft;
	uint32_t at = d->l4_len, more = chunk < N_ROWS(body) ? body[chunk] : 0;
	uint8_t *p = put8(put8(d->l4 + at, chunk), flags);

	if (chunk == DATA)
		more += draw_between(&t->rng, 1, 40);
	put16(p, CHUNK_HEADER + more);
	d->l4_len += CHUNK_HEADER;
	draft_data(d, (more + 3) & ~3u);
	if (chunk == INIT || chunk == INIT_ACK)
		put32(d->l4 + at + CHUNK_HEADER, own_tag(e));
}

static void start(struct traffic *t, const struct flow *f, enum flow_side side,
		  uint32_t tag)
{
	const struct flow_end *e = &f->end[side];
	uint8_t *p = t->draft.l4;

	maker_from(t, f, side);
	memcpy(p, &e->self_id, 2);
	memcpy(p + 2, &e->peer_id, 2);
	put32(put32(p + 4, tag), 0);
	t->draft.l4_len = 12;
}

static const char *step(struct traffic *t, struct flow *f)
{
	unsigned at = f->serial % N_ROWS(steps);
	enum flow_side side = steps[at].side;
	enum chunk chunk = steps[at].chunk;

	if (!at && f->serial) /* the next association */
		for (unsigned i = 0; i < SIDES; i++)
			f->end[i].start = rng_u32(&t->rng);
	start(t, f, side, tag_of(t, f, side, chunk == INIT ? NO_TAG : PEERS));
	put_chunk(t, &f->end[side], chunk, chunk == DATA ? 3 : 0);
	return "step of sctp";
}

const char *say_sctp(struct traffic *t, struct flow *f)
{
	enum { MISBEHAVE = 4 };
	const struct move *m;
	enum flow_side side;

	if (f->end[SERVER].known && f->end[SERVER].heard)
		f->serial++;
	else if (f->end[SERVER].known)
		f->end[SERVER].heard = true;
	if (!f->end[SERVER].known || !chance(&t->rng, MISBEHAVE)) {
		if (!f->end[SERVER].known)
			f->serial = 0;
		return step(t, f);
	}
	m = &moves[draw_row(&t->rng, moves, sizeof(moves[0]), N_ROWS(moves),
			    0)];
	side = chance(&t->rng, 2) ? SERVER : CLIENT;
	start(t, f, side, tag_of(t, f, side, m->tag));
	for (unsigned i = 0; i < 2 && m->chunk[i] != NO_CHUNK; i++)
		put_chunk(t, &f->end[side], m->chunk[i], i ? 0 : m->flags);
	t->lesson.flow = NULL;
	return m->odds.name;
}
