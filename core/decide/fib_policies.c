/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules into policies. A vantage (a device, and perhaps a source address) sees
 * a list of rules; vantages that see the same share a policy. A policy's maps
 * are its tables laid over one another, then the special addresses on top. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "decide/fib_compile.h"
#include "text/array.h"
#include "text/text.h"

enum { MAX_POLICIES = 4096 };

/* What holds whatever the routes say: spec 1.2, and for sources a value of
 * their map. IPv6 refuses its own where it checks the header. Sorted by map,
 * then as spans_of_prefixes() wants it. */
enum { FINE = 0 };

struct fixed {
	uint8_t family, map;
	uint32_t w[4]; /* host order, as written */
	uint8_t len;
	uint32_t value;
};

/* clang-format off */
#define LIMITED_BROADCAST { 0xffffffff }
#define MULTICAST_V4      { 0xe0000000 }
#define LOOPBACK_V4       { 0x7f000000 }
static const struct fixed fixed[] = {
	{ 4, FIB_INPUT, { 0 }, 32, SPECIAL_ZERO },
	{ 4, FIB_INPUT, LOOPBACK_V4, 8, SPECIAL_MARTIAN },
	{ 4, FIB_INPUT, MULTICAST_V4, 4, SPECIAL_NOT_OURS },
	{ 4, FIB_INPUT, { 0xe0000001 }, 32, SPECIAL_MULTICAST },
	{ 4, FIB_INPUT, LIMITED_BROADCAST, 32, SPECIAL_BROADCAST },

	{ 4, FIB_SOURCE, { 0 }, 32, ROUTE_MARTIAN_SOURCE },
	{ 4, FIB_SOURCE, LOOPBACK_V4, 8, ROUTE_MARTIAN_SOURCE },
	{ 4, FIB_SOURCE, MULTICAST_V4, 4, ROUTE_MARTIAN_SOURCE },
	{ 4, FIB_SOURCE, LIMITED_BROADCAST, 32, ROUTE_MARTIAN_SOURCE },

	{ 4, FIB_SOURCE_BROADCAST, { 0 }, 32, FINE },
	{ 4, FIB_SOURCE_BROADCAST, MULTICAST_V4, 4, ROUTE_MARTIAN_SOURCE },
	{ 4, FIB_SOURCE_BROADCAST, LIMITED_BROADCAST, 32, ROUTE_MARTIAN_SOURCE },

	{ 4, FIB_SOURCE_MULTICAST, { 0 }, 32, FINE },
	{ 4, FIB_SOURCE_MULTICAST, LOOPBACK_V4, 8, ROUTE_MARTIAN_SOURCE },
	{ 4, FIB_SOURCE_MULTICAST, MULTICAST_V4, 4, ROUTE_MARTIAN_SOURCE },
	{ 4, FIB_SOURCE_MULTICAST, LIMITED_BROADCAST, 32, ROUTE_MARTIAN_SOURCE },

	{ 4, FIB_SOURCE_NO_ROUTE, { 0 }, 32, ROUTE_MARTIAN_SOURCE },
	{ 4, FIB_SOURCE_NO_ROUTE, LOOPBACK_V4, 8, ROUTE_MARTIAN_SOURCE },
	{ 4, FIB_SOURCE_NO_ROUTE, MULTICAST_V4, 4, ROUTE_MARTIAN_SOURCE },
	{ 4, FIB_SOURCE_NO_ROUTE, LIMITED_BROADCAST, 32, ROUTE_MARTIAN_SOURCE },

	{ 4, FIB_SOURCE_TO_ZERO, { 0 }, 32, ROUTE_TO_BROADCAST },
	{ 4, FIB_SOURCE_TO_ZERO, MULTICAST_V4, 4, ROUTE_MARTIAN_SOURCE },
	{ 4, FIB_SOURCE_TO_ZERO, LIMITED_BROADCAST, 32, ROUTE_MARTIAN_SOURCE },

	{ 6, FIB_INPUT, { 0xff000000 }, 8, SPECIAL_NOT_OURS },
	{ 6, FIB_INPUT, { 0xff020000, 0, 0, 1 }, 128, SPECIAL_MULTICAST },
	{ 6, FIB_INPUT, { 0xff020000, 0, 0, 2 }, 128, SPECIAL_MULTICAST },
};
/* clang-format on */

/* ------------------------------------------------------- special addresses */

