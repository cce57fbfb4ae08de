/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two passes over the capture: fragments first, then every packet. */
#include "replay/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/groups.h"

#define SILENCE_NS UINT64_C(1000000000)

/* What planning remembers of a conversation. */
struct memory {
	uint64_t last_ns; /* of an original packet */
	uint32_t opened;  /* 1 + batch with the last packet that may map */
	bool reset;       /* the last packet was a TCP reset */
};

struct planner {
	struct plan *plan;
	const struct store *store;
	const struct plan_config *cfg;
	struct groups *groups;
	struct region memories; /* struct memory, by group */
	uint64_t latest_ns;     /* timestamp, and the same on the engine's */
	uint64_t engine_ns;     /* clock */
};

static struct memory *memory_of(const struct planner *p, uint32_t group)
{
	return (struct memory *)(void *)p->memories.base + group;
}

static int scan(struct planner *p)
{
	const struct store_entry *e = store_entries(p->store);
	size_t n = store_count(p->store);
	struct wire w;

	if (n > UINT32_MAX || p->store->bytes.used / STORE_SLOT > UINT32_MAX)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (wire_parse(&w, store_bytes(p->store, &e[i]), e[i].len) &&
		    !groups_scan(p->groups, &w, e[i].time_ns))
			return -ENOMEM;
	return 0;
}

/* A timestamp on the engine's clock, which like the engine's never goes back.
 */
static uint64_t engine_time(struct planner *p, uint64_t time_ns)
{
	uint64_t gap;

	if (!p->engine_ns) {
		p->engine_ns = PLAN_START_NS;
		p->latest_ns = time_ns;
	}
	if (time_ns > p->latest_ns) {
		gap = time_ns - p->latest_ns;
		p->engine_ns += gap < PLAN_GAP_NS ? gap : PLAN_GAP_NS;
		p->latest_ns = time_ns;
	}
	return p->engine_ns;
}

/* A capture taken on a router shows a connection under two names, before and
 * after translation. What both have in common is the end beyond the client
 * side, unless that is translated too. */
