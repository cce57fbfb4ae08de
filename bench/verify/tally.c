/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Few names: a list will do. */
#include "verify/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tally_row *row_of(struct tally *t, const char *name)
{
	struct tally_row *r;

	for (unsigned i = 0; i < t->n_rows; i++)
		if (!strcmp(t->row[i].name, name))
			return &t->row[i];
	if (t->n_rows == TALLY_NAMES - 1 && strcmp(name, "other") != 0)
		return row_of(t, "other");
	r = &t->row[t->n_rows++];
	(void)snprintf(r->name, sizeof(r->name), "%s", name);
	return r;
}

struct tally_row *tally_add(struct tally *t, const char *name, uint64_t n,
			    uint64_t number)
{
	struct tally_row *r = row_of(t, name);

	if (!r->n)
		r->first = number;
	r->n += n;
	t->total += n;
	return r;
}

void tally_free(struct tally *t)
{
	for (unsigned i = 0; i < t->n_rows; i++)
		free(t->row[i].example);
	*t = (struct tally){.n_rows = 0};
}
