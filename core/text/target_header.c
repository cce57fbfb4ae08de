/* SPDX-License-Identifier: BSD-2-Clause
 * -j TOS, DSCP, TTL, TCPMSS, CLASSIFY and CHECKSUM: what the mangle table
 * writes. */
#include <inttypes.h>
#include <stdio.h>

#include "pure/packet.h"
#include "text/dscp.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

enum { ONLY };
enum { MANGLE_TABLE = 1 << TABLE_MANGLE };

/* --------------------------------------------------------- TOS and DSCP */

static int tos_set(const struct given *g)
{
	struct target_tos *t = &g->target->tos;

	return scan_tos(g->arg[0], &t->value, &t->mask, g->err);
}

static int scan_bits(const struct given *g, uint8_t *bits)
{
	uint64_t v = 0;

	if (!scan_u64(g->arg[0], 0, UINT8_MAX, &v))
		return text_fail(g->err, "'%s' is not a byte", g->arg[0]);
	*bits = (uint8_t)v;
	return 0;
}

static int tos_and(const struct given *g)
{
	uint8_t bits = 0;
	int rc = scan_bits(g, &bits);

	g->target->tos = (struct target_tos){0, (uint8_t)~bits};
	return rc;
}

static int tos_or(const struct given *g)
{
	struct target_tos *t = &g->target->tos;
	int rc = scan_bits(g, &t->value);

	t->mask = t->value;
	return rc;
}

static int tos_xor(const struct given *g)
{
	g->target->tos.mask = 0;
	return scan_bits(g, &g->target->tos.value);
}

static void tos_list(const struct target *t, struct nat_sink out)
{
	text_printf(out, " TOS set 0x%02x/0x%02x", t->tos.value, t->tos.mask);
}

/* Names only where there are any; the space before them is the tool's. */
static void tos_list_words(const struct target *t, struct nat_sink out)
{
	uint8_t value = t->tos.value, mask = t->tos.mask;
	const char *name = tos_name(value, mask);

	if (name)
		text_printf(out, "  TOS set%s", name);
	else if (!value)
		text_printf(out, " TOS and 0x%02x", (uint8_t)~mask);
	else if (value == mask)
		text_printf(out, " TOS or 0x%02x", value);
	else if (!mask)
		text_printf(out, " TOS xor 0x%02x", value);
	else
		tos_list(t, out);
}

static void tos_save(const struct target *t, struct nat_sink out)
{
	text_printf(out, " --set-tos 0x%02x/0x%02x", t->tos.value, t->tos.mask);
}

static const struct text_option tos_options[] = {
	{"--set-tos", ONLY, 1, false, false, tos_set},
	{"--and-tos", ONLY, 1, false, false, tos_and},
	{"--or-tos", ONLY, 1, false, false, tos_or},
	{"--xor-tos", ONLY, 1, false, false, tos_xor},
	{.name = NULL},
};

const struct target_type target_type_tos = {
	.name = "TOS",
	.tables = MANGLE_TABLE,
	.hooks = ALL_HOOKS,
	.required = OPTION_BIT(ONLY),
	.options = tos_options,
	.list = tos_list,
	.list_words = tos_list_words,
	.save = tos_save,
};

static int dscp_is(const struct given *g, int rc, uint8_t dscp)
{
	g->target->tos = (struct target_tos){
		.value = (uint8_t)(dscp << DSCP_SHIFT),
		.mask = DSCP_MASK,
	};
	return rc;
}

static int dscp_set(const struct given *g)
{
	uint8_t dscp = 0;
	int rc = scan_dscp(g->arg[0], &dscp, g->err);

	return dscp_is(g, rc, dscp);
}

static int dscp_set_class(const struct given *g)
{
	uint8_t dscp = 0;
	int rc = scan_dscp_class(g->arg[0], &dscp, g->err);

	return dscp_is(g, rc, dscp);
}