static struct span_prefix fixed_prefix(const struct compiler *c,
				       const struct fixed *f)
{
	struct nat_addr a;

	for (int i = 0; i < 4; i++)
		a.w[i] = htonl(f->w[i]);
	return (struct span_prefix){
		.start = addr_to_num(c->family, &a),
		.len = f->len,
		.value = f->map == FIB_INPUT ? fib_special(c, f->value)
					     : f->value,
	};
}

static bool make_fixed(struct compiler *c)
{
	struct span_prefix p[8];

	for (unsigned map = 0; map < N_FIB_MAPS; map++) {
		size_t n = 0;

		for (size_t i = 0; i < ARRAY_LEN(fixed); i++)
			if (fixed[i].map == map && fixed[i].family == c->family)
				p[n++] = fixed_prefix(c, &fixed[i]);
		if (!spans_of_prefixes(&c->fixed[map], c->family, p, n))
			return fib_no_memory(c);
	}
	return true;
}

static int compare_starts(const void *va, const void *vb)
{
	const struct span_prefix *a = va, *b = vb;

	return (a->start > b->start) - (a->start < b->start);
}

/* The router's own addresses, each a martian as a source. */
static bool make_own(struct compiler *c)
{
	struct span_prefix *p = calloc(c->t->n_addrs + 1, sizeof(*p));
	size_t n = 0;
	bool ok = p;

	for (size_t i = 0; ok && i < c->t->n_addrs; i++) {
		const struct prefix *own = &c->t->addrs[i].prefix;

		if (own->family == c->family)
			p[n++] = (struct span_prefix){
				addr_to_num(own->family, &own->addr),
				family_bits(own->family), ROUTE_MARTIAN_SOURCE};
	}
	if (ok) {
		qsort(p, n, sizeof(*p), compare_starts);
		ok = spans_of_prefixes(&c->own, c->family, p, n);
	}
	free(p);
	return ok || fib_no_memory(c);
}

/* ---------------------------------------------------------------- policies */

/* Lays the tables of @list over one another, the first rule on top. */
static bool lay_tables(struct compiler *c, const struct rule_list *list,
		       struct spans *out)
{
	struct spans clipped = {0}, below = {0}, swap;
	bool ok = spans_push(out, 0, SPAN_NONE);

	for (size_t i = list->n; ok && i-- > 0;) {
		const struct topology_rule *r = &c->t->rules[list->rule[i]];
		struct span_prefix to = {addr_to_num(c->family, &r->to.addr),
					 r->to.len, 0};

		swap = below;
		below = *out;
		*out = swap;
		ok = spans_clip(&clipped, c->family,
				fib_find_table(c, r->table), &to) &&
		     spans_overlay(out, &clipped, &below);
	}
	spans_free(&clipped);
	spans_free(&below);
	return ok;
}

struct near {
	const struct compiler *c;
	uint16_t dev;
};

static uint32_t to_near(const void *ctx, uint32_t value)
{
	const struct near *n = ctx;
	const struct topology_route *routes = n->c->t->routes;

	if (value == SPAN_NONE || routes[value].type != ROUTE_UNICAST)
		return value;
	return (uint32_t)(topology_near_route(n->c->t, &routes[value], n->dev) -
			  routes);
}

/* What goes through leaves where it came in, if one of the routes alike leads
 * there. */
static bool take_near(const struct compiler *c, uint16_t dev, struct spans *s)
{
	struct spans taken = {0}, swap = *s;
	bool ok;

	if (dev == DEV_ANY)
		return true;
	ok = spans_convert(&taken, s, to_near, &(struct near){c, dev});
	*s = taken;
	spans_free(&swap);
	return ok;
}

static uint32_t to_entry(const void *ctx, uint32_t value)
{
	return value != SPAN_NONE ? value : fib_special(ctx, SPECIAL_NO_ROUTE);
}

/* Would an answer to this source be delivered to the router itself? */
static uint32_t to_source(const void *ctx, uint32_t value)
{
	const struct compiler *c = ctx;
	const struct fib_entry *e = &c->fib->entry[value];

	return e->verdict == ROUTE_TO_FORWARD || e->verdict == ROUTE_NONE
		       ? FINE
		       : ROUTE_MARTIAN_SOURCE;
}

static uint32_t to_fine(const void *ctx, uint32_t value)
{
	(void)ctx;
	return value != SPAN_NONE ? value : FINE;
}

/* Without rules or local routes of the user's the kernel looks only for its
 * own addresses among the sources; with them, for every source that is not
 * somebody else's. IPv6 does not look. */
static bool make_sources(struct compiler *c, const struct spans *routes,
			 struct spans *out)
{
	static const struct spans nothing;

