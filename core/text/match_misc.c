/* SPDX-License-Identifier: BSD-2-Clause
 * -m addrtype, comment and iprange. */
#include <string.h>

#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

/* ------------------------------------------------------------- addrtype */

enum { ADDRTYPE_SRC, ADDRTYPE_DST, ADDRTYPE_LIMIT };

/* In the order of RTN_*, which is that of printing. */
static const struct scan_name addrtype_name[] = {
	{"UNSPEC", 1 << 0},
	{"UNICAST", 1 << 1},
	{"LOCAL", 1 << 2},
	{"BROADCAST", 1 << 3},
	{"ANYCAST", 1 << 4},
	{"MULTICAST", 1 << 5},
	{"BLACKHOLE", 1 << 6},
	{"UNREACHABLE", 1 << 7},
	{"PROHIBIT", 1 << 8},
	{"THROW", 1 << 9},
	{"NAT", 1 << 10},
	{"XRESOLVE", 1 << 11},
	{NULL, 0},
};

static int addrtype_type(const struct given *g)
{
	struct match_addrtype *m = &g->match->addrtype;
	uint32_t bits = 0;
	int rc = scan_names(addrtype_name, g->arg[0], "address type", &bits,
			    g->err);

	if (g->option->id == ADDRTYPE_SRC) {
		m->src = (uint16_t)bits;
		m->inv_src = g->invert;
	} else {
		m->dst = (uint16_t)bits;
		m->inv_dst = g->invert;
	}
	return rc;
}

static int addrtype_limit_in(const struct given *g)
{
	g->match->addrtype.limit_in = true;
	return 0;
}

static int addrtype_limit_out(const struct given *g)
{
	g->match->addrtype.limit_out = true;
	return 0;
}

static int addrtype_check(const struct rule *r, const struct match *m,
			  uint32_t seen, struct nat_error *err)
{
	(void)r;
	(void)seen;
	if (!m->addrtype.src && !m->addrtype.dst)
		return text_fail(err,
				 "addrtype needs --src-type or --dst-type");
	return 0;
}

static unsigned addrtype_hooks(const struct match *m)
{
	if (m->addrtype.limit_in)
		return ALL_HOOKS & ~(HOOK_BIT(OUTPUT) | HOOK_BIT(POSTROUTING));
	if (m->addrtype.limit_out)
		return ALL_HOOKS & ~(HOOK_BIT(PREROUTING) | HOOK_BIT(INPUT));
	return ALL_HOOKS;
}

static void addrtype_names(uint16_t types, struct nat_sink out)
{
	const char *comma = "";

	for (const struct scan_name *t = addrtype_name; t->name; t++) {
		if (types & t->value) {
			text_printf(out, "%s%s", comma, t->name);
			comma = ",";
		}
	}
}

static void addrtype_list_side(const char *side, uint16_t types, bool invert,
			       struct nat_sink out)
{
	if (!types)
		return;
	text_printf(out, " %s-type %s", side, invert ? "!" : "");
	addrtype_names(types, out);
}

static void addrtype_list(const struct match *m, bool numeric,
			  struct nat_sink out)
{
	const struct match_addrtype *a = &m->addrtype;

	(void)numeric;
	text_puts(out, " ADDRTYPE match");
	addrtype_list_side("src", a->src, a->inv_src, out);
	addrtype_list_side("dst", a->dst, a->inv_dst, out);
	if (a->limit_in || a->limit_out)
		text_puts(out, a->limit_in ? " limit-in" : " limit-out");
}

static void addrtype_save_side(const char *side, uint16_t types, bool invert,
			       struct nat_sink out)
{
	if (!types)
		return;
	text_printf(out, "%s --%s-type ", invert ? " !" : "", side);
	addrtype_names(types, out);
}

static void addrtype_save(const struct match *m, struct nat_sink out)
{
	const struct match_addrtype *a = &m->addrtype;

	addrtype_save_side("src", a->src, a->inv_src, out);
	addrtype_save_side("dst", a->dst, a->inv_dst, out);
	if (a->limit_in || a->limit_out)
		text_printf(out, " --limit-iface-%s",
			    a->limit_in ? "in" : "out");
}

