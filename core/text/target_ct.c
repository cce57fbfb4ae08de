/* SPDX-License-Identifier: BSD-2-Clause
 * -j CT, NOTRACK and TRACE: the raw table's own. */
#include <string.h>

#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

enum {
	CT_NOTRACK,
	CT_HELPER,
	CT_TIMEOUT,
	CT_CTEVENTS,
	CT_EXPEVENTS,
	CT_ZONE,
	CT_ONE_ZONE,
};

/* By number. */
static const struct scan_name event_name[] = {
	{"new", 1 << 0},     {"related", 1 << 1}, {"destroy", 1 << 2},
	{"reply", 1 << 3},   {"assured", 1 << 4}, {"protoinfo", 1 << 5},
	{"helper", 1 << 6},  {"mark", 1 << 7},    {"natseqinfo", 1 << 8},
	{"secmark", 1 << 9}, {NULL, 0},
};

static int ct_notrack(const struct given *g)
{
	g->target->ct.notrack = true;
	return 0;
}

static int ct_unsupported(const struct given *g)
{
	return text_fail(g->err, "CT %s is not supported yet", g->option->name);
}

static int ct_events(const struct given *g)
{
	struct target_ct *ct = &g->target->ct;
	bool expectations = g->option->id == CT_EXPEVENTS;
	uint32_t bits = 0;
	int rc = scan_names(event_name, g->arg[0], "event", &bits, g->err);

	if (expectations)
		ct->expevents = (uint16_t)bits;
	else
		ct->ctevents = (uint16_t)bits;
	return rc;
}

static int ct_zone(const struct given *g)
{
	struct target_ct *ct = &g->target->ct;
	const char *name = g->option->name;
	uint64_t zone = 0;

	if (!strcmp(name, "--zone-orig"))
		ct->zone_dirs |= CT_ZONE_ORIG;
	else if (!strcmp(name, "--zone-reply"))
		ct->zone_dirs |= CT_ZONE_REPLY;
	if (!strcmp(g->arg[0], "mark"))
		ct->zone_mark = true;
	else if (!scan_u64(g->arg[0], 0, UINT16_MAX, &zone))
		return text_fail(g->err, "'%s' is not a zone, 0 to 65535",
				 g->arg[0]);
	ct->zone = (uint16_t)zone;
	return 0;
}

static void put_events(const char *dashes, const char *what, uint16_t bits,
		       struct nat_sink out)
{
	const char *before = " ";

	if (!bits)
		return;
	text_printf(out, " %s%s", dashes, what);
	for (const struct scan_name *e = event_name; e->name; e++) {
		if (!(bits & e->value))
			continue;
		text_printf(out, "%s%s", before, e->name);
		before = ",";
	}
}

static void put_zone(const char *dashes, const struct target_ct *ct,
		     struct nat_sink out)
{
	static const char *const name[] = {
		[0] = "zone",
		[CT_ZONE_ORIG] = "zone-orig",
		[CT_ZONE_REPLY] = "zone-reply",
		[CT_ZONE_ORIG | CT_ZONE_REPLY] = "zone",
	};

	if (ct->zone_mark)
		text_printf(out, " %s%s mark", dashes, name[ct->zone_dirs]);
	else if (ct->zone)
		text_printf(out, " %s%s %u", dashes, name[ct->zone_dirs],
			    ct->zone);
}

static void put_ct(const char *dashes, const struct target_ct *ct,
		   struct nat_sink out)
{
	if (ct->notrack)
		text_printf(out, " %snotrack", dashes);
	put_events(dashes, "ctevents", ct->ctevents, out);
	put_events(dashes, "expevents", ct->expevents, out);
	put_zone(dashes, ct, out);
}

static void ct_list(const struct target *t, struct nat_sink out)
{
	text_puts(out, " CT");
	put_ct("", &t->ct, out);
}

static void ct_save(const struct target *t, struct nat_sink out)
{
	put_ct("--", &t->ct, out);
}

static void notrack_list(const struct target *t, struct nat_sink out)
{
	(void)t;
	text_puts(out, " NOTRACK");
}

static const struct text_option ct_options[] = {
	{"--notrack", CT_NOTRACK, 0, false, false, ct_notrack},
	{"--helper", CT_HELPER, 1, false, false, ct_unsupported},
	{"--timeout", CT_TIMEOUT, 1, false, false, ct_unsupported},
	{"--ctevents", CT_CTEVENTS, 1, false, false, ct_events},
	{"--expevents", CT_EXPEVENTS, 1, false, false, ct_events},
	{"--zone", CT_ZONE, 1, false, false, ct_zone},
	{"--zone-orig", CT_ONE_ZONE, 1, false, true, ct_zone},
	{"--zone-reply", CT_ONE_ZONE, 1, false, true, ct_zone},
	{.name = NULL},
};

enum { RAW_TABLE = 1 << TABLE_RAW };

const struct target_type target_type_ct = {
	.name = "CT",
	.tables = RAW_TABLE,
	.hooks = ALL_HOOKS,
	.options = ct_options,
	.list = ct_list,
	.save = ct_save,
};

const struct target_type target_type_notrack = {
	.name = "NOTRACK",
	.listed_as = "CT", /* which it is an alias of */
	.tables = RAW_TABLE,
	.hooks = ALL_HOOKS,
	.list = notrack_list,
};

const struct target_type target_type_trace = {
	.name = "TRACE",
	.tables = RAW_TABLE,
	.hooks = ALL_HOOKS,
};
