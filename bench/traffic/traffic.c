/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A packet: drawn from a connection, made odd, cut into fragments, queued,
 * sent; and what the far end learns from it. */
#include "traffic/traffic.h"

#include <stdlib.h>
#include <string.h>

#include "replay/wire.h"
#include "traffic/maker.h"

#define FAMILIES (KIND(IPV4) | KIND(IPV6))
#define PROTOS   (KIND(TCP) | KIND(UDP))

uint32_t maker_kinds(const struct traffic *t, uint8_t family, uint8_t proto)
{
	uint32_t kinds = t->kinds & ~(FAMILIES | PROTOS);

	kinds |= family == 6 ? KIND(IPV6) : KIND(IPV4);
	if (proto == PROTO_TCP)
		kinds |= KIND(TCP);
	if (proto == PROTO_UDP)
		kinds |= KIND(UDP);
	return kinds;
}

struct parcel *maker_queue(struct traffic *t)
{
	if (t->n_waiting == WAITING)
		return NULL;
	return &t->waiting[(t->first + t->n_waiting++) % WAITING];
}

void maker_from(struct traffic *t, const struct flow *f, enum flow_side side)
{
	const struct flow_end *e = &f->end[side];
	struct draft *d = &t->draft;

	d->family = f->family;
	d->proto = f->proto;
	d->ttl = 64;
	d->tos = 0;
	d->l4_sum = SUM_RIGHT;
	d->dont_fragment = chance(&t->rng, 3);
	d->evil = false;
	d->iface = e->iface;
	d->id = rng_u32(&t->rng) & UINT16_MAX;
	d->src = e->self;
	d->dst = e->peer;
	d->n_extra = 0;
	d->tracked_sum = false;
	d->l4_len = 0;
	t->lesson = (struct lesson){.flow = &t->flow[f - t->flow],
				    .from = (uint8_t)side};
}

uint32_t maker_size(struct traffic *t)
{
	static const struct {
		struct odds odds;
		uint16_t least, most;
	} rows[] = {
		{{"none", 10, 0}, 0, 0},
		{{"few", 20, 0}, 1, 64},
		{{"some", 10, 0}, 65, 600},
		{{"full", 5, 0}, 1400, 1460},
		{{"edge", 4, KIND(LONG)}, 1450, 1490},
		{{"long", 4, KIND(LONG)}, 1491, 3800},
	};
	unsigned row = draw_row(&t->rng, rows, sizeof(rows[0]), N_ROWS(rows),
				t->kinds);

	return draw_between(&t->rng, rows[row].least, rows[row].most);
}

/* ------------------------------------------------------------- a packet */

/* One that has been made before, or a new one in the place of any. */
static struct flow *draw_flow(struct traffic *t)
{
	enum { NEW = 12 };
	struct flow *f = &t->flow[rng_below(&t->rng, FLOWS)];

	if (!f->live || chance(&t->rng, NEW))
		talk_open(t, f);
	return f;
}

static void seal(struct traffic *t)
{
	struct parcel *p = &t->now;

	draft_seal(&t->draft);
	p->len = draft_build(&t->draft, p->data);
	p->iface = t->draft.iface;
}

/* The queue's first, in place of the packet in the making. */
static void take_waiting(struct traffic *t)
{
	const struct parcel *p = &t->waiting[t->first];

	t->now.len = p->len;
	t->now.iface = p->iface;
	t->now.group = p->group;
	t->now.what = p->what;
	t->now.oddity = p->oddity;
	memcpy(t->now.data, p->data, p->len);
	t->first = (t->first + 1) % WAITING;
	t->n_waiting--;
	t->lesson.flow = NULL;
}

static void make(struct traffic *t)
{
	enum { ERROR = 12, CUT = 14 };
	struct flow *f = draw_flow(t);
	struct parcel *p = &t->now;
	bool error = t->kinds & KIND(ERRORS) && chance(&t->rng, ERROR);

	p->group = f->number;
	p->what = error ? draft_error(t, f) : talk_next(t, f);
	p->oddity = oddity_draft(t);
	seal(t);
	if (t->kinds & KIND(FRAGMENTS) && chance(&t->rng, CUT) &&
	    fragment_parcel(t, p)) {
		take_waiting(t);
		return;
	}
	if (!*p->oddity)
		p->oddity = oddity_bytes(t, p);
	if (*p->oddity && strcmp(p->oddity, "again") != 0)
		t->lesson.flow = NULL;
}

struct traffic_packet traffic_next(struct traffic *t)
{
	if (t->n_waiting && !chance(&t->rng, 4))
		take_waiting(t);
	else
		make(t);
	return (struct traffic_packet){
		.data = t->now.data,
		.len = t->now.len,
		.in_if = t->now.iface,
		.group = t->now.group,
		.what = t->now.what,
		.oddity = t->now.oddity,
	};
}

/* -------------------------------------------------------------- learning */

/* Is it the packet that was sent, and not the router's own? */
static bool is_it(const struct flow *f, const struct flow_end *sender,
		  const struct wire *w)
{
	bool answer = !memcmp(&w->t.dst, &sender->self, sizeof(w->t.dst)) &&
		      !memcmp(&w->t.src, &sender->peer, sizeof(w->t.src));

	return w->t.family == f->family && w->t.proto == f->proto &&
	       w->fragment != WIRE_LATER && w->shape.kind != WIRE_ERROR &&
	       !answer;
}

static void learn_tcp(struct flow_end *e, const struct lesson *l)
{
	if (l->flags & WIRE_SYN) {
		e->heard = true;
		e->got = l->end;
	} else if ((int32_t)(l->end - e->got) > 0) {
		e->got = l->end;
	}
}

void traffic_left(struct traffic *t, uint16_t out_if, const uint8_t *data,
		  uint32_t len)
{
	const struct lesson *l = &t->lesson;
	struct flow_end *e;
	struct wire w;

	if (!l->flow || !wire_parse(&w, data, len) ||
	    !is_it(l->flow, &l->flow->end[l->from], &w))
		return;
	e = &l->flow->end[!l->from];
	e->known = true;
	e->iface = out_if;
	e->self = w.t.dst;
	e->peer = w.t.src;
	if (w.shape.kind != WIRE_OTHER) {
		e->self_id = w.t.dst_id;
		e->peer_id = w.t.src_id;
	}
	if (l->flow->proto == PROTO_TCP)
		learn_tcp(e, l);
}

/* ------------------------------------------------------------------ life */

struct traffic *traffic_new(const struct traffic_config *cfg,
			    struct capture_error *err)
{
	struct traffic *t = calloc(1, sizeof(*t));
	struct flow probe;

	if (!t) {
		capture_fail(err, "out of memory");
		return NULL;
	}
	t->rng = rng_new(cfg->seed);
	t->kinds = cfg->kinds ? cfg->kinds : traffic_default_kinds();
	places_read(&t->places, cfg);
	if (!talk_open(t, &probe)) {
		capture_fail(err, "the topology names no network to send from");
		traffic_free(t);
		return NULL;
	}
	return t;
}

void traffic_free(struct traffic *t)
{
	free(t);
}
