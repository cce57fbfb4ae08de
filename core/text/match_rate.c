/* SPDX-License-Identifier: BSD-2-Clause
 * -m statistic and -m limit: the matches that keep state. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

/* ------------------------------------------------------------ statistic */

enum { STAT_MODE, STAT_PROBABILITY, STAT_EVERY, STAT_PACKET };

/* Probabilities are in units of 2^-31. */
#define PROBABILITY_ONE (UINT64_C(1) << 31)

static int stat_mode(const struct given *g)
{
	g->match->statistic.nth = !strcmp(g->arg[0], "nth");
	if (!g->match->statistic.nth && strcmp(g->arg[0], "random") != 0)
		return text_fail(g->err, "mode '%s' is neither random nor nth",
				 g->arg[0]);
	return 0;
}

/* A decimal fraction from 0 to 1. Fifteen digits are exact in a double, and
 * so is the power of ten: one rounding, as strtod() has it, in any locale. */
static bool scan_fraction(const char *s, double *out)
{
	enum { DIGITS = 15 };
	double value = 0, scale = 1;
	bool point = false;
	int digits = 0;

	for (; *s; s++) {
		if (*s == '.' && !point) {
			point = true;
			continue;
		}
		if (*s < '0' || *s > '9')
			return false;
		if (digits++ >= DIGITS)
			continue;
		value = value * 10 + (*s - '0');
		scale *= point ? 10 : 1;
	}
	*out = value / scale;
	return digits && *out <= 1;
}

static int stat_probability(const struct given *g)
{
	double p = 0;

	if (!scan_fraction(g->arg[0], &p))
		return text_fail(g->err,
				 "probability '%s' is not between 0 and 1",
				 g->arg[0]);
	g->match->statistic.probability =
		(uint32_t)(p * (double)PROBABILITY_ONE + 0.5);
	g->match->statistic.invert = g->invert;
	return 0;
}

static int stat_every(const struct given *g)
{
	struct match_statistic *m = &g->match->statistic;

	if (!scan_u32(g->arg[0], UINT32_MAX, &m->every) || !m->every)
		return text_fail(g->err, "'%s' is not a number of packets",
				 g->arg[0]);
	m->invert = g->invert;
	return 0;
}

static int stat_packet(const struct given *g)
{
	if (!scan_u32(g->arg[0], UINT32_MAX, &g->match->statistic.packet))
		return text_fail(g->err, "'%s' is not the number of a packet",
				 g->arg[0]);
	return 0;
}

static int stat_check(const struct rule *r, const struct match *m,
		      uint32_t seen, struct nat_error *err)
{
	const uint32_t random = OPTION_BIT(STAT_PROBABILITY);
	const uint32_t nth = OPTION_BIT(STAT_EVERY) | OPTION_BIT(STAT_PACKET);

	(void)r;
	if (m->statistic.nth && (seen & (nth | random)) != nth)
		return text_fail(err, "mode nth takes --every and --packet");
	if (!m->statistic.nth && (seen & (nth | random)) != random)
		return text_fail(err, "mode random takes --probability");
	if (m->statistic.nth && m->statistic.packet >= m->statistic.every)
		return text_fail(err,
				 "--packet %" PRIu32
				 " is not less than --every %" PRIu32,
				 m->statistic.packet, m->statistic.every);
	return 0;
}

/* p / 2^31 with eleven decimals, the last rounded to even. */
static void put_probability(uint32_t p, struct nat_sink out)
{
	const uint64_t mask = PROBABILITY_ONE - 1;
	uint64_t high = p * UINT64_C(100000);
	uint64_t low = (high & mask) * UINT64_C(1000000);
	uint64_t digits = (high >> 31) * 1000000 + (low >> 31);
	uint64_t rest = low & mask;

	if (rest > PROBABILITY_ONE / 2 ||
	    (rest == PROBABILITY_ONE / 2 && (digits & 1)))
		digits++;
	text_printf(out, "%" PRIu64 ".%011" PRIu64,
		    digits / UINT64_C(100000000000),
		    digits % UINT64_C(100000000000));
}

static void stat_put(const struct match_statistic *m, const char *dashes,
		     bool packet, struct nat_sink out)
{
	text_printf(out, " %smode %s%s %s", dashes, m->nth ? "nth" : "random",
		    m->invert ? " !" : "", dashes);
	if (!m->nth) {
		text_puts(out, "probability ");
		put_probability(m->probability, out);
		return;
	}
	text_printf(out, "every %" PRIu32, m->every);
	if (packet)
		text_printf(out, " %spacket %" PRIu32, dashes, m->packet);
}

static void stat_list(const struct match *m, bool numeric, struct nat_sink out)
{
	(void)numeric;
	text_puts(out, " statistic");
	stat_put(&m->statistic, "", m->statistic.packet, out);
}

static void stat_save(const struct match *m, struct nat_sink out)
{
	stat_put(&m->statistic, "--", true, out);
}

