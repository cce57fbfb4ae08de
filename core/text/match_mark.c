/* SPDX-License-Identifier: BSD-2-Clause
 * -m mark and connmark. */
#include <inttypes.h>

#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

enum { MARK_MARK };

static int mark_mark(const struct given *g)
{
	struct match_mark *m = &g->match->mark;

	m->mask = UINT32_MAX;
	m->invert = g->invert;
	return scan_mark(g->arg[0], &m->mark, &m->mask, g->err);
}

static void put_mark(const struct match_mark *m, struct nat_sink out)
{
	text_printf(out, " 0x%" PRIx32, m->mark);
	if (m->mask != UINT32_MAX)
		text_printf(out, "/0x%" PRIx32, m->mask);
}

static void mark_list(const struct match *m, bool numeric, struct nat_sink out)
{
	(void)numeric;
	text_printf(out, " mark match%s", m->mark.invert ? " !" : "");
	put_mark(&m->mark, out);
}

static void connmark_list(const struct match *m, bool numeric,
			  struct nat_sink out)
{
	(void)numeric;
	text_printf(out, " connmark match %s", m->mark.invert ? "!" : "");
	put_mark(&m->mark, out);
}

static void mark_save(const struct match *m, struct nat_sink out)
{
	text_printf(out, "%s --mark", m->mark.invert ? " !" : "");
	put_mark(&m->mark, out);
}

static const struct text_option mark_options[] = {
	{"--mark", MARK_MARK, 1, true, false, mark_mark},
	{.name = NULL},
};

const struct match_type match_type_mark = {
	.name = "mark",
	.required = OPTION_BIT(MARK_MARK),
	.options = mark_options,
	.list = mark_list,
	.save = mark_save,
};

const struct match_type match_type_connmark = {
	.name = "connmark",
	.required = OPTION_BIT(MARK_MARK),
	.options = mark_options,
	.list = connmark_list,
	.save = mark_save,
};
