/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Twice over each window: fragments first, then every packet. */
#include "replay/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "replay/groups.h"

#define SILENCE_NS UINT64_C(1000000000)

enum {
	TOGETHER = 32,    /* packets that are planned side by side */
	SHARES = 1 << 14, /* of the conversations, among lanes */
};

/* What planning remembers of a conversation. */
struct memory {
	uint64_t last_ns; /* of an original packet */
	uint32_t opened;  /* 1 + batch with the last packet that may map */
	bool reset;       /* the last packet was a TCP reset */
};
_Static_assert(sizeof(struct memory) <= GROUPS_ROOM, "it has its room there");

/* A lane's batch that is still growing. */
struct batch {
	uint32_t number, packets, bytes;
	uint64_t begin_ns;
};

/* A lane, from window to window. */
struct track {
	struct batch batch;
	uint64_t packets;
	uint32_t n_convs;
};

/* A packet that is looked at before it is planned. */
struct candidate {
	struct wire wire;
	struct seeker seeker;
};

struct planner {
	struct plan_config cfg;
	struct groups *groups;
	uint64_t latest_ns; /* timestamp, and the same on the engine's */
	uint64_t engine_ns; /* clock */

	/* the window at hand */
	struct plan *plan;
	const struct store *store;
	struct candidate candidate[TOGETHER];
	uint16_t share[SHARES]; /* by hash: its lane + 1; 0: nobody's yet */
	struct track track[];   /* by lane */
};

