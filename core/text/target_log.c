/* SPDX-License-Identifier: BSD-2-Clause
 * -j LOG and NFLOG: nothing is written, but rules have them. */
#include <inttypes.h>
#include <string.h>

#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

static int scan_prefix_text(const struct given *g, char *to, size_t size)
{
	size_t len = strlen(g->arg[0]);

	if (!len || len >= size || strchr(g->arg[0], '\n'))
		return text_fail(g->err,
				 "'%s' is not a prefix of 1 to %zu bytes",
				 g->arg[0], size - 1);
	memcpy(to, g->arg[0], len + 1);
	return 0;
}

/* ------------------------------------------------------------------ LOG */

enum {
	LOG_LEVEL,
	LOG_PREFIX,
	LOG_SEQUENCE,
	LOG_TCP_OPTIONS,
	LOG_IP_OPTIONS,
	LOG_UID,
	LOG_MACDECODE,
};
enum { LOG_DEFAULT_LEVEL = 4 };

static const struct {
	const char *name;
	uint8_t id, bit;
} log_flag[] = {
	{"--log-tcp-sequence", LOG_SEQUENCE, 1 << 0},
	{"--log-tcp-options", LOG_TCP_OPTIONS, 1 << 1},
	{"--log-ip-options", LOG_IP_OPTIONS, 1 << 2},
	{"--log-uid", LOG_UID, 1 << 3},
	{"--log-macdecode", LOG_MACDECODE, 1 << 5},
};

static void log_init(struct target *t)
{
	t->log.level = LOG_DEFAULT_LEVEL;
}

/* The first of a level is the one printed. */
static const struct scan_name level_name[] = {
	{"emerg", 0}, {"alert", 1},  {"crit", 2},    {"err", 3},
	{"warn", 4},  {"notice", 5}, {"info", 6},    {"debug", 7},
	{"panic", 0}, {"error", 3},  {"warning", 4}, {NULL, 0},
};

static int log_level(const struct given *g)
{
	uint32_t level = 0;

	if (!scan_u32(g->arg[0], 7, &level) &&
	    !scan_name(level_name, g->arg[0], &level))
		return text_fail(g->err, "unknown log level '%s'", g->arg[0]);
	g->target->log.level = (uint8_t)level;
	return 0;
}

static int log_prefix(const struct given *g)
{
	return scan_prefix_text(g, g->target->log.prefix, LOG_PREFIX_LEN);
}

static int log_set_flag(const struct given *g)
{
	for (size_t i = 0; i < ARRAY_LEN(log_flag); i++)
		if (log_flag[i].id == g->option->id)
			g->target->log.flags |= log_flag[i].bit;
	return 0;
}

static void log_list(const struct target *t, struct nat_sink out)
{
	text_printf(out, " LOG flags %u level %u", t->log.flags, t->log.level);
	if (*t->log.prefix)
		text_printf(out, " prefix \"%s\"", t->log.prefix);
}

static void log_list_words(const struct target *t, struct nat_sink out)
{
	text_printf(out, " LOG level %s", level_name[t->log.level].name);
	for (size_t i = 0; i < ARRAY_LEN(log_flag); i++)
		if (t->log.flags & log_flag[i].bit)
			text_printf(out, " %s",
				    log_flag[i].name + strlen("--log-"));
	if (*t->log.prefix)
		text_printf(out, " prefix \"%s\"", t->log.prefix);
}

static void log_save(const struct target *t, struct nat_sink out)
{
	if (*t->log.prefix) {
		text_puts(out, " --log-prefix ");
		text_word(out, t->log.prefix);
	}
	if (t->log.level != LOG_DEFAULT_LEVEL)
		text_printf(out, " --log-level %u", t->log.level);
	for (size_t i = 0; i < ARRAY_LEN(log_flag); i++)
		if (t->log.flags & log_flag[i].bit)
			text_printf(out, " %s", log_flag[i].name);
}

