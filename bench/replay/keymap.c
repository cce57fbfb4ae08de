/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Open addressing with linear probing, at most half full. */
#include "replay/keymap.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024, MOST_ROOM = 1 << 30 };

void keymap_init(struct keymap *m, uint32_t key_size)
{
	*m = (struct keymap){.key_size = key_size};
}

void keymap_free(struct keymap *m)
{
	free(m->keys);
	free(m->values);
	free(m->table);
	keymap_init(m, m->key_size);
}

static uint64_t mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0x9e3779b97f4a7c15);
	return x ^ x >> 29;
}

uint64_t keymap_hash(const struct keymap *m, const void *key)
{
	const uint8_t *p = key;
	uint64_t h = m->key_size, word;

	for (uint32_t i = 0; i < m->key_size; i += sizeof(uint32_t)) {
		uint32_t part;

		memcpy(&part, p + i, sizeof(part));
		word = part;
		h = mix(h ^ word) + word;
	}
	return mix(h);
}

static const uint8_t *key_at(const struct keymap *m, uint32_t i)
{
	return m->keys + (size_t)i * m->key_size;
}

/* The key's place in the table, or the free one where it belongs. */
static uint32_t *place_of(const struct keymap *m, const void *key)
{
	uint32_t mask = m->room * 2 - 1;
	uint32_t i = (uint32_t)keymap_hash(m, key) & mask;

	while (m->table[i] &&
	       memcmp(key_at(m, m->table[i] - 1), key, m->key_size) != 0)
		i = (i + 1) & mask;
	return &m->table[i];
}

bool keymap_find(const struct keymap *m, const void *key, uint32_t *index)
{
	const uint32_t *place;

	if (!m->n)
		return false;
	place = place_of(m, key);
	*index = *place - 1;
	return *place;
}

static bool grow(struct keymap *m)
{
	uint32_t room = m->room ? m->room * 2 : FIRST_ROOM;
	uint8_t *keys;
	uint32_t *values, *table;

	if (room > MOST_ROOM)
		return false;
	keys = realloc(m->keys, (size_t)room * m->key_size);
	if (keys)
		m->keys = keys;
	values = realloc(m->values, room * sizeof(*values));
	if (values)
		m->values = values;
	table = calloc(room * (size_t)2, sizeof(*table));
	if (!keys || !values || !table) {
		free(table);
		return false;
	}
	free(m->table);
	m->table = table;
	m->room = room;
	for (uint32_t i = 0; i < m->n; i++)
		*place_of(m, key_at(m, i)) = i + 1;
	return true;
}

bool keymap_get(struct keymap *m, const void *key, uint32_t *index, bool *fresh)
{
	uint32_t *place;

	*fresh = false;
	if (keymap_find(m, key, index))
		return true;
	if (m->n == m->room && !grow(m))
		return false;
	place = place_of(m, key);
	*place = m->n + 1;
	memcpy(m->keys + (size_t)m->n * m->key_size, key, m->key_size);
	m->values[m->n] = 0;
	*index = m->n++;
	*fresh = true;
	return true;
}