	if (c->family == 6)
		return spans_push(out, 0, FINE);
	if (c->t->custom_rules || c->t->custom_local)
		return spans_convert(out, routes, to_source, c);
	return spans_overlay(out, &c->own, &nothing);
}

static bool make_map(struct compiler *c, unsigned map,
		     const struct spans *below, const struct interval_map **out)
{
	struct spans laid = {0}, fine = {0};
	bool ok = spans_overlay(&laid, &c->fixed[map], below);

	if (ok && map != FIB_ROUTE && map != FIB_INPUT)
		ok = spans_convert(&fine, &laid, to_fine, NULL);
	*out = ok ? fib_freeze(c, fine.n ? &fine : &laid) : NULL;
	spans_free(&laid);
	spans_free(&fine);
	return *out;
}

static bool make_maps(struct compiler *c, const struct rule_list *list,
		      struct fib_policy *p)
{
	struct spans laid = {0}, routes = {0}, sources = {0};
	bool ok = lay_tables(c, list, &laid) &&
		  take_near(c, list->near, &laid) &&
		  spans_convert(&routes, &laid, to_entry, c) &&
		  make_sources(c, &routes, &sources);

	for (unsigned map = 0; ok && map < N_FIB_MAPS; map++) {
		bool routing = map == FIB_ROUTE || map == FIB_INPUT;

		if (c->shared[map])
			p->map[map] = c->shared[map];
		else
			ok = make_map(c, map, routing ? &routes : &sources,
				      &p->map[map]);
	}
	spans_free(&laid);
	spans_free(&routes);
	spans_free(&sources);
	return ok || fib_no_memory(c);
}

static bool same_question(const struct topology_rule *a,
			  const struct topology_rule *b)
{
	return a->table == b->table && a->to.len == b->to.len &&
	       !memcmp(&a->to.addr, &b->to.addr, sizeof(a->to.addr));
}

static bool same_list(const struct compiler *c, const struct rule_list *a,
		      const struct rule_list *b)
{
	if (a->n != b->n || a->near != b->near)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_question(&c->t->rules[a->rule[i]],
				   &c->t->rules[b->rule[i]]))
			return false;
	return true;
}

/* Takes over list->rule. */
static bool add_policy(struct compiler *c, struct rule_list *list)
{
	struct fib *fib = c->fib;
	size_t n = fib->n_policies;
	struct fib_policy *policy = array_reserve(
		fib->policy, n, 1, &fib->policy_room, sizeof(*policy));
	struct rule_list *lists;

	if (policy)
		fib->policy = policy;
	lists = array_reserve(c->list, n, 1, &c->list_room, sizeof(*lists));
	if (lists)
		c->list = lists;
	if (!policy || !lists)
		return fib_no_memory(c);
	policy[n] = (struct fib_policy){{NULL}};
	lists[n] = *list;
	*list = (struct rule_list){0};
	fib->n_policies++;
	return make_maps(c, &lists[n], &policy[n]);
}

/* The policy of these rules, made if need be. */
static bool find_policy(struct compiler *c, struct rule_list *list,
			uint32_t *index)
{
	for (size_t i = 0; i < c->fib->n_policies; i++) {
		if (same_list(c, &c->list[i], list)) {
			*index = (uint32_t)i;
			return true;
		}
	}
	if (c->fib->n_policies == MAX_POLICIES) {
		text_fail(c->err,
			  "the rules make more than %d different "
			  "policies",
			  MAX_POLICIES);
		return false;
	}
	*index = (uint32_t)c->fib->n_policies;
	return add_policy(c, list);
}

/* --------------------------------------------------------------- vantages */

/* @dev, if it has a route that another's hides; only those of addresses may be
 * there twice. */
static uint16_t near_dev(const struct compiler *c, uint16_t dev)
{
	const struct nat_topology *t = c->t;

	for (size_t i = 0; c->family == 6 && i < t->n_routes; i++) {
		const struct topology_route *r = &t->routes[i];

		if (r->dev == dev && r->automatic && r->type == ROUTE_UNICAST &&
		    !addr_is_link_local(&r->dst.addr) &&
		    topology_near_route(t, r, DEV_ANY) != r)
			return dev;
	}
	return DEV_ANY;
}

