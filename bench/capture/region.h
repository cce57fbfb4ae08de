/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A growing stretch of memory in huge pages where the system has them. It may
 * move when it grows, cheaply: refer to it by offsets. A zero struct is an
 * empty region. */
#ifndef NATBENCH_REGION_H
#define NATBENCH_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region {
	uint8_t *base;
	size_t used, size; /* bytes never used are zero */
};

bool region_grow(struct region *r, size_t n);

/* Makes room for @n more bytes. False: no memory, nothing changed. */
__attribute__((warn_unused_result)) static inline bool
region_reserve(struct region *r, size_t n)
{
	return n <= r->size - r->used || region_grow(r, n);
}

void region_free(struct region *r);

#endif
