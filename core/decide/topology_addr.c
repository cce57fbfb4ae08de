/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A topology's addresses: their order, the routes that come with them, and
 * which of them the router uses when it needs one. */
#include <stdlib.h>

#include "decide/topology_edit.h"
#include "text/text.h"

enum { METRIC6_PREFIX = 256 };

/* The wider scope first, and of one scope the latest. */
static size_t addr6_place(const struct nat_topology *t,
			  const struct topology_addr *a)
{
	for (size_t i = 0; i < t->n_addrs; i++) {
		const struct topology_addr *b = &t->addrs[i];

		if (b->dev == a->dev && b->prefix.family == 6 &&
		    a->scope <= b->scope)
			return i;
	}
	return t->n_addrs;
}

/* Where the kernel's list has a new address: primaries by falling scope value,
 * then secondaries, each in the order they came. */
static size_t addr_place(const struct nat_topology *t,
			 const struct topology_addr *a)
{
	size_t at = 0;

	if (a->prefix.family == 6)
		return addr6_place(t, a);
	if (a->secondary)
		return t->n_addrs;
	for (size_t i = 0; i < t->n_addrs; i++) {
		const struct topology_addr *b = &t->addrs[i];

		if (b->dev == a->dev && !b->secondary && a->scope <= b->scope)
			at = i + 1;
	}
	return at;
}

/* The address on the same device that has @a's subnet already. */
static const struct topology_addr *addr_primary(const struct nat_topology *t,
						const struct topology_addr *a)
{
	struct prefix net = prefix_network(&a->prefix);

	for (size_t i = 0; i < t->n_addrs; i++) {
		const struct topology_addr *b = &t->addrs[i];
		struct prefix other = prefix_network(&b->prefix);

		if (b->dev == a->dev && !b->secondary &&
		    prefix_equal(&net, &other))
			return b;
	}
	return NULL;
}

static bool addr_assigned(const struct nat_topology *t,
			  const struct topology_addr *a)
{
	for (size_t i = 0; i < t->n_addrs; i++) {
		const struct prefix *p = &t->addrs[i].prefix;

		if (t->addrs[i].dev == a->dev &&
		    p->family == a->prefix.family &&
		    (p->len == a->prefix.len || p->family == 6) &&
		    addr_equal(&p->addr, &a->prefix.addr))
			return true;
	}
	return false;
}

static int add_automatic(struct nat_topology *t, struct topology_route r,
			 struct nat_error *err)
{
	r.automatic = true;
	r.scope = r.type == ROUTE_LOCAL ? SCOPE_HOST : SCOPE_LINK;
	r.table = r.type == ROUTE_UNICAST ? TABLE_MAIN : TABLE_LOCAL;
	return TOPOLOGY_INSERT(t, routes, t->n_routes, &r, err);
}

/* The routes that come with an IPv4 address; those of its subnet belong to the
 * primary one. */
static int add_routes4(struct nat_topology *t, const struct topology_addr *a,
		       const struct nat_addr *source, struct nat_error *err)
{
	struct prefix net = prefix_network(&a->prefix);
	struct topology_route r = {
		.dev = a->dev, .has_source = true, .source = *source};
	bool subnet = !a->secondary && net.addr.w[0] && net.len < 32;
	struct nat_addr last =
		num_to_addr(4, prefix_end(4, prefix_num(&net), net.len));
	int rc;

	r.type = ROUTE_LOCAL;
	r.dst = prefix_host(4, &a->prefix.addr);
	rc = add_automatic(t, r, err);
	if (!rc && a->has_broadcast && a->broadcast.w[0] != UINT32_MAX) {
		r.type = ROUTE_BROADCAST;
		r.dst = prefix_host(4, &a->broadcast);
		rc = add_automatic(t, r, err);
	}
	if (!rc && subnet && !a->no_prefix_route) {
		r.type = a->dev == DEV_LO ? ROUTE_LOCAL : ROUTE_UNICAST;
		r.dst = net;
		rc = add_automatic(t, r, err);
	}
	if (!rc && subnet && net.len < 31) {
		r.type = ROUTE_BROADCAST;
		r.dst = prefix_host(4, &last);
		rc = add_automatic(t, r, err);
	}
	return rc;
}

