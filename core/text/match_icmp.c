/* SPDX-License-Identifier: BSD-2-Clause
 * -m icmp and -m icmp6, with the names that the tools know for types and
 * codes. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "pure/tuple.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

enum { ICMP_TYPE };
enum { ANY_TYPE = 255, ANY_CODE = -1 };

struct icmp_name {
	const char *name;
	int type, code;
};

/* The first of a type and code is the one printed. */
static const struct icmp_name icmp_name[] = {
	{"any", ANY_TYPE, ANY_CODE},
	{"echo-reply", 0, ANY_CODE},
	{"pong", 0, ANY_CODE},
	{"destination-unreachable", 3, ANY_CODE},
	{"network-unreachable", 3, 0},
	{"host-unreachable", 3, 1},
	{"protocol-unreachable", 3, 2},
	{"port-unreachable", 3, 3},
	{"fragmentation-needed", 3, 4},
	{"source-route-failed", 3, 5},
	{"network-unknown", 3, 6},
	{"host-unknown", 3, 7},
	{"network-prohibited", 3, 9},
	{"host-prohibited", 3, 10},
	{"TOS-network-unreachable", 3, 11},
	{"TOS-host-unreachable", 3, 12},
	{"communication-prohibited", 3, 13},
	{"host-precedence-violation", 3, 14},
	{"precedence-cutoff", 3, 15},
	{"source-quench", 4, ANY_CODE},
	{"redirect", 5, ANY_CODE},
	{"network-redirect", 5, 0},
	{"host-redirect", 5, 1},
	{"TOS-network-redirect", 5, 2},
	{"TOS-host-redirect", 5, 3},
	{"echo-request", 8, ANY_CODE},
	{"ping", 8, ANY_CODE},
	{"router-advertisement", 9, ANY_CODE},
	{"router-solicitation", 10, ANY_CODE},
	{"time-exceeded", 11, ANY_CODE},
	{"ttl-exceeded", 11, ANY_CODE},
	{"ttl-zero-during-transit", 11, 0},
	{"ttl-zero-during-reassembly", 11, 1},
	{"parameter-problem", 12, ANY_CODE},
	{"ip-header-bad", 12, 0},
	{"required-option-missing", 12, 1},
	{"timestamp-request", 13, ANY_CODE},
	{"timestamp-reply", 14, ANY_CODE},
	{"address-mask-request", 17, ANY_CODE},
	{"address-mask-reply", 18, ANY_CODE},
};

/* ICMPv6 has no type that is any. */
static const struct icmp_name icmp6_name[] = {
	{"destination-unreachable", 1, ANY_CODE},
	{"no-route", 1, 0},
	{"communication-prohibited", 1, 1},
	{"beyond-scope", 1, 2},
	{"address-unreachable", 1, 3},
	{"port-unreachable", 1, 4},
	{"failed-policy", 1, 5},
	{"reject-route", 1, 6},
	{"packet-too-big", 2, ANY_CODE},
	{"time-exceeded", 3, ANY_CODE},
	{"ttl-exceeded", 3, ANY_CODE},
	{"ttl-zero-during-transit", 3, 0},
	{"ttl-zero-during-reassembly", 3, 1},
	{"parameter-problem", 4, ANY_CODE},
	{"bad-header", 4, 0},
	{"unknown-header-type", 4, 1},
	{"unknown-option", 4, 2},
	{"echo-request", 128, ANY_CODE},
	{"ping", 128, ANY_CODE},
	{"echo-reply", 129, ANY_CODE},
	{"pong", 129, ANY_CODE},
	{"router-solicitation", 133, ANY_CODE},
	{"router-advertisement", 134, ANY_CODE},
	{"neighbour-solicitation", 135, ANY_CODE},
	{"neighbor-solicitation", 135, ANY_CODE},
	{"neighbour-advertisement", 136, ANY_CODE},
	{"neighbor-advertisement", 136, ANY_CODE},
	{"redirect", 137, ANY_CODE},
};

/* What the two families' matches differ in. */
struct dialect {
	const struct icmp_name *name;
	size_t n;
	const char *title, *option, *listed;
};

static const struct dialect dialects[] = {
	{icmp_name, ARRAY_LEN(icmp_name), "ICMP", "--icmp-type", "icmp"},
	{icmp6_name, ARRAY_LEN(icmp6_name), "ICMPv6", "--icmpv6-type",
	 "ipv6-icmp"},
};