static const struct text_option addrtype_options[] = {
	{"--src-type", ADDRTYPE_SRC, 1, true, false, addrtype_type},
	{"--dst-type", ADDRTYPE_DST, 1, true, false, addrtype_type},
	{"--limit-iface-in", ADDRTYPE_LIMIT, 0, false, false,
	 addrtype_limit_in},
	{"--limit-iface-out", ADDRTYPE_LIMIT, 0, false, false,
	 addrtype_limit_out},
	{.name = NULL},
};

const struct match_type match_type_addrtype = {
	.name = "addrtype",
	.options = addrtype_options,
	.check = addrtype_check,
	.hooks = addrtype_hooks,
	.list = addrtype_list,
	.save = addrtype_save,
};

/* -------------------------------------------------------------- comment */

enum { COMMENT_COMMENT };

static int comment_comment(const struct given *g)
{
	if (strlen(g->arg[0]) >= RULE_COMMENT_LEN)
		return text_fail(g->err, "comment is longer than %d bytes",
				 RULE_COMMENT_LEN - 1);
	g->match->comment = strdup(g->arg[0]);
	return g->match->comment ? 0 : text_no_memory(g->err);
}

static void comment_list(const struct match *m, bool numeric,
			 struct nat_sink out)
{
	(void)numeric;
	text_printf(out, " /* %s */", m->comment);
}

static void comment_save(const struct match *m, struct nat_sink out)
{
	text_puts(out, " --comment ");
	text_word(out, m->comment);
}

static const struct text_option comment_options[] = {
	{"--comment", COMMENT_COMMENT, 1, false, false, comment_comment},
	{.name = NULL},
};

const struct match_type match_type_comment = {
	.name = "comment",
	.required = OPTION_BIT(COMMENT_COMMENT),
	.options = comment_options,
	.list = comment_list,
	.save = comment_save,
};

/* -------------------------------------------------------------- iprange */

enum { IPRANGE_SRC, IPRANGE_DST };

static int iprange_range(const struct given *g)
{
	struct match_iprange *m = &g->match->iprange;

	if (g->option->id == IPRANGE_SRC) {
		m->src = true;
		m->inv_src = g->invert;
		return scan_addr_range(g->arg[0], g->family, true, &m->src_min,
				       &m->src_max, g->err);
	}
	m->dst = true;
	m->inv_dst = g->invert;
	return scan_addr_range(g->arg[0], g->family, true, &m->dst_min,
			       &m->dst_max, g->err);
}

static int iprange_check(const struct rule *r, const struct match *m,
			 uint32_t seen, struct nat_error *err)
{
	(void)r;
	(void)m;
	if (!seen)
		return text_fail(err,
				 "iprange needs --src-range or --dst-range");
	return 0;
}

static void put_range(uint8_t family, const struct nat_addr *min,
		      const struct nat_addr *max, struct nat_sink out)
{
	text_printf(out, " %s-%s", text_addr(min, family).s,
		    text_addr(max, family).s);
}

static void iprange_list(const struct match *m, bool numeric,
			 struct nat_sink out)
{
	const struct match_iprange *r = &m->iprange;

	(void)numeric;
	if (r->src) {
		text_printf(out, " source IP range%s", r->inv_src ? " !" : "");
		put_range(m->family, &r->src_min, &r->src_max, out);
	}
	if (r->dst) {
		text_printf(out, " destination IP range%s",
			    r->inv_dst ? " !" : "");
		put_range(m->family, &r->dst_min, &r->dst_max, out);
	}
}

static void iprange_save(const struct match *m, struct nat_sink out)
{
	const struct match_iprange *r = &m->iprange;

	if (r->src) {
		text_printf(out, "%s --src-range", r->inv_src ? " !" : "");
		put_range(m->family, &r->src_min, &r->src_max, out);
	}
	if (r->dst) {
		text_printf(out, "%s --dst-range", r->inv_dst ? " !" : "");
		put_range(m->family, &r->dst_min, &r->dst_max, out);
	}
}

static const struct text_option iprange_options[] = {
	{"--src-range", IPRANGE_SRC, 1, true, false, iprange_range},
	{"--dst-range", IPRANGE_DST, 1, true, false, iprange_range},
	{.name = NULL},
};

const struct match_type match_type_iprange = {
	.name = "iprange",
	.options = iprange_options,
	.check = iprange_check,
	.list = iprange_list,
	.save = iprange_save,
};
