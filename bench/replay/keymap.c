/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Open addressing with linear probing, at most half full. */
#include "replay/keymap.h"

#include <string.h>

enum { FIRST_PLACES = 1 << 14, MOST_KEYS = 1 << 30 };

void keymap_init(struct keymap *m, uint32_t entry_size)
{
	*m = (struct keymap){.entry_size = entry_size};
}

void keymap_free(struct keymap *m)
{
	region_free(&m->entries);
	region_free(&m->table);
	keymap_init(m, m->entry_size);
}

uint32_t keymap_hash(const void *key)
{
	const uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t word[KEYMAP_KEY / sizeof(uint64_t)], h = golden;

	memcpy(word, key, sizeof(word));
	for (size_t i = 0; i < sizeof(word) / sizeof(*word); i++) {
		h = (h ^ word[i]) * golden;
		h ^= h >> 32;
	}
	return (uint32_t)(h * golden >> 32);
}

/* The key's place in the table, or the free one where it belongs. */
static struct keymap_place *place_of(const struct keymap *m, const void *key,
				     uint32_t hash)
{
	struct keymap_place *p = keymap_place(m, hash);

	for (uint32_t i = hash; p->entry; p = keymap_place(m, ++i))
		if (p->hash == hash &&
		    !memcmp(keymap_at(m, p->entry - 1), key, KEYMAP_KEY))
			break;
	return p;
}

bool keymap_find(const struct keymap *m, const void *key, uint32_t hash,
		 uint32_t *index)
{
	const struct keymap_place *p;

	if (!m->table.base)
		return false;
	p = place_of(m, key, hash);
	*index = p->entry - 1;
	return p->entry;
}

/* Twice as many places. */
static bool grow(struct keymap *m)
{
	struct region old = m->table, table = {0};
	const struct keymap_place *from = (const void *)old.base;
	uint32_t n = old.base ? m->mask + 1 : 0;
	uint32_t places = n ? n * 2 : FIRST_PLACES;

	if (m->n >= MOST_KEYS ||
	    !region_reserve(&table, places * sizeof(*from)))
		return false;
	m->table = table;
	m->mask = places - 1;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = from[i].hash;

		if (!from[i].entry)
			continue;
		while (keymap_place(m, at)->entry)
			at++;
		*keymap_place(m, at) = from[i];
	}
	region_free(&old);
	return true;
}

bool keymap_get(struct keymap *m, const void *key, uint32_t hash,
		uint32_t *index, bool *fresh)
{
	struct keymap_place *p;

	*fresh = false;
	if (keymap_find(m, key, hash, index))
		return true;
	if (m->n >= m->mask / 2 && !grow(m))
		return false;
	if (!region_reserve(&m->entries, m->entry_size))
		return false;
	p = place_of(m, key, hash);
	*p = (struct keymap_place){.hash = hash, .entry = m->n + 1};
	memcpy(keymap_at(m, m->n), key, KEYMAP_KEY);
	m->entries.used += m->entry_size;
	*index = m->n++;
	*fresh = true;
	return true;
}
