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

/* Takes @size and gives it back. What a virtual machine has never used before
 * its host has to find for it, milliseconds for each huge page: this is
 * when it waits for that, and who asks next is given the same memory again. */
void memory_warm(size_t size);

#endif