static const struct text_option stat_options[] = {
	{"--mode", STAT_MODE, 1, false, false, stat_mode},
	{"--probability", STAT_PROBABILITY, 1, true, false, stat_probability},
	{"--every", STAT_EVERY, 1, true, false, stat_every},
	{"--packet", STAT_PACKET, 1, false, false, stat_packet},
	{.name = NULL},
};

const struct match_type match_type_statistic = {
	.name = "statistic",
	.required = OPTION_BIT(STAT_MODE),
	.options = stat_options,
	.check = stat_check,
	.list = stat_list,
	.save = stat_save,
};

/* ---------------------------------------------------------------- limit */

enum { LIMIT_RATE, LIMIT_BURST };
enum { LIMIT_BURST_DEFAULT = 5, LIMIT_BURST_MAX = 10000 };

/* From the slowest, as the printer tries them. */
static const struct {
	const char *unit; /* any beginning of it is read */
	const char *printed;
	uint32_t seconds;
} rate[] = {
	{"day", "day", 24 * 60 * 60},
	{"hour", "hour", 60 * 60},
	{"minute", "min", 60},
	{"second", "sec", 1},
};

static void limit_init(struct match *m)
{
	m->limit.avg = 60 * 60 * LIMIT_SCALE / 3; /* 3/hour */
	m->limit.burst = LIMIT_BURST_DEFAULT;
}

static bool scan_unit(const char *s, uint32_t *seconds)
{
	size_t len = strlen(s);

	for (size_t i = 0; len && i < ARRAY_LEN(rate); i++) {
		if (!strncasecmp(rate[i].unit, s, len)) {
			*seconds = rate[i].seconds;
			return true;
		}
	}
	return false;
}

static int limit_rate(const struct given *g)
{
	char word[32];
	uint32_t n = 0, seconds = 1;
	size_t len = strlen(g->arg[0]);
	bool ok = len < sizeof(word);

	if (ok) {
		memcpy(word, g->arg[0], len + 1);
		char *unit = scan_split(word, '/');

		ok = scan_u32(word, UINT32_MAX, &n) && n &&
		     (!unit || scan_unit(unit, &seconds));
	}
	if (!ok)
		return text_fail(g->err,
				 "'%s' is not a rate as 5/second, 5/minute, "
				 "5/hour or 5/day",
				 g->arg[0]);
	if (n / seconds > LIMIT_SCALE)
		return text_fail(g->err, "rate %s is too fast", g->arg[0]);
	g->match->limit.avg = LIMIT_SCALE * seconds / n;
	return 0;
}

static int limit_burst(const struct given *g)
{
	uint32_t *burst = &g->match->limit.burst;

	if (!scan_u32(g->arg[0], LIMIT_BURST_MAX, burst) || !*burst)
		return text_fail(g->err, "burst '%s' is not from 1 to %d",
				 g->arg[0], LIMIT_BURST_MAX);
	return 0;
}

static int limit_check(const struct rule *r, const struct match *m,
		       uint32_t seen, struct nat_error *err)
{
	const struct match_limit *l = &m->limit;

	(void)r;
	(void)seen;
	if (!l->avg)
		return text_fail(err, "rate is too fast");
	if (limit_credits(l->avg * l->burst) < limit_credits(l->avg))
		return text_fail(err,
				 "burst %" PRIu32
				 " is too large for so slow a rate",
				 l->burst);
	return 0;
}

/* In the fastest unit in which it is a round number, or nearly. */
static void put_rate(uint32_t avg, struct nat_sink out)
{
	size_t i = 1;

	for (; i < ARRAY_LEN(rate); i++) {
		uint32_t unit = rate[i].seconds * LIMIT_SCALE;

		if (avg > unit || unit / avg < unit % avg)
			break;
	}
	text_printf(out, "%" PRIu32 "/%s",
		    rate[i - 1].seconds * LIMIT_SCALE / avg,
		    rate[i - 1].printed);
}

static void limit_list(const struct match *m, bool numeric, struct nat_sink out)
{
	(void)numeric;
	text_puts(out, " limit: avg ");
	put_rate(m->limit.avg, out);
	text_printf(out, " burst %" PRIu32, m->limit.burst);
}

static void limit_save(const struct match *m, struct nat_sink out)
{
	text_puts(out, " --limit ");
	put_rate(m->limit.avg, out);
	if (m->limit.burst != LIMIT_BURST_DEFAULT)
		text_printf(out, " --limit-burst %" PRIu32, m->limit.burst);
}

static const struct text_option limit_options[] = {
	{"--limit", LIMIT_RATE, 1, false, false, limit_rate},
	{"--limit-burst", LIMIT_BURST, 1, false, false, limit_burst},
	{.name = NULL},
};

const struct match_type match_type_limit = {
	.name = "limit",
	.options = limit_options,
	.init = limit_init,
	.check = limit_check,
	.list = limit_list,
	.save = limit_save,
};
