/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines gathered, sorted, written. */
#include "replay/dump.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "capture/region.h"

struct lines {
	struct region text;   /* lines, each with its newline and a NUL */
	struct region starts; /* size_t: where in @text */
	bool extended, failed;
};

static void add_text(void *ctx, const char *text, size_t len)
{
	struct lines *l = ctx;

	if (l->failed || !region_reserve(&l->text, len + 1)) {
		l->failed = true;
		return;
	}
	memcpy(l->text.base + l->text.used, text, len);
	l->text.used += len;
}

static void add_line(void *ctx, const struct nat_conntrack *ct)
{
	struct lines *l = ctx;
	size_t start = l->text.used;

	if (!region_reserve(&l->starts, sizeof(start))) {
		l->failed = true;
		return;
	}
	memcpy(l->starts.base + l->starts.used, &start, sizeof(start));
	l->starts.used += sizeof(start);
	nat_conntrack_print(ct, l->extended, (struct nat_sink){add_text, l});
	add_text(l, "", 1);
}

static int compare(const void *a, const void *b, void *text)
{
	const char *base = text;

	return strcmp(base + *(const size_t *)a, base + *(const size_t *)b);
}

int dump_conntrack(struct nat_engine *e, uint64_t now_ns, bool extended,
		   FILE *out)
{
	struct lines l = {.extended = extended};
	size_t *starts, n;

	nat_engine_each(e, now_ns, add_line, &l);
	starts = (size_t *)(void *)l.starts.base;
	n = l.starts.used / sizeof(*starts);
	if (!l.failed && n)
		qsort_r(starts, n, sizeof(*starts), compare, l.text.base);
	for (size_t i = 0; !l.failed && i < n; i++)
		fputs((const char *)l.text.base + starts[i], out);
	region_free(&l.text);
	region_free(&l.starts);
	return l.failed ? -ENOMEM : 0;
}

static void write_text(void *ctx, const char *text, size_t len)
{
	FILE *out = ctx;

	(void)fwrite(text, 1, len, out);
}

int dump_rules(struct nat_engine *e, struct nat_rules *rules, FILE *out)
{
	int r = nat_engine_rule_counters(e, rules);

	if (!r)
		nat_rules_save(rules, (struct nat_sink){write_text, out});
	return r;
}

void dump_stats(const struct lanes *all, FILE *out)
{
	const char *name;
	uint64_t value;

	for (unsigned cpu = 0; cpu < all->n; cpu++) {
		const struct nat_stats *s = &all->lane[cpu].stats;

		fprintf(out, "cpu=%-4u\t", cpu);
		for (unsigned i = 0; (name = nat_conntrack_stat(s, i, &value));
		     i++)
			fprintf(out, "%s=%" PRIu64 " ", name, value);
		fputc('\n', out);
	}
}