static int scan(struct planner *p)
{
	const struct store_entry *e = store_entries(p->store);
	size_t n = store_count(p->store);
	struct wire w;

	if (n > UINT32_MAX)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *bytes = store_bytes(p->store, &e[i]);

		if (wire_may_be_fragment(bytes, e[i].len) &&
		    wire_parse(&w, bytes, e[i].len) &&
		    !groups_scan(p->groups, &w, e[i].time_ns))
			return -ENOMEM;
	}
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
static uint32_t verbatim_hash(const struct planner *p, const struct wire *w,
			      uint16_t in_if)
{
	bool inside = in_if == p->cfg.client_if;
	const struct nat_addr *beyond = inside ? &w->t.dst : &w->t.src;
	uint64_t h = w->t.family;

	for (int i = 0; i < 4; i++)
		h = (h ^ beyond->w[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(h >> 32);
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

/* True where the next step has to begin a new batch. */
static bool must_cut(const struct batch *b, const struct step *s,
		     const struct memory *mem, const struct plan_config *cfg)
{
	uint64_t most_ns = cfg->lanes > 1 ? PLAN_BATCH_NS : PLAN_PAUSE_NS;

	return b->packets >= cfg->batch || s->time_ns - b->begin_ns > most_ns ||
	       b->bytes + s->len + STORE_SLOT > BATCH_BYTES ||
	       ((s->flags & STEP_REPLY) && mem->opened == b->number + 1);
}

static int push(struct planner *p, unsigned lane, struct step *s,
		const struct memory *mem)
{
	struct lane_plan *l = &p->plan->lane[lane];
	struct batch *b = &p->track[lane].batch;

	if (!lane_count(l) || must_cut(b, s, mem, &p->cfg)) {
		s->flags |= STEP_CUT;
		*b = (struct batch){
			.number = b->number + 1,
			.begin_ns = s->time_ns,
		};
	}
	b->packets++;
	b->bytes += (s->len + STORE_SLOT - 1) / STORE_SLOT * STORE_SLOT;
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
		.slot = e->slot,
		.len = e->len,
		.conv = m->group,
		.packet = (uint32_t)i,
		.shape = w->shape,
		.in_if = (uint8_t)(p->cfg.verbatim ? e->iface
						   : p->cfg.client_if),
	};

	if (w->fragment != WIRE_WHOLE)
		s.flags |= STEP_FRAGMENT;
	if (p->cfg.verbatim)
		s.flags |= STEP_VERBATIM;
	else if (!m->from_first)
		s.flags |= STEP_REPLY;
	return s;
}

static unsigned idlest_lane(const struct planner *p)
{
	unsigned idlest = 0;

	for (unsigned i = 1; i < p->cfg.lanes; i++)
		if (p->track[i].packets < p->track[idlest].packets)
			idlest = i;
	return idlest;
}

/* What has a hash stays together. Who comes first of a share gives it to the
 * lane that has had the fewest packets, so that lanes end at the same time. */
static unsigned lane_of(struct planner *p, uint32_t hash)
{
	uint16_t *share = &p->share[hash % SHARES];

	if (!*share)
		*share = (uint16_t)(1 + idlest_lane(p));
	return *share - 1U;
}

static int add(struct planner *p, const struct candidate *c, size_t i)
{
	const struct store_entry *e = &store_entries(p->store)[i];
	const struct wire *w = &c->wire;
	struct memory *mem;
	unsigned lane;
	struct member m;
	struct step s;
	int r;

	if (!groups_find(p->groups, &c->seeker, store_bytes(p->store, e), w,
			 e->time_ns, &m))
		return -ENOMEM;
	mem = m.room;
	if (p->cfg.verbatim)
		m.hash = verbatim_hash(p, w, e->iface);
	lane = lane_of(p, m.hash);
	p->track[lane].n_convs += m.first;
	p->track[lane].packets++;
	s = make_step(p, w, &m, i);
	r = push(p, lane, &s, mem);
	if (!(s.flags & (STEP_REPLY | STEP_VERBATIM)) &&
	    may_map(w, &m, mem, s.time_ns))
		mem->opened = p->track[lane].batch.number + 1;
	if (m.from_first)
		mem->last_ns = s.time_ns;
	mem->reset = w->tcp_flags & WIRE_RST;
	return r;
}

/* Some packets from the @first on, all of them step by step, so that what one
 * needs of a large table is fetched while the others are worked on. */
static int add_some(struct planner *p, size_t first, size_t n)
{
	const struct store_entry *e = store_entries(p->store) + first;
	struct candidate *c = p->candidate;
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		(void)wire_parse(&c[i].wire, store_bytes(p->store, &e[i]),
				 e[i].len);
		groups_prepare(p->groups, &c[i].seeker, &c[i].wire,
			       e[i].time_ns);
	}
	for (size_t i = 0; i < n; i++)
		groups_fetch(p->groups, &c[i].seeker);
	for (size_t i = 0; !r && i < n; i++)
		r = add(p, &c[i], first + i);
	return r;
}

struct planner *planner_new(const struct plan_config *cfg)
{
	struct planner *p =
		calloc(1, sizeof(*p) + cfg->lanes * sizeof(*p->track));

	if (!p)
		return NULL;
	p->cfg = *cfg;
	p->groups = groups_new();
	if (p->groups)
		return p;
	planner_free(p);
	return NULL;
}

void planner_free(struct planner *p)
{
	if (!p)
		return;
	groups_free(p->groups);
	free(p);
}

/* No steps in any lane. */
static int begin(struct plan *p, unsigned lanes)
{
	if (!p->lane) {
		p->lane = calloc(lanes, sizeof(*p->lane));
		if (!p->lane)
			return -ENOMEM;
		p->n_lanes = lanes;
	}
	for (unsigned i = 0; i < lanes; i++) {
		p->lane[i].steps.used = 0;
		p->lane[i].bytes = 0;
	}
	return 0;
}

int planner_plan(struct planner *planner, const struct store *s, struct plan *p)
{
	int r = begin(p, planner->cfg.lanes);
	size_t n = store_count(s);

	planner->plan = p;
	planner->store = s;
	if (!r)
		r = scan(planner);
	for (size_t i = 0; !r && i < n; i += TOGETHER)
		r = add_some(planner, i, n - i < TOGETHER ? n - i : TOGETHER);
	for (unsigned i = 0; !r && i < p->n_lanes; i++)
		p->lane[i].n_convs = planner->track[i].n_convs;
	p->n_convs = groups_count(planner->groups);
	p->span_ns =
		planner->engine_ns ? planner->engine_ns - PLAN_START_NS : 0;
	return r;
}

int convs_grow(struct region *convs, uint32_t n)
{
	size_t size = n * sizeof(struct conv);
	struct conv *c;

	if (size <= convs->used)
		return 0;
	if (!region_reserve(convs, size - convs->used))
		return -ENOMEM;
	c = (struct conv *)(void *)convs->base;
	for (size_t i = convs->used / sizeof(*c); i < n; i++)
		c[i].out_if = NAT_NO_IF;
	convs->used = size;
	return 0;
}

int plan_make(struct plan *p, const struct store *s,
	      const struct plan_config *cfg)
{
	struct planner *planner = planner_new(cfg);
	int r = -ENOMEM;

	*p = (struct plan){.n_lanes = 0};
	if (planner)
		r = planner_plan(planner, s, p);
	if (!r)
		r = convs_grow(&p->convs, p->n_convs);
	planner_free(planner);
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