static const struct text_option log_options[] = {
	{"--log-level", LOG_LEVEL, 1, false, false, log_level},
	{"--log-prefix", LOG_PREFIX, 1, false, false, log_prefix},
	{"--log-tcp-sequence", LOG_SEQUENCE, 0, false, false, log_set_flag},
	{"--log-tcp-options", LOG_TCP_OPTIONS, 0, false, false, log_set_flag},
	{"--log-ip-options", LOG_IP_OPTIONS, 0, false, false, log_set_flag},
	{"--log-uid", LOG_UID, 0, false, false, log_set_flag},
	{"--log-macdecode", LOG_MACDECODE, 0, false, false, log_set_flag},
	{.name = NULL},
};

const struct target_type target_type_log = {
	.name = "LOG",
	.tables = ALL_TABLES,
	.hooks = ALL_HOOKS,
	.options = log_options,
	.init = log_init,
	.list = log_list,
	.list_words = log_list_words,
	.save = log_save,
};

/* ---------------------------------------------------------------- NFLOG */

enum { NFLOG_GROUP, NFLOG_PREFIX, NFLOG_LEN, NFLOG_THRESHOLD };

static int scan_number(const struct given *g, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;

	if (!scan_u64(g->arg[0], 0, max, &v))
		return text_fail(g->err, "'%s' is not a number up to %" PRIu32,
				 g->arg[0], max);
	*out = (uint32_t)v;
	return 0;
}

static int nflog_short(const struct given *g)
{
	struct target_nflog *t = &g->target->nflog;
	uint32_t v = 0;
	int rc = scan_number(g, UINT16_MAX, &v);

	if (g->option->id == NFLOG_GROUP)
		t->group = (uint16_t)v;
	else
		t->threshold = (uint16_t)v;
	return rc;
}

static int nflog_prefix(const struct given *g)
{
	return scan_prefix_text(g, g->target->nflog.prefix, NFLOG_PREFIX_LEN);
}

static int nflog_range(const struct given *g)
{
	return scan_number(g, UINT32_MAX, &g->target->nflog.len);
}

static int nflog_size(const struct given *g)
{
	g->target->nflog.sized = true;
	return nflog_range(g);
}

static void put_nflog(const struct target_nflog *t, const char *dashes,
		      struct nat_sink out)
{
	if (*t->prefix) {
		text_printf(out, " %snflog-prefix ", dashes);
		text_word(out, t->prefix);
	}
	if (t->group)
		text_printf(out, " %snflog-group %u", dashes, t->group);
	if (t->sized)
		text_printf(out, " %snflog-size %" PRIu32, dashes, t->len);
	else if (t->len)
		text_printf(out, " %snflog-range %" PRIu32, dashes, t->len);
	if (t->threshold)
		text_printf(out, " %snflog-threshold %u", dashes, t->threshold);
}

static void nflog_list(const struct target *t, struct nat_sink out)
{
	put_nflog(&t->nflog, "", out);
}

static void nflog_save(const struct target *t, struct nat_sink out)
{
	put_nflog(&t->nflog, "--", out);
}

static const struct text_option nflog_options[] = {
	{"--nflog-group", NFLOG_GROUP, 1, false, false, nflog_short},
	{"--nflog-prefix", NFLOG_PREFIX, 1, false, false, nflog_prefix},
	{"--nflog-range", NFLOG_LEN, 1, false, false, nflog_range},
	{"--nflog-size", NFLOG_LEN, 1, false, false, nflog_size},
	{"--nflog-threshold", NFLOG_THRESHOLD, 1, false, false, nflog_short},
	{.name = NULL},
};

const struct target_type target_type_nflog = {
	.name = "NFLOG",
	.tables = ALL_TABLES,
	.hooks = ALL_HOOKS,
	.options = nflog_options,
	.list = nflog_list,
	.save = nflog_save,
};
