/* SPDX-License-Identifier: BSD-2-Clause
 * Datagrams of which fragments entered. */
#include "replay/joins.h"

#include <stdlib.h>
#include <string.h>

static bool is_of(const struct join *j, const struct wire *w, uint16_t in_if)
{
	return j->used && j->datagram == w->datagram && j->in_if == in_if &&
	       !memcmp(&j->src, &w->t.src, sizeof(j->src)) &&
	       !memcmp(&j->dst, &w->t.dst, sizeof(j->dst));
}

struct join *joins_of(struct joins *all, const struct wire *w, uint16_t in_if)
{
	struct join *oldest = &all->join[0], *j = NULL;

	for (unsigned i = 0; i < JOINS && !j; i++) {
		if (is_of(&all->join[i], w, in_if))
			j = &all->join[i];
		if (all->join[i].used < oldest->used)
			oldest = &all->join[i];
	}
	if (!j) {
		j = oldest;
		join_forget(j);
		j->src = w->t.src;
		j->dst = w->t.dst;
		j->datagram = w->datagram;
		j->in_if = in_if;
	}
	j->used = ++all->clock;
	return j;
}

void join_forget(struct join *j)
{
	j->used = 0;
	whole_forget(&j->captured);
	whole_forget(&j->entered);
}

void joins_free(struct joins *all)
{
	if (!all)
		return;
	for (unsigned i = 0; i < JOINS; i++) {
		whole_free(&all->join[i].captured);
		whole_free(&all->join[i].entered);
	}
	whole_free(&all->left);
	free(all);
}