static const struct dialect *dialect_of(const struct match *m)
{
	return &dialects[m->kind == MATCH_ICMP6];
}

static void set_type(struct match_icmp *m, int type, int code)
{
	m->type = (uint8_t)type;
	m->code_min = code == ANY_CODE ? 0 : (uint8_t)code;
	m->code_max = code == ANY_CODE ? UINT8_MAX : (uint8_t)code;
}

/* A name or the beginning of only one. */
static int type_by_name(const char *s, struct match *m, struct nat_error *err)
{
	const struct dialect *d = dialect_of(m);
	const struct icmp_name *found = NULL;
	size_t len = strlen(s);

	for (size_t i = 0; i < d->n; i++) {
		const struct icmp_name *n = &d->name[i];

		if (strncasecmp(n->name, s, len) != 0)
			continue;
		if (found)
			return text_fail(err, "%s type '%s' may be %s or %s",
					 d->title, s, found->name, n->name);
		found = n;
		if (!n->name[len])
			break;
	}
	if (!found)
		return text_fail(err, "unknown %s type '%s'", d->title, s);
	set_type(&m->icmp, found->type, found->code);
	return 0;
}

static int icmp_type(const struct given *g)
{
	const char *s = g->arg[0];
	const char *slash = strchr(s, '/');
	size_t len = slash ? (size_t)(slash - s) : strlen(s);
	char type_text[4] = "";
	uint32_t type = 0, code = 0;

	g->match->icmp.invert = g->invert;
	if (len < sizeof(type_text))
		snprintf(type_text, sizeof(type_text), "%.*s", (int)len, s);
	if (!scan_u32(type_text, UINT8_MAX, &type))
		return type_by_name(s, g->match, g->err);
	if (slash && !scan_u32(slash + 1, UINT8_MAX, &code))
		return text_fail(g->err, "unknown %s code '%s'",
				 dialect_of(g->match)->title, s);
	set_type(&g->match->icmp, (int)type, slash ? (int)code : ANY_CODE);
	return 0;
}

static bool every_code(const struct match_icmp *m)
{
	return m->code_min == 0 && m->code_max == UINT8_MAX;
}

static const char *icmp_name_of(const struct dialect *d,
				const struct match_icmp *m)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct icmp_name *n = &d->name[i];

		if (n->type != m->type)
			continue;
		if (n->code == ANY_CODE
			    ? every_code(m)
			    : n->code == m->code_min && n->code == m->code_max)
			return n->name;
	}
	return NULL;
}

static void icmp_list(const struct match *m, bool numeric, struct nat_sink out)
{
	const struct match_icmp *icmp = &m->icmp;
	const struct dialect *d = dialect_of(m);
	const char *name = numeric ? NULL : icmp_name_of(d, icmp);

	if (name) {
		text_printf(out, " %s %s%s", d->listed, icmp->invert ? "!" : "",
			    name);
		return;
	}
	text_printf(out, " %s%stype %u", d->listed, icmp->invert ? " !" : "",
		    icmp->type);
	if (!every_code(icmp))
		text_printf(out, " code %u", icmp->code_min);
}

static void icmp_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s %s ", m->icmp.invert ? " !" : "",
		    dialect_of(m)->option);
	if (m->icmp.type == ANY_TYPE && m->kind == MATCH_ICMP) {
		text_puts(out, "any");
		return;
	}
	text_printf(out, "%u", m->icmp.type);
	if (!every_code(&m->icmp))
		text_printf(out, "/%u", m->icmp.code_min);
}

static const struct text_option icmp_options[] = {
	{"--icmp-type", ICMP_TYPE, 1, true, false, icmp_type},
	{.name = NULL},
};

static const struct text_option icmp6_options[] = {
	{"--icmpv6-type", ICMP_TYPE, 1, true, false, icmp_type},
	{.name = NULL},
};

const struct match_type match_type_icmp = {
	.name = "icmp",
	.family = 4,
	.proto = PROTO_ICMP,
	.required = OPTION_BIT(ICMP_TYPE),
	.options = icmp_options,
	.list = icmp_list,
	.save = icmp_save,
};

const struct match_type match_type_icmp6 = {
	.name = "icmp6",
	.alias = "icmpv6",
	.family = 6,
	.proto = PROTO_ICMPV6,
	.required = OPTION_BIT(ICMP_TYPE),
	.options = icmp6_options,
	.list = icmp_list,
	.save = icmp_save,
};