static uint64_t verbatim_hash(const struct planner *p, const struct wire *w,
			      uint16_t in_if)
{
	bool inside = in_if == p->cfg->client_if;
	const struct nat_addr *beyond = inside ? &w->t.dst : &w->t.src;
	uint64_t h = w->t.family;

	for (int i = 0; i < 4; i++)
		h = (h ^ beyond->w[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

static bool may_map(const struct wire *w, const struct member *m,
		    const struct memory *mem, uint64_t time_ns)
{
	if (w->shape.kind == WIRE_ERROR)
		return false;
	return m->first || mem->reset || w->fragment != WIRE_WHOLE ||
	       (w->tcp_flags & (WIRE_SYN | WIRE_ACK)) == WIRE_SYN ||
	       time_ns - mem->last_ns >= SILENCE_NS;
}

/* True where the next step of @l has to begin a batch. */
static bool must_cut(const struct lane_plan *l, const struct step *s,
		     const struct memory *mem, const struct plan_config *cfg)
{
	return l->batch_packets >= cfg->batch ||
	       (cfg->lanes > 1 && s->time_ns - l->batch_ns > PLAN_BATCH_NS) ||
	       l->batch_bytes + s->len + STORE_SLOT > BATCH_BYTES ||
	       ((s->flags & STEP_REPLY) && mem->opened == l->batch + 1);
}

static int push(struct planner *p, struct lane_plan *l, struct step *s,
		struct memory *mem)
{
	if (!lane_count(l) || must_cut(l, s, mem, p->cfg)) {
		s->flags |= STEP_CUT;
		l->batch++;
		l->batch_packets = 0;
		l->batch_bytes = 0;
		l->batch_ns = s->time_ns;
	}
	l->batch_packets++;
	l->batch_bytes += (s->len + STORE_SLOT - 1) / STORE_SLOT * STORE_SLOT;
	l->bytes += s->len;
	if (!region_reserve(&l->steps, sizeof(*s)))
		return -ENOMEM;
	memcpy(l->steps.base + l->steps.used, s, sizeof(*s));
	l->steps.used += sizeof(*s);
	return 0;
}

static struct step make_step(struct planner *p, const struct wire *w,
			     const struct member *m, size_t i)
{
	const struct store_entry *e = &store_entries(p->store)[i];
	struct step s = {
		.time_ns = engine_time(p, e->time_ns),
		.slot = (uint32_t)(e->offset / STORE_SLOT),
		.len = e->len,
		.conv = m->group,
		.packet = (uint32_t)i,
		.shape = w->shape,
		.in_if = (uint8_t)(p->cfg->verbatim ? e->iface
						    : p->cfg->client_if),
	};

	if (w->fragment != WIRE_WHOLE)
		s.flags |= STEP_FRAGMENT;
	if (p->cfg->verbatim)
		s.flags |= STEP_VERBATIM;
	else if (!m->from_first)
		s.flags |= STEP_REPLY;
	return s;
}

/* The planner's own memory of group @m, made for its first packet. */
static struct memory *recall(struct planner *p, const struct member *m)
{
	if (m->first) {
		if (!region_reserve(&p->memories, sizeof(struct memory)))
			return NULL;
		p->memories.used += sizeof(struct memory);
	}
	return memory_of(p, m->group);
}

static int add(struct planner *p, size_t i)
{
	const struct store_entry *e = &store_entries(p->store)[i];
	const uint8_t *bytes = store_bytes(p->store, e);
	struct memory *mem;
	struct lane_plan *l;
	struct member m;
	struct step s;
	struct wire w;
	int r;

	(void)wire_parse(&w, bytes, e->len);
	if (!groups_find(p->groups, bytes, &w, e->time_ns, &m))
		return -ENOMEM;
	mem = recall(p, &m);
	if (!mem)
		return -ENOMEM;
	if (p->cfg->verbatim)
		m.hash = verbatim_hash(p, &w, e->iface);
	l = &p->plan->lane[(m.hash >> 16) % p->cfg->lanes];
	s = make_step(p, &w, &m, i);
	r = push(p, l, &s, mem);
	if (!(s.flags & (STEP_REPLY | STEP_VERBATIM)) &&
	    may_map(&w, &m, mem, s.time_ns))
		mem->opened = l->batch + 1;
	if (m.from_first)
		mem->last_ns = s.time_ns;
	mem->reset = w.tcp_flags & WIRE_RST;
	return r;
}

static int make_convs(struct plan *p)
{
	struct conv *c;

	if (!region_reserve(&p->convs, p->n_convs * sizeof(*c)))
		return -ENOMEM;
	p->convs.used = p->n_convs * sizeof(*c);
	c = plan_convs(p);
	for (uint32_t i = 0; i < p->n_convs; i++)
		c[i].out_if = NAT_NO_IF;
	return 0;
}

int plan_make(struct plan *p, const struct store *s,
	      const struct plan_config *cfg)
{
	struct planner planner = {
		.plan = p,
		.store = s,
		.cfg = cfg,
		.groups = groups_new(),
	};
	int r = -ENOMEM;

	*p = (struct plan){.n_lanes = cfg->lanes};
	p->lane = calloc(cfg->lanes, sizeof(*p->lane));
	if (p->lane && planner.groups)
		r = scan(&planner);
	for (size_t i = 0; !r && i < store_count(s); i++)
		r = add(&planner, i);
	if (!r) {
		p->span_ns = planner.engine_ns
				     ? planner.engine_ns - PLAN_START_NS
				     : 0;
		p->n_convs = groups_count(planner.groups);
		r = make_convs(p);
	}
	groups_free(planner.groups);
	region_free(&planner.memories);
	return r;
}

void plan_free(struct plan *p)
{
	for (unsigned i = 0; p->lane && i < p->n_lanes; i++)
		region_free(&p->lane[i].steps);
	free(p->lane);
	region_free(&p->convs);
	*p = (struct plan){0};
}
