/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Routes into what they lead to, and into one list of spans per table. */
#include <stdlib.h>
#include <string.h>

#include "decide/fib_compile.h"
#include "text/array.h"
#include "text/text.h"

static const struct fib_entry special[N_SPECIALS] = {
	[SPECIAL_NO_ROUTE] = {.verdict = ROUTE_NONE,
			      .check = FIB_SOURCE_NO_ROUTE},
	[SPECIAL_BROADCAST] = {.verdict = ROUTE_TO_BROADCAST,
			       .type = ROUTE_BROADCAST,
			       .check = FIB_SOURCE_BROADCAST},
	[SPECIAL_MULTICAST] = {.verdict = ROUTE_TO_MULTICAST,
			       .type = ROUTE_MULTICAST,
			       .check = FIB_SOURCE_MULTICAST},
	[SPECIAL_NOT_OURS] = {.verdict = ROUTE_NOT_OURS,
			      .type = ROUTE_MULTICAST,
			      .check = FIB_SOURCE_NO_ROUTE},
	[SPECIAL_MARTIAN] = {.verdict = ROUTE_MARTIAN_DEST,
			     .check = FIB_SOURCE_NO_ROUTE},
	[SPECIAL_ZERO] = {.verdict = ROUTE_MARTIAN_DEST,
			  .type = ROUTE_BROADCAST,
			  .check = FIB_SOURCE_TO_ZERO},
};

/* clang-format off */
static const uint8_t verdict_of[ROUTE_XRESOLVE + 1] = {
	[ROUTE_UNICAST] = ROUTE_TO_FORWARD,
	[ROUTE_LOCAL] = ROUTE_TO_LOCAL,
	[ROUTE_BROADCAST] = ROUTE_TO_BROADCAST,
	[ROUTE_ANYCAST] = ROUTE_TO_ANYCAST,
	[ROUTE_BLACKHOLE] = ROUTE_NONE,
	[ROUTE_UNREACHABLE] = ROUTE_NONE,
	[ROUTE_PROHIBIT] = ROUTE_NONE,
};
/* clang-format on */

static void make_entry(const struct nat_topology *t,
		       const struct topology_route *r, struct fib_entry *e)
{
	*e = (struct fib_entry){
		.gateway = r->gateway,
		.source = r->source,
		.dev = r->dev,
		.out_if = NAT_NO_IF,
		.type = r->type,
		.verdict = verdict_of[r->type],
		.check = FIB_SOURCE,
		.via = r->via && !r->via_own,
		.has_source = r->has_source,
	};
	if (e->verdict == ROUTE_TO_FORWARD)
		e->out_if = r->dev;
	if (e->verdict == ROUTE_NONE)
		e->check = FIB_SOURCE_NO_ROUTE;
	else if (!r->has_source && r->type != ROUTE_LOCAL && r->dst.family == 4)
		e->has_source = topology_select_addr(
			t, r->dev, r->dst.family, r->scope,
			r->via ? &r->gateway : NULL, &e->source);
}

bool fib_make_entries(struct compiler *c)
{
	size_t n = c->t->n_routes;

	c->fib->entry = calloc(n + N_SPECIALS, sizeof(*c->fib->entry));
	if (!c->fib->entry)
		return fib_no_memory(c);
	for (size_t i = 0; i < n; i++)
		make_entry(c->t, &c->t->routes[i], &c->fib->entry[i]);
	memcpy(c->fib->entry + n, special, sizeof(special));
	for (size_t i = 0; i < N_SPECIALS; i++)
		c->fib->entry[n + i].dev = c->fib->entry[n + i].out_if = DEV_LO;
	for (size_t i = 0; i < n + N_SPECIALS; i++)
		c->fib->entry[i].number = (uint32_t)i;
	return true;
}

/* ----------------------------------------------------------------- tables */

