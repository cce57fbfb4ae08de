/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Counts distinct keys of one size, from 0 in order of appearance, and keeps
 * a number for each. Grows; nothing is ever removed. */
#ifndef NATBENCH_KEYMAP_H
#define NATBENCH_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keymap {
	uint32_t n; /* keys there are */
	uint32_t key_size;
	uint32_t room; /* for keys; the table has twice as many places */
	uint8_t *keys; /* in order of appearance */
	uint32_t *values;
	uint32_t *table; /* 1 + index of a key, 0 free */
};

void keymap_init(struct keymap *m, uint32_t key_size);
void keymap_free(struct keymap *m);

uint64_t keymap_hash(const struct keymap *m, const void *key);
/* False: there is no such key. */
bool keymap_find(const struct keymap *m, const void *key, uint32_t *index);
/* Finds the key or adds it with value 0. False: no memory. */
bool keymap_get(struct keymap *m, const void *key, uint32_t *index,
		bool *fresh);

static inline uint32_t *keymap_value(const struct keymap *m, uint32_t index)
{
	return &m->values[index];
}

#endif
