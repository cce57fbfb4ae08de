/* SPDX-License-Identifier: BSD-2-Clause
 * -m icmp, with the names that iptables knows for types and codes. */
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

static void set_type(struct match_icmp *m, int type, int code)
{
	m->type = (uint8_t)type;
	m->code_min = code == ANY_CODE ? 0 : (uint8_t)code;
	m->code_max = code == ANY_CODE ? UINT8_MAX : (uint8_t)code;
}

/* A name or the beginning of only one. */
static int type_by_name(const char *s, struct match_icmp *m,
			struct nat_error *err)
{
	const struct icmp_name *found = NULL;
	size_t len = strlen(s);

	for (size_t i = 0; i < ARRAY_LEN(icmp_name); i++) {
		const struct icmp_name *n = &icmp_name[i];

		if (strncasecmp(n->name, s, len) != 0)
			continue;
		if (found)
			return text_fail(err, "ICMP type '%s' may be %s or %s",
					 s, found->name, n->name);
		found = n;
		if (!n->name[len])
			break;
	}
	if (!found)
		return text_fail(err, "unknown ICMP type '%s'", s);
	set_type(m, found->type, found->code);
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
		return type_by_name(s, &g->match->icmp, g->err);
	if (slash && !scan_u32(slash + 1, UINT8_MAX, &code))
		return text_fail(g->err, "unknown ICMP code '%s'", s);
	set_type(&g->match->icmp, (int)type, slash ? (int)code : ANY_CODE);
	return 0;
}

static bool every_code(const struct match_icmp *m)
{
	return m->code_min == 0 && m->code_max == UINT8_MAX;
}

static const char *icmp_name_of(const struct match_icmp *m)
{
	for (size_t i = 0; i < ARRAY_LEN(icmp_name); i++) {
		const struct icmp_name *n = &icmp_name[i];

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
	const char *name = numeric ? NULL : icmp_name_of(icmp);

	if (name) {
		text_printf(out, " icmp %s%s", icmp->invert ? "!" : "", name);
		return;
	}
	text_printf(out, " icmp%stype %u", icmp->invert ? " !" : "",
		    icmp->type);
	if (!every_code(icmp))
		text_printf(out, " code %u", icmp->code_min);
}

static void icmp_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --icmp-type ", m->icmp.invert ? " !" : "");
	if (m->icmp.type == ANY_TYPE) {
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

const struct match_type match_type_icmp = {
	.name = "icmp",
	.proto = PROTO_ICMP,
	.required = OPTION_BIT(ICMP_TYPE),
	.options = icmp_options,
	.list = icmp_list,
	.save = icmp_save,
};
