/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A topology's routes as they are added: gateways are resolved and sources
 * checked against what is there already. */
#include "decide/topology_edit.h"
#include "text/text.h"

enum { METRIC6_USER = 1024 };

/* A question asked while the configuration grows, when nothing is compiled:
 * a gateway's device, a source address's type. */
struct inquiry {
	struct prefix host;
	uint8_t scope; /* no wider routes than this */
	uint16_t dev;  /* DEV_ANY: any */
};

static bool is_better(const struct topology_route *r,
		      const struct topology_route *than)
{
	if (r->dst.len != than->dst.len)
		return r->dst.len > than->dst.len;
	if (r->table != than->table)
		return r->table == TABLE_LOCAL;
	return r->metric < than->metric;
}

static const struct topology_route *table_find(const struct nat_topology *t,
					       uint32_t table,
					       const struct inquiry *q)
{
	const struct topology_route *best = NULL;
	uint8_t family = q->host.family;

	table = topology_table(t, family, table);
	for (size_t i = 0; i < t->n_routes; i++) {
		const struct topology_route *r = &t->routes[i];

		if (r->scope >= q->scope && r->dst.family == family &&
		    topology_table(t, family, r->table) == table &&
		    (q->dev == DEV_ANY || q->dev == r->dev) &&
		    prefix_holds(&r->dst, &q->host.addr) &&
		    (!best || is_better(r, best)))
			best = r;
	}
	return best;
}

static const struct topology_route *
policy_find(const struct nat_topology *t, uint16_t iif,
	    const struct nat_addr *src, uint32_t mark, const struct inquiry *q)
{
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct topology_rule *u = &t->rules[i];
		const struct topology_route *r;

		if (u->family != q->host.family ||
		    (u->iif != DEV_ANY && u->iif != iif) ||
		    !topology_rule_marks(u, mark) ||
		    !prefix_holds(&u->from, src) ||
		    !prefix_holds(&u->to, &q->host.addr))
			continue;
		r = table_find(t, u->table, q);
		if (r && r->type != ROUTE_THROW)
			return r;
	}
	return NULL;
}

const struct topology_route *topology_on_link(const struct nat_topology *t,
					      uint16_t iif, uint16_t dev,
					      const struct nat_addr *src,
					      const struct nat_addr *dst,
					      uint32_t mark)
{
	const struct inquiry q = {
		.host = prefix_host(6, dst),
		.dev = dev,
	};

	return policy_find(t, iif, src, mark, &q);
}

const struct topology_route *topology_near_route(const struct nat_topology *t,
						 const struct topology_route *r,
						 uint16_t dev)
{
	for (size_t i = 0; r->dev != dev && i < t->n_routes; i++) {
		const struct topology_route *o = &t->routes[i];

		if ((dev == DEV_ANY ? o->dev != r->dev : o->dev == dev) &&
		    o->type == r->type && o->table == r->table &&
		    o->metric == r->metric && prefix_equal(&o->dst, &r->dst))
			return o;
	}
	return r;
}

static bool is_link_local(const struct prefix *p)
{
	return p->family == 6 && addr_is_link_local(&p->addr);
}

/* Finds the gateway's device, which a route already there must lead to. */
static int resolve_gateway(const struct nat_topology *t,
			   struct topology_route *r, struct nat_error *err)
{
	struct inquiry q = {
		.host = prefix_host(r->dst.family, &r->gateway),
		.scope = r->scope < SCOPE_LINK ? SCOPE_LINK : r->scope + 1,
		.dev = r->dev,
	};
	const struct topology_route *through = NULL;
	static const struct nat_addr none;

	if (r->dev != DEV_ANY && (r->onlink || is_link_local(&q.host)))
		return 0;
	if (r->scope >= SCOPE_HOST)
		return text_fail(err, "a route of scope host has no gateway");
	if (r->table != TABLE_MAIN)
		through = table_find(t, r->table, &q);
	if (!through)
		through = policy_find(t, DEV_LO, &none, 0, &q);
	if (!through || through->dev == DEV_LO ||
	    (through->type != ROUTE_UNICAST && through->type != ROUTE_LOCAL))
		return text_fail(err, "no interface leads to gateway %s",
				 text_addr(&r->gateway, r->dst.family).s);
	r->dev = through->dev;
	r->via_own = through->scope >= SCOPE_HOST;
	return 0;
}

static bool is_own_addr(const struct nat_topology *t, uint8_t family,
			const struct nat_addr *a)
{
	struct inquiry q = {.host = prefix_host(family, a), .dev = DEV_ANY};
	const struct topology_route *r = table_find(t, TABLE_LOCAL, &q);

	return r && r->type == ROUTE_LOCAL;
}

static int check_device(struct nat_topology *t, struct topology_route *r,
			struct nat_error *err)
{
	if (r->type >= ROUTE_BLACKHOLE) {
		if (r->via || r->dev != DEV_ANY)
			return text_fail(err, "a route of this type has "
					      "neither gateway nor interface");
		r->dev = DEV_LO;
		return 0;
	}
	if (r->via && r->type != ROUTE_UNICAST)
		return text_fail(err, "only a unicast route has a gateway");
	if (r->via)
		return resolve_gateway(t, r, err);
	if (r->dev == DEV_ANY)
		return text_fail(err, "the route needs 'dev' or 'via'");
	if (r->dev == DEV_LO && r->type != ROUTE_LOCAL)
		return text_fail(err, "only a local route leads to lo");
	return 0;
}

int topology_add_route(struct nat_topology *t,
		       const struct topology_route *route,
		       struct nat_error *err)
{
	struct topology_route r = *route;
	struct prefix net = prefix_network(&r.dst);
	int rc;

	if (r.dst.family == 4 && !prefix_equal(&net, &r.dst))
		return text_fail(err, "%s/%u has bits set behind its prefix",
				 text_addr(&r.dst.addr, 4).s, r.dst.len);
	r.dst = net;
	if (r.dst.family == 6 && !r.metric)
		r.metric = METRIC6_USER;
	if (r.onlink && (!r.via || r.dev == DEV_ANY))
		return text_fail(err, "'onlink' needs 'via' and 'dev'");
	rc = check_device(t, &r, err);
	if (rc)
		return rc;
	if (r.has_source && !is_own_addr(t, r.dst.family, &r.source))
		return text_fail(err, "source %s is not the router's own",
				 text_addr(&r.source, r.dst.family).s);
	if (r.type == ROUTE_LOCAL && r.dst.family == 4)
		t->custom_local = true;
	return TOPOLOGY_INSERT(t, routes, t->n_routes, &r, err);
}