/* The policy of what @dev and @src see. */
static bool policy_seen(struct compiler *c, uint16_t dev,
			const struct nat_addr *src, uint32_t *index)
{
	struct rule_list list = {calloc(c->t->n_rules, sizeof(*list.rule)), 0,
				 near_dev(c, dev)};
	bool ok;

	if (!list.rule)
		return fib_no_memory(c);
	for (size_t i = 0; i < c->t->n_rules; i++) {
		const struct topology_rule *r = &c->t->rules[i];

		if (r->family == c->family &&
		    (r->iif == DEV_ANY || r->iif == dev) &&
		    prefix_holds(&r->from, src))
			list.rule[list.n++] = (uint16_t)i;
	}
	ok = find_policy(c, &list, index);
	free(list.rule);
	return ok;
}

static int compare_nums(const void *va, const void *vb)
{
	const addr_num *a = va, *b = vb;

	return (*a > *b) - (*a < *b);
}

/* Where the sources begin that rules with `from` tell apart: the first of each
 * such prefix and the one behind its last. @starts has room. */
static size_t source_starts(const struct compiler *c, uint16_t dev,
			    addr_num *starts)
{
	addr_num last = prefix_end(c->family, 0, 0);
	size_t n = 0;

	starts[n++] = 0;
	for (size_t i = 0; i < c->t->n_rules; i++) {
		const struct topology_rule *r = &c->t->rules[i];
		addr_num start = addr_to_num(c->family, &r->from.addr), end;

		if (r->family != c->family || !r->from.len ||
		    (r->iif != DEV_ANY && r->iif != dev))
			continue;
		end = prefix_end(c->family, start, r->from.len);
		starts[n++] = start;
		if (end != last)
			starts[n++] = end + 1;
	}
	qsort(starts, n, sizeof(*starts), compare_nums);
	return n;
}

static bool make_vantage(struct compiler *c, uint16_t dev, addr_num *starts,
			 struct fib_vantage *v)
{
	size_t n = source_starts(c, dev, starts);
	struct spans by_source = {0};
	uint32_t policy = 0;
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++) {
		struct nat_addr src = num_to_addr(c->family, starts[i]);

		ok = policy_seen(c, dev, &src, &policy);
		if (ok && !spans_push(&by_source, starts[i], policy))
			ok = fib_no_memory(c);
	}
	v->policy = policy;
	if (ok && by_source.n > 1) {
		v->by_source = fib_freeze(c, &by_source);
		ok = v->by_source || fib_no_memory(c);
	}
	if (ok && !v->by_source)
		v->input = c->fib->policy[policy].map[FIB_INPUT];
	spans_free(&by_source);
	return ok;
}

static void link_entries(struct compiler *c)
{
	size_t n = c->t->n_routes + N_SPECIALS;

	for (size_t i = 0; i < n; i++) {
		struct fib_entry *e = &c->fib->entry[i];
		const struct fib_vantage *v = fib_vantage(c->fib, e->out_if);

		if (!v->by_source)
			e->sources = c->fib->policy[v->policy].map[e->check];
	}
}

static bool make_vantages(struct compiler *c)
{
	size_t n = c->t->n_ifs;
	addr_num *starts = calloc(2 * c->t->n_rules + 1, sizeof(*starts));
	bool ok = true;

	c->fib->lo = (uint32_t)n;
	c->fib->vantage = calloc(n + 1, sizeof(*c->fib->vantage));
	if (!c->fib->vantage || !starts) {
		free(starts);
		return fib_no_memory(c);
	}
	for (size_t i = 0; ok && i <= n; i++)
		ok = make_vantage(c, i < n ? (uint16_t)i : (uint16_t)DEV_LO,
				  starts, &c->fib->vantage[i]);
	free(starts);
	return ok;
}

/* Maps that no route has a part in. */
static bool make_shared(struct compiler *c)
{
	struct spans routes = {0}, fine = {0};
	const struct interval_map *local = NULL;
	bool ok = spans_push(&fine, 0, FINE) &&
		  make_map(c, FIB_SOURCE_NO_ROUTE, &fine,
			   &c->shared[FIB_SOURCE_NO_ROUTE]) &&
		  make_map(c, FIB_SOURCE_TO_ZERO, &fine,
			   &c->shared[FIB_SOURCE_TO_ZERO]);

	if (ok &&
	    spans_convert(&routes, fib_find_table(c, TABLE_LOCAL), to_entry, c))
		local = fib_freeze(c, &routes);
	c->fib->local = local;
	spans_free(&routes);
	spans_free(&fine);
	return local || fib_no_memory(c);
}

bool fib_make_policies(struct compiler *c)
{
	if (!make_fixed(c) || !make_own(c) || !make_shared(c) ||
	    !make_vantages(c))
		return false;
	link_entries(c);
	return true;
}
