/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who opens connections to whom, and what the talks but TCP and SCTP say. */
#include <arpa/inet.h>
#include <string.h>

#include "traffic/maker.h"
#include "traffic/put.h"

enum { ECHO4 = 8, ECHO6 = 128, FIRST_ID = 7 };

/* -------------------------------------------------------------- opening */

static void open_ports(struct traffic *t, struct flow_end *c)
{
	c->self_id = htons(places_client_port(&t->rng));
	c->peer_id = htons(places_port(&t->rng, &t->places));
}

static void open_query(struct traffic *t, struct flow_end *c)
{
	enum { IDS = 4 };

	c->self_id = htons((uint16_t)(FIRST_ID + rng_below(&t->rng, IDS)));
	c->peer_id = c->self_id;
}

static void open_plain(struct traffic *t, struct flow_end *c)
{
	(void)t;
	c->self_id = 0;
	c->peer_id = 0;
}

enum { ANY_PLAIN = 0 };

/* clang-format off */
static const struct talk {
	struct odds odds;
	uint8_t proto[2]; /* of IPv4, of IPv6; ANY_PLAIN: drawn */
	void (*open)(struct traffic *t, struct flow_end *client);
	const char *(*say)(struct traffic *t, struct flow *f);
} talks[] = {
	{ { "tcp",     50, KIND(TCP) },     { PROTO_TCP, PROTO_TCP },         open_ports, say_tcp },
	{ { "udp",     25, KIND(UDP) },     { PROTO_UDP, PROTO_UDP },         open_ports, say_udp },
	{ { "query",   10, KIND(ICMP) },    { PROTO_ICMP, PROTO_ICMP6 },      open_query, say_query },
	{ { "udplite",  4, KIND(UDPLITE) }, { PROTO_UDPLITE, PROTO_UDPLITE }, open_ports, say_udplite },
	{ { "sctp",     8, KIND(SCTP) },    { PROTO_SCTP, PROTO_SCTP },       open_ports, say_sctp },
	{ { "gre",      4, KIND(GRE) },     { PROTO_GRE, PROTO_GRE },         open_plain, say_gre },
	{ { "other",    4, KIND(OTHER) },   { ANY_PLAIN, ANY_PLAIN },         open_plain, say_plain },
};

/* Protocols that are tracked by their addresses. ESP and AH over IPv6 are
 * extension headers or end the chain. */
static const struct {
	struct odds odds;
	uint8_t proto;
} plain[] = {
	{ { "esp",      6, 0 }, 50 },
	{ { "ipip",     3, 0 }, 4 },
	{ { "dccp",     2, 0 }, 33 },
	{ { "igmp",     1, 0 }, 2 },
	{ { "pim",      1, 0 }, 103 },
	{ { "unknown",  2, 0 }, 253 },
	{ { "last",     1, 0 }, 255 },
	{ { "ah",       1, KIND(IPV4) }, 51 },
	{ { "icmpv6 in ipv4", 1, KIND(IPV4) }, PROTO_ICMP6 },
};

/* Whither a client turns. */
enum aim { AIM_AWAY, AIM_NAMED, AIM_ROUTER, AIM_ANYWHERE };
static const struct {
	struct odds odds;
	enum aim aim;
} aims[] = {
	{ { "a host beyond",   50, 0 },            AIM_AWAY },
	{ { "one in a rule",   35, 0 },            AIM_NAMED },
	{ { "the router",       6, KIND(ROUTER) }, AIM_ROUTER },
	{ { "any host",         4, 0 },            AIM_ANYWHERE },
};
/* clang-format on */

static const struct place *draw_net(struct traffic *t, uint8_t family,
				    uint16_t iface)
{
	return places_draw(&t->rng, &t->places.nets, family, iface);
}

/* A network behind another interface than the client's, if there is one. */
static const struct place *draw_away(struct traffic *t, uint8_t family,
				     uint16_t iface)
{
	enum { TRIES = 6 };
	const struct place *net = NULL;

	for (unsigned i = 0; i < TRIES; i++) {
		net = draw_net(t, family, NAT_NO_IF);
		if (!net || net->iface != iface)
			break;
	}
	return net;
}

static const struct place *draw_server(struct traffic *t, uint8_t family,
				       uint16_t iface)
{
	const struct places *places = &t->places;
	const struct place *place = NULL;

	switch (DRAW(&t->rng, aims, t->kinds)->aim) {
	case AIM_NAMED:
		place = places_draw(&t->rng, &places->named, family, NAT_NO_IF);
		break;
	case AIM_ROUTER:
		place = places_draw(&t->rng, &places->own, family, NAT_NO_IF);
		break;
	case AIM_ANYWHERE:
		place = draw_net(t, family, NAT_NO_IF);
		break;
	case AIM_AWAY:
		break;
	}
	return place ? place : draw_away(t, family, iface);
}