static void dscp_list(const struct target *t, struct nat_sink out)
{
	text_printf(out, " DSCP set 0x%02x", t->tos.value >> DSCP_SHIFT);
}

static void dscp_save(const struct target *t, struct nat_sink out)
{
	text_printf(out, " --set-dscp 0x%02x", t->tos.value >> DSCP_SHIFT);
}

static const struct text_option dscp_options[] = {
	{"--set-dscp", ONLY, 1, false, false, dscp_set},
	{"--set-dscp-class", ONLY, 1, false, false, dscp_set_class},
	{.name = NULL},
};

const struct target_type target_type_dscp = {
	.name = "DSCP",
	.tables = MANGLE_TABLE,
	.hooks = ALL_HOOKS,
	.required = OPTION_BIT(ONLY),
	.options = dscp_options,
	.list = dscp_list,
	.save = dscp_save,
};

/* ------------------------------------------------------------------ TTL */

static int ttl_change(const struct given *g, enum ttl_change change)
{
	uint64_t by = 0;

	if (!scan_u64(g->arg[0], 0, UINT8_MAX, &by) || (change && !by))
		return text_fail(g->err, "'%s' is not a TTL, %d to 255",
				 g->arg[0], change ? 1 : 0);
	g->target->ttl = (struct target_ttl){(uint8_t)change, (uint8_t)by};
	return 0;
}

static int ttl_set(const struct given *g)
{
	return ttl_change(g, TTL_SET);
}

static int ttl_inc(const struct given *g)
{
	return ttl_change(g, TTL_INC);
}

static int ttl_dec(const struct given *g)
{
	return ttl_change(g, TTL_DEC);
}

static int ttl_check(const struct rule *r, const struct target *t,
		     struct nat_error *err)
{
	(void)r;
	return t->family == 4 ? 0 : text_fail(err, "TTL is for IPv4 alone");
}

static void ttl_list(const struct target *t, struct nat_sink out)
{
	static const char *const word[] = {"set to", "increment by",
					   "decrement by"};

	text_printf(out, " TTL %s %u", word[t->ttl.change], t->ttl.by);
}

static void ttl_save(const struct target *t, struct nat_sink out)
{
	static const char *const word[] = {"set", "inc", "dec"};

	text_printf(out, " --ttl-%s %u", word[t->ttl.change], t->ttl.by);
}

static const struct text_option ttl_options[] = {
	{"--ttl-set", ONLY, 1, false, false, ttl_set},
	{"--ttl-inc", ONLY, 1, false, false, ttl_inc},
	{"--ttl-dec", ONLY, 1, false, false, ttl_dec},
	{.name = NULL},
};

const struct target_type target_type_ttl = {
	.name = "TTL",
	.tables = MANGLE_TABLE,
	.hooks = ALL_HOOKS,
	.required = OPTION_BIT(ONLY),
	.options = ttl_options,
	.check = ttl_check,
	.list = ttl_list,
	.save = ttl_save,
};

/* --------------------------------------------------------------- TCPMSS */

static int tcpmss_set(const struct given *g)
{
	enum { MOST = UINT16_MAX - 40 };
	uint64_t mss = 0;

	if (!scan_u64(g->arg[0], 0, MOST, &mss))
		return text_fail(g->err, "'%s' is not an MSS, 0 to %d",
				 g->arg[0], MOST);
	g->target->mss = (uint16_t)mss;
	return 0;
}

static int tcpmss_clamp(const struct given *g)
{
	g->target->mss = MSS_CLAMP;
	return 0;
}

/* The tools want to see that only openings are meant. */
static int tcpmss_check(const struct rule *r, const struct target *t,
			struct nat_error *err)
{
	(void)t;
	if (r->proto != PROTO_TCP || r->inv_proto)
		return text_fail(err, "TCPMSS needs -p tcp");
	for (unsigned i = 0; i < r->n_matches; i++)
		if (r->match[i].kind == MATCH_TCP &&
		    r->match[i].tcp.flags_cmp & TCP_SYN &&
		    !r->match[i].tcp.inv_flags)
			return 0;
	return text_fail(err, "TCPMSS needs --syn or the like");
}

