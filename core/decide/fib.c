/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Compiles a topology for one family, once, and frees the outcome. */
#include "decide/fib.h"

#include <stdlib.h>

#include "decide/fib_compile.h"
#include "text/text.h"

bool fib_no_memory(struct compiler *c)
{
	text_no_memory(c->err);
	return false;
}

struct fib_map_node {
	struct fib_map_node *next;
	struct interval_map map;
};

const struct interval_map *fib_freeze(struct compiler *c, const struct spans *s)
{
	struct fib_map_node *node = malloc(sizeof(*node));

	if (!node || !interval_map_make(&node->map, c->family, s)) {
		free(node);
		return NULL;
	}
	node->next = c->fib->maps;
	c->fib->maps = node;
	return &node->map;
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
	for (struct fib_map_node *node = fib->maps, *next; node; node = next) {
		next = node->next;
		interval_map_free(&node->map);
		free(node);
	}
	free(fib->entry);
	free(fib->policy);
	free(fib->vantage);
	free(fib);
}