static bool is_own(const struct places *p, const struct place *place)
{
	return place >= p->own.at && place < p->own.at + PLACES_MOST;
}

/* Clients are behind the first interface more often than elsewhere. */
static uint16_t draw_iface(struct traffic *t)
{
	if (!chance(&t->rng, 3))
		return 0;
	return (uint16_t)rng_below(&t->rng, t->places.n_ifs);
}

static uint8_t draw_family(struct traffic *t)
{
	bool v4 = t->kinds & KIND(IPV4), v6 = t->kinds & KIND(IPV6);

	if (v4 && v6)
		return chance(&t->rng, 2) ? 4 : 6;
	return v6 ? 6 : 4;
}

static bool draw_ends(struct traffic *t, struct flow *f)
{
	struct flow_end *c = &f->end[CLIENT];
	const struct place *from, *to;

	c->iface = draw_iface(t);
	from = draw_net(t, f->family, c->iface);
	if (!from)
		from = draw_net(t, f->family, NAT_NO_IF);
	if (!from)
		return false;
	c->iface = from->iface;
	to = draw_server(t, f->family, c->iface);
	c->self = place_host(&t->rng, from);
	c->peer = is_own(&t->places, to) ||
				  to->len == (to->family == 6 ? 128 : 32)
			  ? to->addr
			  : place_host(&t->rng, to);
	c->known = true;
	return true;
}

static void open_tcp(struct traffic *t, struct flow *f)
{
	enum { PICKED_UP = 12 };

	for (unsigned i = 0; i < SIDES; i++) {
		struct flow_end *e = &f->end[i];

		e->start = rng_u32(&t->rng);
		e->next = e->start;
		e->window = 65535;
	}
	if (chance(&t->rng, PICKED_UP)) /* its opening went another way */
		for (unsigned i = 0; i < SIDES; i++) {
			f->end[i].opened = true;
			f->end[i].heard = true;
			f->end[i].got = f->end[!i].next;
		}
}

bool talk_open(struct traffic *t, struct flow *f)
{
	uint8_t family = draw_family(t);
	const struct talk *talk = DRAW(&t->rng, talks, t->kinds);

	*f = (struct flow){.number = ++t->opened,
			   .family = family,
			   .talk = (uint8_t)(talk - talks),
			   .proto = talk->proto[family == 6],
			   .live = true};
	if (f->proto == ANY_PLAIN)
		f->proto =
			DRAW(&t->rng, plain, maker_kinds(t, family, 0))->proto;
	if (!draw_ends(t, f)) {
		f->live = false;
		return false;
	}
	talk->open(t, &f->end[CLIENT]);
	open_tcp(t, f);
	return true;
}

const char *talk_next(struct traffic *t, struct flow *f)
{
	return talks[f->talk].say(t, f);
}

/* --------------------------------------------------------------- saying */

/* The client's turn, or the server's if what it saw is known. */
static enum flow_side turn(struct traffic *t, const struct flow *f)
{
	return f->end[SERVER].known && chance(&t->rng, 2) ? SERVER : CLIENT;
}

static uint8_t *start_ports(struct traffic *t, const struct flow_end *e)
{
	uint8_t *p = t->draft.l4;

	memcpy(p, &e->self_id, 2);
	memcpy(p + 2, &e->peer_id, 2);
	return p + 4;
}

const char *say_udp(struct traffic *t, struct flow *f)
{
	enum { HEADER = 8, NO_SUM = 12 };
	enum flow_side side = turn(t, f);
	struct draft *d = &t->draft;
	uint8_t *len;

	maker_from(t, f, side);
	len = start_ports(t, &f->end[side]);
	put32(len, 0);
	d->l4_len = HEADER;
	draft_data(d, maker_size(t));
	put16(len, d->l4_len);
	if (chance(&t->rng, NO_SUM))
		d->l4_sum = SUM_ABSENT;
	return side == CLIENT ? "udp request" : "udp answer";
}

const char *say_udplite(struct traffic *t, struct flow *f)
{
	enum { HEADER = 8 };
	static const uint16_t covers[] = {0, 8, 12, 20, 7, UINT16_MAX};
	enum flow_side side = turn(t, f);
	struct draft *d = &t->draft;

	maker_from(t, f, side);
	put32(start_ports(t, &f->end[side]),
	      (uint32_t)covers[rng_below(&t->rng, N_ROWS(covers))] << 16);
	d->l4_len = HEADER;
	draft_data(d, maker_size(t));
	d->tracked_sum = !chance(&t->rng, 3);
	return "udplite";
}

