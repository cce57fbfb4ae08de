/* SPDX-License-Identifier: BSD-2-Clause
 * -m length, ttl, tos, dscp and tcpmss: fields of headers. */
#include <string.h>

#include "pure/tuple.h"
#include "text/dscp.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

enum { ONLY };

/* --------------------------------------------------- length and tcpmss */

/* N, or MIN:MAX with either end open. */
static int scan_range(const struct given *g, struct match_range *r)
{
	struct port_range range = {0, 0};
	int rc = scan_ports(g->arg[0], ':', true, &range, g->err);

	*r = (struct match_range){range.min, range.max, g->invert};
	return rc ? text_fail(g->err, "'%s' is not a range of 0 to 65535",
			      g->arg[0])
		  : 0;
}

static void put_range(const struct match_range *r, struct nat_sink out)
{
	text_printf(out, "%u", r->min);
	if (r->min != r->max)
		text_printf(out, ":%u", r->max);
}

static int length_length(const struct given *g)
{
	return scan_range(g, &g->match->length);
}

static void length_list(const struct match *m, bool numeric,
			struct nat_sink out)
{
	(void)numeric;
	text_printf(out, " length %s", m->length.invert ? "!" : "");
	put_range(&m->length, out);
}

static void length_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --length ", m->length.invert ? " !" : "");
	put_range(&m->length, out);
}

static const struct text_option length_options[] = {
	{"--length", ONLY, 1, true, false, length_length},
	{.name = NULL},
};

const struct match_type match_type_length = {
	.name = "length",
	.required = OPTION_BIT(ONLY),
	.options = length_options,
	.list = length_list,
	.save = length_save,
};

static int tcpmss_mss(const struct given *g)
{
	return scan_range(g, &g->match->tcpmss);
}

static int tcpmss_check(const struct rule *r, const struct match *m,
			uint32_t seen, struct nat_error *err)
{
	(void)m;
	(void)seen;
	if (r->proto != PROTO_TCP || r->inv_proto)
		return text_fail(err, "match 'tcpmss' needs -p tcp");
	return 0;
}

static void tcpmss_list(const struct match *m, bool numeric,
			struct nat_sink out)
{
	(void)numeric;
	text_printf(out, " tcpmss match %s", m->tcpmss.invert ? "!" : "");
	put_range(&m->tcpmss, out);
}

static void tcpmss_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --mss ", m->tcpmss.invert ? " !" : "");
	put_range(&m->tcpmss, out);
}

static const struct text_option tcpmss_options[] = {
	{"--mss", ONLY, 1, true, false, tcpmss_mss},
	{.name = NULL},
};

const struct match_type match_type_tcpmss = {
	.name = "tcpmss",
	.required = OPTION_BIT(ONLY),
	.options = tcpmss_options,
	.check = tcpmss_check,
	.list = tcpmss_list,
	.save = tcpmss_save,
};

/* ------------------------------------------------------------------ ttl */

static int ttl_value(const struct given *g, enum ttl_order order)
{
	uint64_t ttl = 0;

	if (!scan_u64(g->arg[0], 0, UINT8_MAX, &ttl))
		return text_fail(g->err, "'%s' is not a TTL, 0 to 255",
				 g->arg[0]);
	g->match->ttl = (struct match_ttl){(uint8_t)order, (uint8_t)ttl};
	return 0;
}

static int ttl_eq(const struct given *g)
{
	return ttl_value(g, g->invert ? TTL_NOT : TTL_EQUAL);
}

static int ttl_lt(const struct given *g)
{
	return ttl_value(g, TTL_BELOW);
}

static int ttl_gt(const struct given *g)
{
	return ttl_value(g, TTL_ABOVE);
}

static void ttl_list(const struct match *m, bool numeric, struct nat_sink out)
{
	static const char *const sign[] = {"==", "!=", "<", ">"};

	(void)numeric;
	text_printf(out, " TTL match TTL %s %u", sign[m->ttl.order],
		    m->ttl.ttl);
}

static void ttl_save(const struct match *m, struct nat_sink out)
{
	static const char *const option[] = {"--ttl-eq", "! --ttl-eq",
					     "--ttl-lt", "--ttl-gt"};

	text_printf(out, " %s %u", option[m->ttl.order], m->ttl.ttl);
}

static const struct text_option ttl_options[] = {
	{"--ttl-eq", ONLY, 1, true, false, ttl_eq},
	{"--ttl", ONLY, 1, true, false, ttl_eq},
	{"--ttl-lt", ONLY, 1, false, false, ttl_lt},
	{"--ttl-gt", ONLY, 1, false, false, ttl_gt},
	{.name = NULL},
};

const struct match_type match_type_ttl = {
	.name = "ttl",
	.family = 4,
	.required = OPTION_BIT(ONLY),
	.options = ttl_options,
	.list = ttl_list,
	.save = ttl_save,
};

/* --------------------------------------------------------- tos and dscp */

static int tos_tos(const struct given *g)
{
	struct match_tos *m = &g->match->tos;

	m->invert = g->invert;
	return scan_tos(g->arg[0], &m->value, &m->mask, g->err);
}

static void tos_list(const struct match *m, bool numeric, struct nat_sink out)
{
	const char *name = numeric ? NULL : tos_name(m->tos.value, m->tos.mask);

	text_printf(out, " tos match%s", m->tos.invert ? "!" : "");
	if (name)
		text_printf(out, " %s", name);
	else
		text_printf(out, "0x%02x/0x%02x", m->tos.value, m->tos.mask);
}

static void tos_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --tos 0x%02x/0x%02x", m->tos.invert ? " !" : "",
		    m->tos.value, m->tos.mask);
}

static const struct text_option tos_options[] = {
	{"--tos", ONLY, 1, true, false, tos_tos},
	{.name = NULL},
};

const struct match_type match_type_tos = {
	.name = "tos",
	.required = OPTION_BIT(ONLY),
	.options = tos_options,
	.list = tos_list,
	.save = tos_save,
};

static int dscp_is(const struct given *g, int rc, uint8_t dscp)
{
	g->match->tos = (struct match_tos){
		.value = (uint8_t)(dscp << DSCP_SHIFT),
		.mask = DSCP_MASK,
		.invert = g->invert,
	};
	return rc;
}

static int dscp_dscp(const struct given *g)
{
	uint8_t dscp = 0;
	int rc = scan_dscp(g->arg[0], &dscp, g->err);

	return dscp_is(g, rc, dscp);
}

static int dscp_class(const struct given *g)
{
	uint8_t dscp = 0;
	int rc = scan_dscp_class(g->arg[0], &dscp, g->err);

	return dscp_is(g, rc, dscp);
}

static void dscp_list(const struct match *m, bool numeric, struct nat_sink out)
{
	(void)numeric;
	text_printf(out, " DSCP match %s0x%02x", m->tos.invert ? "!" : "",
		    m->tos.value >> DSCP_SHIFT);
}

static void dscp_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --dscp 0x%02x", m->tos.invert ? " !" : "",
		    m->tos.value >> DSCP_SHIFT);
}

static const struct text_option dscp_options[] = {
	{"--dscp", ONLY, 1, true, false, dscp_dscp},
	{"--dscp-class", ONLY, 1, true, false, dscp_class},
	{.name = NULL},
};

const struct match_type match_type_dscp = {
	.name = "dscp",
	.required = OPTION_BIT(ONLY),
	.options = dscp_options,
	.list = dscp_list,
	.save = dscp_save,
};
