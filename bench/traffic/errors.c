/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ICMP errors about what an end of a connection sent, as a host or router on
 * the far side of this router makes them: they quote the packet as it looked
 * there. Some come to the wrong host, some quote too little or oddly. */
#include <arpa/inet.h>
#include <string.h>

#include "traffic/maker.h"
#include "traffic/put.h"

enum { REST = 8, QUOTE_MOST = 1200, PROBLEM = 12, TOO_BIG = 2 };

struct cause {
	struct odds odds;
	uint8_t type, code;
	uint32_t rest;
};

/* clang-format off */
static const struct cause causes[2][10] = {
	{
		{ { "unreachable port",  10, 0 }, 3, 3, 0 },
		{ { "unreachable host",  10, 0 }, 3, 1, 0 },
		{ { "fragments needed",   8, 0 }, 3, 4, 1400 },
		{ { "a narrow way",       1, 0 }, 3, 4, 570 },
		{ { "too narrow a way",   1, 0 }, 3, 4, 300 },
		{ { "time exceeded",     10, 0 }, 11, 0, 0 },
		{ { "source quench",      2, 0 }, 4, 0, 0 },
		{ { "redirect",           3, 0 }, 5, 1, 0x0101a8c0 },
		{ { "parameter problem",  2, 0 }, 12, 0, 0x14000000 },
		{ { "unknown code",       1, 0 }, 3, 99, 0 },
	},
	{
		{ { "unreachable port",  10, 0 }, 1, 4, 0 },
		{ { "no route",          10, 0 }, 1, 0, 0 },
		{ { "too big",           10, 0 }, 2, 0, 1300 },
		{ { "time exceeded",     10, 0 }, 3, 0, 0 },
		{ { "parameter problem",  2, 0 }, 4, 1, 6 },
		{ { "unknown error",      2, 0 }, 100, 0, 0 },
		{ { "redirect",           2, 0 }, 137, 0, 0 },
		{ { "reassembly time",    2, 0 }, 3, 1, 0 },
	},
};

enum slip {
	NO_SLIP,
	ANOTHER_HOST,   /* the error goes to somebody else */
	ANOTHER_PORT,   /* quotes ports that nobody has */
	OTHER_WAY,      /* quotes what its receiver would get */
	INNER_FRAGMENT, /* quotes a later fragment */
	INNER_FIRST,    /* quotes a first fragment */
	INNER_ERROR,    /* quotes an ICMP error */
	INNER_SHORT,    /* quotes a header of less than 20 bytes */
	BAD_INNER_SUM,
	INNER_OPTIONS,
};

static const struct { struct odds odds; enum slip slip; } slips[] = {
	{ { "",                   80, 0 }, NO_SLIP },
	{ { ", to another host",   6, 0 }, ANOTHER_HOST },
	{ { ", another port",      4, 0 }, ANOTHER_PORT },
	{ { ", the other way",     5, 0 }, OTHER_WAY },
	{ { ", of a fragment",     3, KIND(IPV4) }, INNER_FRAGMENT },
	{ { ", of a first one",    3, KIND(IPV4) }, INNER_FIRST },
	{ { ", of an error",       3, 0 }, INNER_ERROR },
	{ { ", of a bad header",   2, KIND(IPV4) }, INNER_SHORT },
	{ { ", of a bad sum",      3, KIND(IPV4) }, BAD_INNER_SUM },
	{ { ", of options",        3, KIND(IPV4) }, INNER_OPTIONS },
};

/* How much of the quoted packet's L4 there is. */
static const struct { struct odds odds; uint16_t len; } cuts[] = {
	{ { "whole",      12, 0 }, QUOTE_MOST },
	{ { "as RFC 792", 10, 0 }, 8 },
	{ { "20",          4, 0 }, 20 },
	{ { "19",          2, 0 }, 19 },
	{ { "12",          2, 0 }, 12 },
	{ { "odd",         2, 0 }, 41 },
	{ { "7",           1, 0 }, 7 },
	{ { "4",           1, 0 }, 4 },
	{ { "2",           1, 0 }, 2 },
	{ { "none",        1, 0 }, 0 },
};
/* clang-format on */

