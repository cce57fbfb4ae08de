/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Large zeroed memory on huge pages where the system has them, so that a
 * benchmark measures the cache and not the page tables. */
#ifndef NATBENCH_MICRO_MEMORY_H
#define NATBENCH_MICRO_MEMORY_H

#include <stddef.h>

/* NULL: no memory. */
void *memory_new(size_t size);
/* @p may be NULL. */
void memory_free(void *p, size_t size);

#endif
