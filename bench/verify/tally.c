/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Few names: a list will do. */
#include "verify/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tally_row *row_of(struct tally *t, const char *name,
				uint64_t number)
{
	struct tally_row *more;

	for (unsigned i = 0; i < t->n_rows; i++)
		if (!strcmp(t->row[i].name, name))
			return &t->row[i];
	more = realloc(t->row, (t->n_rows + 1) * sizeof(*more));
	if (!more)
		return NULL;
	t->row = more;
	more += t->n_rows++;
	*more = (struct tally_row){.first = number};
	(void)snprintf(more->name, sizeof(more->name), "%s", name);
	return more;
}

struct tally_row *tally_add(struct tally *t, const char *name, uint64_t n,
			    uint64_t number)
{
	struct tally_row *r = n ? row_of(t, name, number) : NULL;

	t->total += n;
	if (r)
		r->n += n;
	return r;
}

uint64_t tally_of(const struct tally *t, const char *name)
{
	for (unsigned i = 0; i < t->n_rows; i++)
		if (!strcmp(t->row[i].name, name))
			return t->row[i].n;
	return 0;
}

void tally_free(struct tally *t)
{
	for (unsigned i = 0; i < t->n_rows; i++)
		free(t->row[i].example);
	free(t->row);
	*t = (struct tally){.n_rows = 0};
}
