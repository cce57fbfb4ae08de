/* SPDX-License-Identifier: BSD-2-Clause
 * `addr add`, `link add` and `link set`. */
#include <arpa/inet.h>
#include <string.h>

#include "text/topology_parser.h"

static int addr_is(struct topology_parser *p, const char *s)
{
	struct prefix *out = &p->addr.prefix;
	int rc;

	if (p->has_prefix)
		return unknown_option(p, s);
	p->has_prefix = true;
	rc = take_prefix(p, s, out);
	if (!rc && !out->family)
		rc = text_fail(p->err, "'%s' is not an address", s);
	return rc;
}

static int addr_broadcast(struct topology_parser *p, const char *s)
{
	struct topology_addr *a = &p->addr;
	uint32_t host;

	if (a->prefix.family != 4)
		return text_fail(p->err, "a broadcast address needs an IPv4 "
					 "address before it");
	a->has_broadcast = true;
	a->broadcast = a->prefix.addr;
	host = htonl((uint32_t)prefix_end(4, 0, a->prefix.len));
	if (strcmp(s, "+") != 0 && strcmp(s, "-") != 0)
		return scan_addr(s, 4, &a->broadcast, p->err);
	/* up to /30, where there is something to set */
	if (a->prefix.len <= 30)
		a->broadcast.w[0] = *s == '+' ? a->broadcast.w[0] | host
					      : a->broadcast.w[0] & ~host;
	return 0;
}

static int addr_no_prefix_route(struct topology_parser *p, const char *arg)
{
	(void)arg;
	p->addr.no_prefix_route = true;
	return 0;
}

static uint8_t default_addr_scope(const struct prefix *a)
{
	uint32_t top = ntohl(a->addr.w[0]);

	if (a->family == 4)
		return top >> 24 == 127 ? SCOPE_HOST : SCOPE_GLOBAL;
	return top >> 22 == 0xfe80 >> 6 ? SCOPE_LINK : SCOPE_GLOBAL;
}

int addr_add(struct topology_parser *p)
{
	static const struct topology_option options[] = {
		{"local", 5, true, addr_is},
		{"dev", 3, true, take_dev},
		{"scope", 5, true, take_scope},
		{"brd", 3, true, addr_broadcast},
		{"broadcast", 1, true, addr_broadcast},
		{"label", 5, true, ignore_option},
		{"noprefixroute", 13, false, addr_no_prefix_route},
		{"nodad", 5, false, ignore_option},
		{0},
	};
	struct topology_addr *a = &p->addr;
	int rc;

	*a = (struct topology_addr){0};
	rc = take_options(p, options, addr_is);
	if (!rc && !p->has_prefix)
		rc = text_fail(p->err, "an address is missing");
	if (!rc)
		rc = make_dev(p, &a->dev);
	if (rc || p->collecting)
		return rc;
	a->scope = p->scope == SCOPE_UNSET ? default_addr_scope(&a->prefix)
					   : (uint8_t)p->scope;
	return topology_add_addr(p->t, a, p->err);
}

static int link_name(struct topology_parser *p, const char *s)
{
	return p->dev ? unknown_option(p, s) : take_dev(p, s);
}

static int link_mtu(struct topology_parser *p, const char *s)
{
	int rc = take_number(p, "mtu", s, &p->mtu);

	if (!rc && !p->mtu)
		rc = text_fail(p->err, "an mtu of 0 is too small");
	return rc;
}

/* How a device is made is nothing to us. */
static int link_type(struct topology_parser *p, const char *kind)
{
	(void)kind;
	p->at = p->n_words;
	return 0;
}

static int link_line(struct topology_parser *p,
		     const struct topology_option *options)
{
	uint16_t dev = 0;
	int rc;

	p->mtu = 0;
	rc = take_options(p, options, link_name);
	if (!rc)
		rc = make_dev(p, &dev);
	if (!rc && p->mtu)
		rc = topology_set_mtu(p->t, dev, p->mtu, p->err);
	return rc;
}

int link_add(struct topology_parser *p)
{
	static const struct topology_option options[] = {
		{"dev", 3, true, link_name},
		{"name", 4, true, link_name},
		{"mtu", 3, true, link_mtu},
		{"type", 1, true, link_type},
		{0},
	};

	return link_line(p, options);
}

int link_set(struct topology_parser *p)
{
	static const struct topology_option options[] = {
		{"dev", 3, true, link_name},
		{"mtu", 3, true, link_mtu},
		{"up", 2, false, ignore_option},
		{0},
	};

	return link_line(p, options);
}
