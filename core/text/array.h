/* SPDX-License-Identifier: BSD-2-Clause
 * Arrays that grow by doubling. */
#ifndef NAT_ARRAY_H
#define NAT_ARRAY_H

#include <stdint.h>
#include <stdlib.h>

#include "util.h"

/* Makes room for @n more behind the @used items of @size bytes at @array.
 * Returns the array, moved or not; NULL without memory: @array still stands. */
MUST_USE static inline void *array_reserve(void *array, size_t used, size_t n,
					   size_t *cap, size_t size)
{
	if (array && *cap - used >= n)
		return array;

	size_t room = 2 * *cap > used + n ? 2 * *cap : used + n;
	void *moved = realloc(array, room * size);

	if (moved)
		*cap = room;
	return moved;
}

#endif
