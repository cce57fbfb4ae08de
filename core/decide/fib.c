/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Compiles a topology for one family, once, and frees the outcome. */
#include "decide/fib.h"

#include <stdlib.h>

#include "decide/fib_compile.h"
#include "text/array.h"
#include "text/text.h"

bool fib_no_memory(struct compiler *c)
{
	text_no_memory(c->err);
	return false;
}

struct interval_map *fib_freeze(struct compiler *c, const struct spans *s)
{
	struct fib *fib = c->fib;
	struct interval_map **maps = array_reserve(
		fib->map, fib->n_maps, 1, &fib->map_room, sizeof(*maps));
	struct interval_map *m;

	if (!maps)
		return NULL;
	fib->map = maps;
	m = malloc(sizeof(*m));
	if (m && interval_map_make(m, c->family, s)) {
		maps[fib->n_maps++] = m;
		return m;
	}
	free(m);
	return NULL;
}

static void compiler_fini(struct compiler *c)
{
	for (size_t i = 0; i < c->n_tables; i++)
		spans_free(&c->table[i].routes);
	for (size_t i = 0; i < c->fib->n_policies; i++)
		free(c->list[i].rule);
	for (size_t i = 0; i < N_FIB_MAPS; i++)
		spans_free(&c->fixed[i]);
	spans_free(&c->own);
	free(c->table);
	free(c->list);
}

struct fib *fib_new(const struct nat_topology *t, uint8_t family,
		    struct nat_error *err)
{
	struct fib *fib = calloc(1, sizeof(*fib));
	struct compiler c = {.t = t, .fib = fib, .family = family, .err = err};
	bool ok;

	if (!fib) {
		text_no_memory(err);
		return NULL;
	}
	fib->family = family;
	ok = fib_make_entries(&c) && fib_make_tables(&c) &&
	     fib_make_policies(&c);
	compiler_fini(&c);
	if (!ok) {
		fib_free(fib);
		fib = NULL;
	}
	return fib;
}

void fib_free(struct fib *fib)
{
	if (!fib)
		return;
	for (size_t i = 0; i < fib->n_maps; i++) {
		interval_map_free(fib->map[i]);
		free(fib->map[i]);
	}
	free(fib->map);
	free(fib->entry);
	free(fib->policy);
	free(fib->vantage);
	free(fib);
}
