/* SPDX-License-Identifier: BSD-2-Clause
 * -j SNAT, DNAT, MASQUERADE, REDIRECT and NETMAP. */
#include <arpa/inet.h>
#include <string.h>

#include "pure/tuple.h"
#include "text/match_ports.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

enum { NAT_TO, NAT_RANDOM, NAT_RANDOM_FULLY, NAT_PERSISTENT };
enum { NAT_TABLE = 1 << TABLE_NAT };

static int nat_flag(const struct given *g)
{
	static const uint16_t flag[] = {
		[NAT_RANDOM] = RANGE_PROTO_RANDOM,
		[NAT_RANDOM_FULLY] = RANGE_RANDOM_FULLY,
		[NAT_PERSISTENT] = RANGE_PERSISTENT,
	};

	g->target->range.flags |= flag[g->option->id];
	return 0;
}

/* PORT[-PORT] */
static int scan_nat_ports(const char *s, struct nat_range *r,
			  struct nat_error *err)
{
	struct port_range p = {0, 0};
	int rc = scan_ports(s, '-', false, &p, err);

	r->flags |= RANGE_PROTO_SPECIFIED;
	r->port_min = p.min;
	r->port_max = p.max;
	return rc;
}

/* Cuts the ports off the addresses, which IPv6 has in brackets before them. */
static int split_ports(const struct given *g, char **addrs, char **ports)
{
	char *s = *addrs;

	*ports = NULL;
	if (g->family == 4 || *s == ':') {
		bool any = g->family == 4 || s[1] != ':';

		if (any)
			*ports = scan_split(s, ':');
		return 0;
	}
	if (*s != '[')
		return 0;
	*addrs = s + 1;
	s = scan_split(s + 1, ']');
	if (!s || (*s && *s != ':'))
		return text_fail(g->err, "'%s' is not an address range",
				 g->arg[0]);
	*ports = *s ? s + 1 : NULL;
	return 0;
}

/* [IP[-IP]][:PORT[-PORT[/BASE]]] */
static int nat_to(const struct given *g)
{
	struct nat_range *r = &g->target->range;
	char word[128];
	size_t len = strlen(g->arg[0]);
	char *addrs = word, *ports;
	int rc = 0;

	if (len >= sizeof(word))
		return text_fail(g->err, "'%s' is not an address range",
				 g->arg[0]);
	memcpy(word, g->arg[0], len + 1);
	rc = split_ports(g, &addrs, &ports);
	if (rc)
		return rc;
	char *base = ports ? scan_split(ports, '/') : NULL;

	if (*addrs || !ports) {
		r->flags |= RANGE_MAP_IPS;
		rc = scan_addr_range(addrs, g->family, false, &r->addr_min,
				     &r->addr_max, g->err);
	}
	if (!rc && ports)
		rc = scan_nat_ports(ports, r, g->err);
	if (rc || !base)
		return rc;
	r->flags |= RANGE_PROTO_OFFSET;
	rc = scan_port(base, &r->port_base, g->err);
	if (!rc && !r->port_base)
		rc = text_fail(g->err, "'%s': a base port cannot be 0",
			       g->arg[0]);
	return rc;
}

static int snat_to(const struct given *g)
{
	int rc = nat_to(g);

	if (!rc && (g->target->range.flags & RANGE_PROTO_OFFSET))
		rc = text_fail(g->err, "'%s': only DNAT takes a base port",
			       g->arg[0]);
	return rc;
}

static int nat_to_ports(const struct given *g)
{
	return scan_nat_ports(g->arg[0], &g->target->range, g->err);
}

/* The tools look at the number alone, inverted or not, and let ICMP pass. */
static int nat_check(const struct rule *r, const struct target *t,
		     struct nat_error *err)
{
	if ((t->range.flags & RANGE_PROTO_SPECIFIED) && !takes_ports(r) &&
	    r->proto != PROTO_ICMP)
		return text_fail(err, "a port range needs -p tcp, udp, sctp or "
				      "dccp");
	return 0;
}

static void put_to_ports(const struct nat_range *r, struct nat_sink out)
{
	text_printf(out, "%u", r->port_min);
	if (r->port_min != r->port_max)
		text_printf(out, "-%u", r->port_max);
	if (r->flags & RANGE_PROTO_OFFSET)
		text_printf(out, "/%u", r->port_base);
}

static void put_to(const struct target *t, struct nat_sink out)
{
	const struct nat_range *r = &t->range;
	bool ports = r->flags & RANGE_PROTO_SPECIFIED;
	bool brackets = ports && t->family == 6;

	if (r->flags & RANGE_MAP_IPS) {
		text_printf(out, "%s%s", brackets ? "[" : "",
			    text_addr(&r->addr_min, t->family).s);
		if (!addr_equal(&r->addr_min, &r->addr_max))
			text_printf(out, "-%s",
				    text_addr(&r->addr_max, t->family).s);
		text_puts(out, brackets ? "]" : "");
	}
	if (ports) {
		text_puts(out, ":");
		put_to_ports(r, out);
	}
}

static void put_flags(const struct nat_range *r, const char *dashes,
		      struct nat_sink out)
{
	if (r->flags & RANGE_PROTO_RANDOM)
		text_printf(out, " %srandom", dashes);
	if (r->flags & RANGE_RANDOM_FULLY)
		text_printf(out, " %srandom-fully", dashes);
	if (r->flags & RANGE_PERSISTENT)
		text_printf(out, " %spersistent", dashes);
}

static void nat_list(const struct target *t, struct nat_sink out)
{
	text_puts(out, " to:");
	put_to(t, out);
	put_flags(&t->range, "", out);
}

