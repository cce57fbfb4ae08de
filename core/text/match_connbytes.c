/* SPDX-License-Identifier: BSD-2-Clause
 * -m connbytes. */
#include <inttypes.h>
#include <string.h>

#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

enum { CONNBYTES_RANGE, CONNBYTES_DIR, CONNBYTES_MODE };

static const struct scan_name mode_name[] = {
	{"packets", CONNBYTES_PACKETS},
	{"bytes", CONNBYTES_BYTES},
	{"avgpkt", CONNBYTES_AVERAGE},
	{NULL, 0},
};

static const struct scan_name dir_name[] = {
	{"original", NAT_ORIGINAL},
	{"reply", NAT_REPLY},
	{"both", CONNBYTES_BOTH},
	{NULL, 0},
};

/* FROM[:[TO]] */
static int connbytes_range(const struct given *g)
{
	struct match_connbytes *m = &g->match->connbytes;
	char word[64];
	size_t len = strlen(g->arg[0]);
	bool ok = len < sizeof(word);

	m->invert = g->invert;
	if (ok) {
		memcpy(word, g->arg[0], len + 1);
		char *to = scan_split(word, ':');

		ok = scan_u64(word, 0, UINT64_MAX, &m->from) &&
		     (!to || !*to || scan_u64(to, 0, UINT64_MAX, &m->to));
	}
	if (!ok || (m->to && m->to < m->from))
		return text_fail(g->err, "'%s' is not FROM or FROM:TO",
				 g->arg[0]);
	return 0;
}

static int connbytes_mode(const struct given *g)
{
	uint32_t v = 0;

	if (!scan_name(mode_name, g->arg[0], &v))
		return text_fail(g->err, "unknown mode '%s'", g->arg[0]);
	g->match->connbytes.what = (uint8_t)v;
	return 0;
}

static int connbytes_dir(const struct given *g)
{
	uint32_t v = 0;

	if (!scan_name(dir_name, g->arg[0], &v))
		return text_fail(g->err, "unknown direction '%s'", g->arg[0]);
	g->match->connbytes.dir = (uint8_t)v;
	return 0;
}

static void put_range(const struct match_connbytes *m, struct nat_sink out)
{
	text_printf(out, " %" PRIu64, m->from);
	if (m->to)
		text_printf(out, ":%" PRIu64, m->to);
}

static void connbytes_list(const struct match *m, bool numeric,
			   struct nat_sink out)
{
	const struct match_connbytes *c = &m->connbytes;

	(void)numeric;
	text_printf(out, "%s connbytes", c->invert ? " !" : "");
	put_range(c, out);
	text_printf(out, " connbytes mode %s connbytes direction %s",
		    mode_name[c->what].name, dir_name[c->dir].name);
}

static void connbytes_save(const struct match *m, struct nat_sink out)
{
	const struct match_connbytes *c = &m->connbytes;

	text_printf(out, "%s --connbytes", c->invert ? " !" : "");
	put_range(c, out);
	text_printf(out, " --connbytes-mode %s --connbytes-dir %s",
		    mode_name[c->what].name, dir_name[c->dir].name);
}

static const struct text_option connbytes_options[] = {
	{"--connbytes", CONNBYTES_RANGE, 1, true, false, connbytes_range},
	{"--connbytes-dir", CONNBYTES_DIR, 1, false, false, connbytes_dir},
	{"--connbytes-mode", CONNBYTES_MODE, 1, false, false, connbytes_mode},
	{.name = NULL},
};

const struct match_type match_type_connbytes = {
	.name = "connbytes",
	.required = OPTION_BIT(CONNBYTES_RANGE) | OPTION_BIT(CONNBYTES_DIR) |
		    OPTION_BIT(CONNBYTES_MODE),
	.options = connbytes_options,
	.list = connbytes_list,
	.save = connbytes_save,
};