/* With an IPv6 address: a subnet's first address is anycast (RFC 4291 2.6.1),
 * unless the subnet is that of a point-to-point link (RFC 6164). */
static int add_routes6(struct nat_topology *t, const struct topology_addr *a,
		       struct nat_error *err)
{
	struct prefix net = prefix_network(&a->prefix);
	struct topology_route r = {.dev = a->dev};
	int rc;

	r.type = ROUTE_LOCAL;
	r.dst = prefix_host(6, &a->prefix.addr);
	rc = add_automatic(t, r, err);
	if (!rc && a->dev != DEV_LO && !a->no_prefix_route) {
		r.type = ROUTE_UNICAST;
		r.dst = net;
		r.metric = METRIC6_PREFIX;
		rc = add_automatic(t, r, err);
	}
	if (!rc && net.len < 127 && !addr_equal(&net.addr, &a->prefix.addr)) {
		r.type = ROUTE_ANYCAST;
		r.dst = prefix_host(6, &net.addr);
		r.metric = 0;
		rc = add_automatic(t, r, err);
	}
	return rc;
}

int topology_add_addr(struct nat_topology *t, const struct topology_addr *addr,
		      struct nat_error *err)
{
	struct topology_addr a = *addr;
	const struct topology_addr *primary = NULL;
	struct nat_addr source;
	int rc;

	if (addr_assigned(t, &a))
		return text_fail(err, "the interface has this address already");
	if (a.prefix.family == 4)
		primary = addr_primary(t, &a);
	if (primary && primary->scope != a.scope)
		return text_fail(err, "another address of the same subnet has "
				      "another scope");
	a.secondary = primary;
	source = primary ? primary->prefix.addr : a.prefix.addr;
	rc = TOPOLOGY_INSERT(t, addrs, addr_place(t, &a), &a, err);
	if (rc)
		return rc;
	return a.prefix.family == 6 ? add_routes6(t, &a, err)
				    : add_routes4(t, &a, &source, err);
}

/* -1: not at all. Higher is better. */
static int addr_fitness(const struct topology_addr *a, uint8_t family,
			uint8_t scope, const struct nat_addr *near)
{
	uint8_t own = a->scope < SCOPE_HOST ? a->scope : SCOPE_HOST;

	if (a->secondary || a->prefix.family != family || own > scope)
		return -1;
	return !near || prefix_holds(&a->prefix, near);
}

bool topology_select_addr(const struct nat_topology *t, uint16_t dev,
			  uint8_t family, uint8_t scope,
			  const struct nat_addr *near, struct nat_addr *out)
{
	const struct topology_addr *best = NULL;
	int best_fitness = -1;

	for (size_t i = 0; i < t->n_addrs; i++) {
		const struct topology_addr *a = &t->addrs[i];
		int fitness = addr_fitness(a, family, scope, near);

		if (a->dev == dev && fitness > best_fitness) {
			best = a;
			best_fitness = fitness;
		}
	}
	/* other devices in order, lo being the oldest */
	for (size_t d = 0; !best && d <= t->n_ifs; d++) {
		dev = d ? (uint16_t)(d - 1) : (uint16_t)DEV_LO;
		for (size_t i = 0; !best && i < t->n_addrs; i++) {
			const struct topology_addr *a = &t->addrs[i];

			if (a->dev == dev && a->scope != SCOPE_LINK &&
			    addr_fitness(a, family, scope, NULL) >= 0)
				best = a;
		}
	}
	if (best)
		*out = best->prefix.addr;
	return best;
}

static unsigned addrs_to_choose_from(const struct nat_topology *t, uint16_t dev)
{
	unsigned n = 0;

	for (size_t i = 0; i < t->n_addrs; i++)
		n += t->addrs[i].dev == dev &&
		     addr_fitness(&t->addrs[i], 4, SCOPE_GLOBAL, NULL) >= 0;
	return n;
}

void topology_know_sources(struct nat_topology *t)
{
	for (size_t n = 0; n < t->n_ifs; n++) {
		struct topology_if *i = &t->ifs[n];
		uint16_t dev = (uint16_t)n;

		i->knows_source = addrs_to_choose_from(t, dev) <= 1 &&
				  topology_select_addr(t, dev, 4, SCOPE_GLOBAL,
						       NULL, &i->source);
	}
}
