/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Counts distinct keys, from 0 in order of appearance, and keeps an entry for
 * each. Grows; nothing is ever removed.
 *
 * Large maps lie in cache misses, so who has many keys to look for asks for
 * them ahead: keymap_aim() with the hash, some keys later keymap_fetch(), some
 * later keymap_find() or keymap_get(). */
#ifndef NATBENCH_KEYMAP_H
#define NATBENCH_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/region.h"

enum { KEYMAP_KEY = 40 }; /* bytes of a key */

struct keymap_place {
	uint32_t hash;
	uint32_t entry; /* 1 + its index, 0 free */
};

/* Entries begin with their keys; what else is in them is the caller's, and at
 * first zero. */
struct keymap {
	uint32_t n; /* keys there are */
	uint32_t entry_size;
	uint32_t mask;         /* places there are, minus one */
	struct region entries; /* in order of appearance */
	struct region table;   /* struct keymap_place */
};

void keymap_init(struct keymap *m, uint32_t entry_size);
void keymap_free(struct keymap *m);

uint32_t keymap_hash(const void *key);
/* False: there is no such key. @hash is the key's. */
bool keymap_find(const struct keymap *m, const void *key, uint32_t hash,
		 uint32_t *index);
/* Finds the key or adds it. False: no memory. */
bool keymap_get(struct keymap *m, const void *key, uint32_t hash,
		uint32_t *index, bool *fresh);

static inline void *keymap_at(const struct keymap *m, uint32_t index)
{
	return m->entries.base + (size_t)index * m->entry_size;
}

static inline struct keymap_place *keymap_place(const struct keymap *m,
						uint32_t i)
{
	return (struct keymap_place *)(void *)m->table.base + (i & m->mask);
}

static inline void keymap_aim(const struct keymap *m, uint32_t hash)
{
	if (m->table.base)
		__builtin_prefetch(keymap_place(m, hash));
}

static inline void keymap_fetch(const struct keymap *m, uint32_t hash)
{
	uint32_t entry = m->table.base ? keymap_place(m, hash)->entry : 0;

	if (entry)
		__builtin_prefetch(keymap_at(m, entry - 1));
}

#endif
