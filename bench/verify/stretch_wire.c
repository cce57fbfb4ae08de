/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Numbers as they lie in memory; texts behind their length. */
#include "verify/stretch_wire.h"

#include <stdlib.h>
#include <string.h>

static bool put(FILE *to, const void *bytes, size_t n)
{
	return fwrite(bytes, 1, n, to) == n;
}

static bool get(FILE *from, void *bytes, size_t n)
{
	return fread(bytes, 1, n, from) == n;
}

bool stretch_put_text(FILE *to, const char *text)
{
	size_t n = text ? strlen(text) + 1 : 0;

	return put(to, &n, sizeof(n)) && put(to, text ? text : "", n);
}

bool stretch_get_text(FILE *from, char **text)
{
	size_t n;

	*text = NULL;
	if (!get(from, &n, sizeof(n)))
		return false;
	if (!n)
		return true;
	*text = calloc(1, n);
	return *text && get(from, *text, n);
}

static bool put_tally(FILE *to, const struct tally *t)
{
	bool ok = put(to, &t->n_rows, sizeof(t->n_rows));

	for (unsigned i = 0; ok && i < t->n_rows; i++)
		ok = put(to, &t->row[i], sizeof(t->row[i])) &&
		     stretch_put_text(to, t->row[i].example);
	return ok;
}

static bool get_tally(FILE *from, struct tally *t)
{
	unsigned n;

	if (!get(from, &n, sizeof(n)))
		return false;
	for (unsigned i = 0; i < n; i++) {
		struct tally_row in, *row;

		if (!get(from, &in, sizeof(in)))
			return false;
		row = tally_add(t, in.name, in.n, in.first);
		if (!row || !stretch_get_text(from, &row->example))
			return false;
	}
	return true;
}

/* The numbers of a verification. */
struct numbers {
	uint64_t packets, divergences, follow_ups;
	size_t conntrack_compared, conntrack_differ;
	size_t rules_compared, rules_differ;
};

bool stretch_put(FILE *to, const struct verify *v)
{
	const struct numbers n = {
		v->packets,          v->divergences,
		v->follow_ups,       v->conntrack_compared,
		v->conntrack_differ, v->rules_compared,
		v->rules_differ,
	};

	return put(to, &n, sizeof(n)) && put_tally(to, &v->kinds) &&
	       put_tally(to, &v->exceptions) && put_tally(to, &v->unsupported);
}

bool stretch_get(FILE *from, struct verify *v)
{
	struct numbers n;

	*v = (struct verify){.packets = 0};
	if (!get(from, &n, sizeof(n)))
		return false;
	v->packets = n.packets;
	v->divergences = n.divergences;
	v->follow_ups = n.follow_ups;
	v->conntrack_compared = n.conntrack_compared;
	v->conntrack_differ = n.conntrack_differ;
	v->rules_compared = n.rules_compared;
	v->rules_differ = n.rules_differ;
	return get_tally(from, &v->kinds) && get_tally(from, &v->exceptions) &&
	       get_tally(from, &v->unsupported);
}