const char *say_gre(struct traffic *t, struct flow *f)
{
	/* flags and version, protocol, what else the header has */
	static const struct {
		struct odds odds;
		uint16_t flags, proto;
		uint8_t more;
	} rows[] = {
		{{"gre", 8, 0}, 0x0000, 0x0800, 0},
		{{"gre with key", 8, 0}, 0x2000, 0x0800, 4},
		{{"gre with sum", 2, 0}, 0x8000, 0x0800, 4},
		{{"pptp", 4, 0}, 0x2001, 0x880b, 4},
		{{"pptp, no payload type", 2, 0}, 0x2001, 0x0800, 4},
		{{"gre version 2", 1, 0}, 0x0002, 0x0800, 0},
	};
	unsigned row =
		draw_row(&t->rng, rows, sizeof(rows[0]), N_ROWS(rows), 0);
	struct draft *d = &t->draft;

	maker_from(t, f, turn(t, f));
	put32(put16(put16(d->l4, rows[row].flags), rows[row].proto),
	      rng_below(&t->rng, 3));
	d->l4_len = 4u + rows[row].more;
	draft_data(d, maker_size(t));
	return rows[row].odds.name;
}

const char *say_plain(struct traffic *t, struct flow *f)
{
	maker_from(t, f, turn(t, f));
	draft_data(&t->draft, maker_size(t));
	return "plain";
}

/* -------------------------------------------------------------- queries */

enum query_type { QUERY, ANSWER, OTHER_CODE, OTHER_TYPE, UNASKED };

static const struct query_move {
	struct odds odds;
	enum query_type type;
} query_moves[] = {
	{{"query", 30, 0}, QUERY},
	{{"answer", 30, 0}, ANSWER},
	{{"query, another code", 1, 0}, OTHER_CODE},
	{{"icmp of another type", 2, 0}, OTHER_TYPE},
	{{"answer to nothing", 2, 0}, UNASKED},
};

static uint8_t draw_query(struct traffic *t, uint8_t family)
{
	static const struct {
		struct odds odds;
		uint8_t type;
	} rows[] = {
		{{"echo", 20, 0}, ECHO4},
		{{"timestamp", 2, KIND(CLOCK)}, 13},
		{{"information", 1, 0}, 15},
		{{"mask", 1, 0}, 17},
	};

	if (family == 6)
		return chance(&t->rng, 20) ? 139 : ECHO6;
	return DRAW(&t->rng, rows, t->kinds)->type;
}

static uint8_t answer_to(uint8_t type)
{
	return type == ECHO4 ? 0 : (uint8_t)(type + 1);
}

/* Neither asks nor answers nor quotes. */
static uint8_t odd_type(struct traffic *t, uint8_t family)
{
	static const uint8_t v4[] = {1, 2, 6, 7, 9, 10, 19, 42, 255};
	static const uint8_t v6[] = {0, 100, 127, 144, 145, 200, 255};

	if (family == 6)
		return v6[rng_below(&t->rng, N_ROWS(v6))];
	return v4[rng_below(&t->rng, N_ROWS(v4))];
}

const char *say_query(struct traffic *t, struct flow *f)
{
	enum { HEADER = 8 };
	const struct query_move *m = &query_moves[draw_row(
		&t->rng, query_moves, sizeof(query_moves[0]),
		N_ROWS(query_moves), 0)];
	bool answers = m->type == ANSWER && f->end[SERVER].known;
	enum flow_side side = answers ? SERVER : CLIENT;
	struct draft *d = &t->draft;
	uint8_t type, code = 0, *p;

	if (!f->query)
		f->query = draw_query(t, f->family);
	type = answers || m->type == UNASKED ? answer_to(f->query) : f->query;
	if (m->type == OTHER_TYPE)
		type = odd_type(t, f->family);
	if (m->type == OTHER_CODE)
		code = 1;
	maker_from(t, f, side);
	p = put16(put8(put8(d->l4, type), code), 0);
	memcpy(p, &f->end[side].self_id, 2);
	put16(p + 2, answers ? f->serial : ++f->serial);
	d->l4_len = HEADER;
	if (m->type != QUERY && m->type != ANSWER)
		t->lesson.flow = NULL;
	draft_data(d, maker_size(t));
	return m->odds.name;
}