/* The draft as @receiver's packet looked at @observer's end. */
static void quote(struct traffic *t, struct flow *f, enum flow_side observer,
		  enum slip slip)
{
	struct draft *d = &t->draft;
	struct flow_end e = f->end[observer];
	const uint16_t ids[2] = {e.peer_id, e.self_id};

	(void)talk_next(t, f);
	t->lesson.flow = NULL;
	d->src = slip == OTHER_WAY ? e.self : e.peer;
	d->dst = slip == OTHER_WAY ? e.peer : e.self;
	d->ttl = (uint8_t)draw_between(&t->rng, 0, 64);
	if (f->proto == PROTO_ICMP || f->proto == PROTO_ICMP6) {
		if (slip == INNER_ERROR)
			d->l4[0] = f->family == 6 ? 1 : 3;
		else if (observer == CLIENT &&
			 (f->end[SERVER].known || chance(&t->rng, 50)))
			d->l4[0] = f->query == 128 ? 129 : 0;
		else
			d->l4[0] = f->query;
		memcpy(d->l4 + 4, &e.self_id, 2);
	} else if (e.self_id || e.peer_id) {
		memcpy(d->l4, &ids[slip == OTHER_WAY], 2);
		memcpy(d->l4 + 2, &ids[slip != OTHER_WAY], 2);
	}
	if (slip == ANOTHER_PORT)
		d->l4[2] ^= 0x5a;
	if (slip == INNER_OPTIONS)
		draft_option(d, "\1\1\1\0", 4);
	draft_seal(d);
}

static void spoil(uint8_t *ip, enum slip slip)
{
	enum { FRAGMENT = 6, MORE = 0x2000, LATER = 0x0010 };

	if (slip == INNER_FRAGMENT)
		put16(ip + FRAGMENT, LATER);
	if (slip == INNER_FIRST)
		put16(ip + FRAGMENT, MORE);
	if (slip == INNER_SHORT)
		ip[0] = 0x44;
	else if (slip != NO_SLIP)
		draft_ip_sum(ip);
	if (slip == BAD_INNER_SUM)
		ip[10] ^= 0x33;
}

/* Who makes the error: the host it was for, or one on the way. */
static struct nat_addr reporter(struct traffic *t, const struct flow *f,
				const struct flow_end *observer)
{
	const struct place *net = places_draw(&t->rng, &t->places.nets,
					      f->family, observer->iface);

	if (!net || chance(&t->rng, 2))
		return observer->self;
	return place_host(&t->rng, net);
}

static void address(struct traffic *t, const struct flow *f,
		    enum flow_side observer, enum slip slip)
{
	const struct flow_end *e = &f->end[observer];
	const struct place *net =
		places_draw(&t->rng, &t->places.nets, f->family, NAT_NO_IF);

	maker_from(t, f, observer);
	t->lesson.flow = NULL;
	t->draft.src = reporter(t, f, e);
	t->draft.proto = f->family == 6 ? PROTO_ICMP6 : PROTO_ICMP;
	if (slip == ANOTHER_HOST && net)
		t->draft.dst = place_host(&t->rng, net);
}

const char *draft_error(struct traffic *t, struct flow *f)
{
	const struct cause *cause = DRAW(&t->rng, causes[f->family == 6], 0);
	unsigned row = draw_row(&t->rng, slips, sizeof(slips[0]), N_ROWS(slips),
				maker_kinds(t, f->family, f->proto));
	uint32_t l4 = DRAW(&t->rng, cuts, 0)->len, len;
	enum flow_side observer =
		f->end[SERVER].known && !chance(&t->rng, 4) ? SERVER : CLIENT;
	struct draft *d = &t->draft;
	uint8_t *quoted = t->now.data; /* not yet in use */

	quote(t, f, observer, slips[row].slip);
	len = draft_build(d, quoted);
	l4 += draft_header_len(d);
	if (f->family == 4)
		spoil(quoted, slips[row].slip);
	if (len > l4)
		len = l4;
	if (len > QUOTE_MOST)
		len = QUOTE_MOST;
	address(t, f, observer, slips[row].slip);
	put32(put16(put8(put8(d->l4, cause->type), cause->code), 0),
	      cause->rest);
	memcpy(d->l4 + REST, quoted, len);
	d->l4_len = REST + len;
	return slips[row].slip == NO_SLIP ? cause->odds.name
					  : slips[row].odds.name + 2;
}