static unsigned tcpmss_hooks(const struct target *t)
{
	if (t->mss != MSS_CLAMP)
		return ALL_HOOKS;
	return HOOK_BIT(FORWARD) | HOOK_BIT(OUTPUT) | HOOK_BIT(POSTROUTING);
}

static void tcpmss_list(const struct target *t, struct nat_sink out)
{
	if (t->mss == MSS_CLAMP)
		text_puts(out, " TCPMSS clamp to PMTU");
	else
		text_printf(out, " TCPMSS set %u", t->mss);
}

static void tcpmss_save(const struct target *t, struct nat_sink out)
{
	if (t->mss == MSS_CLAMP)
		text_puts(out, " --clamp-mss-to-pmtu");
	else
		text_printf(out, " --set-mss %u", t->mss);
}

static const struct text_option tcpmss_options[] = {
	{"--set-mss", ONLY, 1, false, false, tcpmss_set},
	{"--clamp-mss-to-pmtu", ONLY, 0, false, false, tcpmss_clamp},
	{.name = NULL},
};

const struct target_type target_type_tcpmss = {
	.name = "TCPMSS",
	.tables = ALL_TABLES,
	.hooks = ALL_HOOKS,
	.hooks_of = tcpmss_hooks,
	.required = OPTION_BIT(ONLY),
	.options = tcpmss_options,
	.check = tcpmss_check,
	.list = tcpmss_list,
	.save = tcpmss_save,
};

/* ------------------------------------------------ CLASSIFY and CHECKSUM */

/* MAJOR:MINOR, hexadecimal. */
static int classify_set(const struct given *g)
{
	unsigned major, minor;
	char more;

	if (sscanf(g->arg[0], "%4x:%4x%c", &major, &minor, &more) != 2)
		return text_fail(g->err, "'%s' is not MAJOR:MINOR", g->arg[0]);
	g->target->priority = major << 16 | minor;
	return 0;
}

static void classify_list(const struct target *t, struct nat_sink out)
{
	text_printf(out, " CLASSIFY set %" PRIx32 ":%" PRIx32,
		    t->priority >> 16, t->priority & UINT16_MAX);
}

static void classify_save(const struct target *t, struct nat_sink out)
{
	text_printf(out, " --set-class %04" PRIx32 ":%04" PRIx32,
		    t->priority >> 16, t->priority & UINT16_MAX);
}

static const struct text_option classify_options[] = {
	{"--set-class", ONLY, 1, false, false, classify_set},
	{.name = NULL},
};

const struct target_type target_type_classify = {
	.name = "CLASSIFY",
	.tables = ALL_TABLES,
	.hooks = HOOK_BIT(FORWARD) | HOOK_BIT(OUTPUT) | HOOK_BIT(POSTROUTING),
	.required = OPTION_BIT(ONLY),
	.options = classify_options,
	.list = classify_list,
	.save = classify_save,
};

/* Sums are always filled here. */
static int checksum_fill(const struct given *g)
{
	(void)g;
	return 0;
}

static void checksum_list(const struct target *t, struct nat_sink out)
{
	(void)t;
	text_puts(out, " CHECKSUM fill");
}

static void checksum_save(const struct target *t, struct nat_sink out)
{
	(void)t;
	text_puts(out, " --checksum-fill");
}

static const struct text_option checksum_options[] = {
	{"--checksum-fill", ONLY, 0, false, false, checksum_fill},
	{.name = NULL},
};

const struct target_type target_type_checksum = {
	.name = "CHECKSUM",
	.tables = MANGLE_TABLE,
	.hooks = ALL_HOOKS,
	.required = OPTION_BIT(ONLY),
	.options = checksum_options,
	.list = checksum_list,
	.save = checksum_save,
};
