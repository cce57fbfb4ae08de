/* SPDX-License-Identifier: BSD-2-Clause
 * `route add` and `rule add`. */
#include <string.h>

#include "text/topology_parser.h"

static const struct scan_name route_types[] = {
	{"unicast", ROUTE_UNICAST},
	{"local", ROUTE_LOCAL},
	{"broadcast", ROUTE_BROADCAST},
	{"blackhole", ROUTE_BLACKHOLE},
	{"unreachable", ROUTE_UNREACHABLE},
	{"prohibit", ROUTE_PROHIBIT},
	{"throw", ROUTE_THROW},
	{NULL, 0},
};

/* A destination, or the type in front of it. */
static int route_to(struct topology_parser *p, const char *s)
{
	uint32_t type;

	if (p->has_prefix)
		return unknown_option(p, s);
	if (!p->route.type && scan_name(route_types, s, &type)) {
		p->route.type = (uint8_t)type;
		return 0;
	}
	p->has_prefix = true;
	return take_prefix(p, s, &p->route.dst);
}

static int route_via(struct topology_parser *p, const char *s)
{
	if (!strcmp(s, "inet") || !strcmp(s, "inet6"))
		s = next_word(p);
	if (!s)
		return text_fail(p->err, "'via' needs a gateway");
	p->route.via = true;
	return take_addr(p, s, &p->route.gateway);
}

static int route_src(struct topology_parser *p, const char *s)
{
	p->route.has_source = true;
	return take_addr(p, s, &p->route.source);
}

static int route_table(struct topology_parser *p, const char *s)
{
	return take_table(p, s, &p->route.table);
}

static int route_metric(struct topology_parser *p, const char *s)
{
	return take_number(p, "metric", s, &p->route.metric);
}

static int route_onlink(struct topology_parser *p, const char *arg)
{
	(void)arg;
	p->route.onlink = true;
	return 0;
}

/* What iproute2 fills in before it asks the kernel. */
static void route_defaults(struct topology_parser *p)
{
	struct topology_route *r = &p->route;

	if (!r->type)
		r->type = ROUTE_UNICAST;
	r->dst.family = p->family ? p->family : 4;
	if (!r->table)
		r->table = r->type == ROUTE_LOCAL || r->type == ROUTE_BROADCAST
				   ? TABLE_LOCAL
				   : TABLE_MAIN;
	if (p->scope != SCOPE_UNSET)
		r->scope = (uint8_t)p->scope;
	else if (r->type == ROUTE_LOCAL)
		r->scope = SCOPE_HOST;
	else if (r->type == ROUTE_BROADCAST ||
		 (r->type == ROUTE_UNICAST && !r->via))
		r->scope = SCOPE_LINK;
}

int route_add(struct topology_parser *p)
{
	static const struct topology_option options[] = {
		{"to", 2, true, route_to},
		{"via", 3, true, route_via},
		{"dev", 3, true, take_dev},
		{"oif", 3, true, take_dev},
		{"table", 1, true, route_table},
		{"src", 3, true, route_src},
		{"metric", 1, true, route_metric},
		{"priority", 2, true, route_metric},
		{"preference", 4, true, route_metric},
		{"scope", 5, true, take_scope},
		{"protocol", 3, true, ignore_option},
		{"onlink", 6, false, route_onlink},
		{0},
	};
	struct topology_route *r = &p->route;
	int rc;

	*r = (struct topology_route){.dev = DEV_ANY};
	rc = take_options(p, options, route_to);
	if (rc || p->collecting)
		return rc;
	if (!p->has_prefix)
		return text_fail(p->err, "a destination is missing");
	if (p->dev)
		rc = find_dev(p, p->dev, &r->dev);
	route_defaults(p);
	r->line = p->err->line;
	return rc ? rc : topology_add_route(p->t, r, p->err);
}

static int rule_from(struct topology_parser *p, const char *s)
{
	return take_prefix(p, s, &p->rule.from);
}

static int rule_to(struct topology_parser *p, const char *s)
{
	return take_prefix(p, s, &p->rule.to);
}

static int rule_table(struct topology_parser *p, const char *s)
{
	return take_table(p, s, &p->rule.table);
}

static int rule_pref(struct topology_parser *p, const char *s)
{
	p->rule.has_pref = true;
	return take_number(p, "preference", s, &p->rule.pref);
}

/* As the kernel has it: a mark of zero alone asks for nothing. */
static int rule_fwmark(struct topology_parser *p, const char *s)
{
	struct topology_rule *r = &p->rule;
	uint32_t mask = UINT32_MAX;
	int rc = scan_mark(s, &r->mark, &mask, p->err);

	r->mark_mask = r->mark || strchr(s, '/') ? mask : 0;
	return rc;
}

int rule_add(struct topology_parser *p)
{
	static const struct topology_option options[] = {
		{"from", 4, true, rule_from},
		{"to", 2, true, rule_to},
		{"iif", 3, true, take_dev},
		{"dev", 3, true, take_dev},
		{"preference", 1, true, rule_pref},
		{"order", 1, true, rule_pref},
		{"priority", 2, true, rule_pref},
		{"table", 1, true, rule_table},
		{"lookup", 6, true, rule_table},
		{"fwmark", 6, true, rule_fwmark},
		{0},
	};
	struct topology_rule *r = &p->rule;
	int rc;

	*r = (struct topology_rule){.iif = DEV_ANY, .table = TABLE_MAIN};
	/* an IPv6 rule says so in front: its prefixes do not tell */
	if (!p->family)
		p->family = 4;
	rc = take_options(p, options, unknown_option);
	if (rc || p->collecting)
		return rc;
	if (p->dev)
		rc = find_dev(p, p->dev, &r->iif);
	r->family = r->from.family = r->to.family = p->family;
	return rc ? rc : topology_add_rule(p->t, r, p->err);
}