struct sorted_route {
	addr_num start;
	uint32_t table; /* to look in, by topology_table() */
	const struct topology_route *r;
};

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int same_place(const struct sorted_route *a,
		      const struct sorted_route *b)
{
	int by = compare(a->table, b->table);

	if (!by)
		by = (a->start > b->start) - (a->start < b->start);
	return by ? by : compare(a->r->dst.len, b->r->dst.len);
}

/* By table, as spans_of_prefixes() wants it, the best of a prefix first. */
static int compare_routes(const void *va, const void *vb)
{
	const struct sorted_route *a = va, *b = vb;
	int by = same_place(a, b);

	if (!by) /* local, the highest, comes first */
		by = compare(b->r->table, a->r->table);
	if (!by)
		by = compare(a->r->metric, b->r->metric);
	return by ? by : compare((uintptr_t)a->r, (uintptr_t)b->r);
}

/* A prefix and metric that exist cannot be added again, but for the routes
 * that come with addresses. */
static bool check_twin(struct compiler *c, const struct sorted_route *a,
		       const struct sorted_route *b)
{
	if (same_place(a, b) || a->r->table != b->r->table ||
	    a->r->metric != b->r->metric || b->r->automatic)
		return true;
	c->err->line = b->r->line;
	text_fail(c->err, "a route to %s/%u exists already",
		  text_addr(&b->r->dst.addr, c->family).s, b->r->dst.len);
	return false;
}

static bool make_table(struct compiler *c, const struct sorted_route *s,
		       size_t n, struct span_prefix *p)
{
	struct table *tables = array_reserve(c->table, c->n_tables, 1,
					     &c->table_room, sizeof(*c->table));
	struct table *table;
	size_t n_prefixes = 0;

	if (!tables)
		return fib_no_memory(c);
	c->table = tables;
	table = &tables[c->n_tables++];
	*table = (struct table){.id = s->table};
	for (size_t i = 0; i < n; i++) {
		uint32_t route = (uint32_t)(s[i].r - c->t->routes);

		if (i && !same_place(&s[i - 1], &s[i]))
			continue;
		if (s[i].r->type == ROUTE_THROW)
			route = SPAN_NONE;
		p[n_prefixes++] = (struct span_prefix){s[i].start,
						       s[i].r->dst.len, route};
	}
	return spans_of_prefixes(&table->routes, c->family, p, n_prefixes) ||
	       fib_no_memory(c);
}

static bool make_sorted_tables(struct compiler *c, const struct sorted_route *s,
			       size_t n, struct span_prefix *p)
{
	for (size_t i = 1; i < n; i++)
		if (!check_twin(c, &s[i - 1], &s[i]))
			return false;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n; end++)
			if (s[end].table != s[i].table)
				break;
		if (!make_table(c, s + i, end - i, p))
			return false;
	}
	return true;
}

bool fib_make_tables(struct compiler *c)
{
	size_t n = 0, most = c->t->n_routes;
	struct sorted_route *s = calloc(most + 1, sizeof(*s));
	struct span_prefix *p = calloc(most + 1, sizeof(*p));
	bool ok = s && p;

	for (size_t i = 0; ok && i < most; i++) {
		const struct topology_route *r = &c->t->routes[i];

		if (r->dst.family == c->family)
			s[n++] = (struct sorted_route){
				prefix_num(&r->dst),
				topology_table(c->t, c->family, r->table), r};
	}
	if (ok) {
		qsort(s, n, sizeof(*s), compare_routes);
		ok = make_sorted_tables(c, s, n, p);
	} else {
		fib_no_memory(c);
	}
	free(s);
	free(p);
	return ok;
}

const struct spans *fib_find_table(const struct compiler *c, uint32_t id)
{
	static const struct spans empty;

	id = topology_table(c->t, c->family, id);
	for (size_t i = 0; i < c->n_tables; i++)
		if (c->table[i].id == id)
			return &c->table[i].routes;
	return &empty;
}