static void snat_save(const struct target *t, struct nat_sink out)
{
	text_puts(out, " --to-source ");
	put_to(t, out);
	put_flags(&t->range, "--", out);
}

static void dnat_save(const struct target *t, struct nat_sink out)
{
	text_puts(out, " --to-destination ");
	put_to(t, out);
	put_flags(&t->range, "--", out);
}

static void list_to_ports(const struct target *t, const char *what,
			  struct nat_sink out)
{
	if (t->range.flags & RANGE_PROTO_SPECIFIED) {
		text_puts(out, what);
		put_to_ports(&t->range, out);
	}
	put_flags(&t->range, "", out);
}

static void masquerade_list(const struct target *t, struct nat_sink out)
{
	list_to_ports(t, " masq ports: ", out);
}

static void redirect_list(const struct target *t, struct nat_sink out)
{
	list_to_ports(t, " redir ports ", out);
}

static void to_ports_save(const struct target *t, struct nat_sink out)
{
	if (t->range.flags & RANGE_PROTO_SPECIFIED) {
		text_puts(out, " --to-ports ");
		put_to_ports(&t->range, out);
	}
	put_flags(&t->range, "--", out);
}

static const struct text_option snat_options[] = {
	{"--to-source", NAT_TO, 1, false, false, snat_to},
	{"--random", NAT_RANDOM, 0, false, false, nat_flag},
	{"--random-fully", NAT_RANDOM_FULLY, 0, false, false, nat_flag},
	{"--persistent", NAT_PERSISTENT, 0, false, false, nat_flag},
	{.name = NULL},
};

static const struct text_option dnat_options[] = {
	{"--to-destination", NAT_TO, 1, false, false, nat_to},
	{"--random", NAT_RANDOM, 0, false, false, nat_flag},
	{"--persistent", NAT_PERSISTENT, 0, false, false, nat_flag},
	{.name = NULL},
};

static const struct text_option masquerade_options[] = {
	{"--to-ports", NAT_TO, 1, false, false, nat_to_ports},
	{"--random", NAT_RANDOM, 0, false, false, nat_flag},
	{"--random-fully", NAT_RANDOM_FULLY, 0, false, false, nat_flag},
	{.name = NULL},
};

static const struct text_option redirect_options[] = {
	{"--to-ports", NAT_TO, 1, false, false, nat_to_ports},
	{"--random", NAT_RANDOM, 0, false, false, nat_flag},
	{.name = NULL},
};

const struct target_type target_type_snat = {
	.name = "SNAT",
	.tables = NAT_TABLE,
	.hooks = HOOK_BIT(POSTROUTING) | HOOK_BIT(INPUT),
	.required = OPTION_BIT(NAT_TO),
	.options = snat_options,
	.check = nat_check,
	.list = nat_list,
	.save = snat_save,
};

const struct target_type target_type_dnat = {
	.name = "DNAT",
	.tables = NAT_TABLE,
	.hooks = HOOK_BIT(PREROUTING) | HOOK_BIT(OUTPUT),
	.required = OPTION_BIT(NAT_TO),
	.options = dnat_options,
	.check = nat_check,
	.list = nat_list,
	.save = dnat_save,
};

const struct target_type target_type_masquerade = {
	.name = "MASQUERADE",
	.tables = NAT_TABLE,
	.hooks = HOOK_BIT(POSTROUTING),
	.options = masquerade_options,
	.check = nat_check,
	.list = masquerade_list,
	.save = to_ports_save,
};

const struct target_type target_type_redirect = {
	.name = "REDIRECT",
	.tables = NAT_TABLE,
	.hooks = HOOK_BIT(PREROUTING) | HOOK_BIT(OUTPUT),
	.options = redirect_options,
	.check = nat_check,
	.list = redirect_list,
	.save = to_ports_save,
};

/* --------------------------------------------------------------- NETMAP */

static int netmap_to(const struct given *g)
{
	struct nat_range *r = &g->target->range;
	struct rule_addr net;
	int rc = scan_prefix(g->arg[0], g->family, &net, g->err);

	r->flags = RANGE_MAP_IPS | RANGE_NETMAP;
	for (unsigned i = 0; i < (g->family == 6 ? 4 : 1); i++) {
		r->addr_min.w[i] = net.addr.w[i] & net.mask.w[i];
		r->addr_max.w[i] = net.addr.w[i] | ~net.mask.w[i];
	}
	return rc;
}

static void netmap_put(const struct target *t, struct nat_sink out)
{
	const struct nat_range *r = &t->range;
	struct nat_addr mask;

	for (unsigned i = 0; i < ARRAY_LEN(mask.w); i++)
		mask.w[i] = ~(r->addr_min.w[i] ^ r->addr_max.w[i]);
	text_printf(out, "%s%s", text_addr(&r->addr_min, t->family).s,
		    text_mask(&mask, t->family).s);
}

static void netmap_list(const struct target *t, struct nat_sink out)
{
	text_puts(out, " to:");
	netmap_put(t, out);
}

static void netmap_save(const struct target *t, struct nat_sink out)
{
	text_puts(out, " --to ");
	netmap_put(t, out);
}

static const struct text_option netmap_options[] = {
	{"--to", NAT_TO, 1, false, false, netmap_to},
	{.name = NULL},
};

const struct target_type target_type_netmap = {
	.name = "NETMAP",
	.tables = NAT_TABLE,
	.hooks = HOOK_BIT(PREROUTING) | HOOK_BIT(INPUT) | HOOK_BIT(OUTPUT) |
		 HOOK_BIT(POSTROUTING),
	.required = OPTION_BIT(NAT_TO),
	.options = netmap_options,
	.list = netmap_list,
	.save = netmap_save,
};
