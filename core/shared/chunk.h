/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Large pieces of memory, and many of them side by side, so that a number is
 * an address but for a multiplication: address space is reserved for as many
 * as there can be, and becomes memory one after the other.
 *
 * The first touch of a huge page can take milliseconds where a hypervisor has
 * to find the memory, and packets must not wait for that: a maintenance thread
 * makes pieces ready ahead of need; whoever finds none ready takes a raw one,
 * whose small pages fault in one by one. All memory is zero at first.
 */
#ifndef NAT_CHUNK_H
#define NAT_CHUNK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/spin.h"
#include "util.h"

#define CHUNK_MAX ((size_t)2 << 20) /* a huge page on most machines */

/* @size bytes (a power of two) aligned as huge pages are, in memory already and
 * on huge pages if it can be. NULL: no memory. */
MUST_USE void *chunk_ready(size_t size);
void chunk_free(void *p, size_t size);

/* Chunk i begins at base + i * CHUNK_MAX, whatever its size. */
struct chunks {
	void *base;
	size_t size;
	uint32_t max;       /* that address space was found for */
	_Atomic uint32_t n; /* are memory, and stay where they are */
	struct spin adding; /* leaf */
};

/* For up to @max chunks of @size bytes, a power of two from a page to
 * CHUNK_MAX; for fewer where so much address space is not to be had. Takes no
 * memory yet. */
void chunks_init(struct chunks *c, size_t size, uint32_t max);
void chunks_fini(struct chunks *c);

/* The acquire pairs with the release in chunks_reach(). */
static inline uint32_t chunks_n(const struct chunks *c)
{
	return atomic_load_explicit(&c->n, memory_order_acquire);
}

static inline uint64_t chunks_bytes(const struct chunks *c)
{
	return (uint64_t)chunks_n(c) * c->size;
}

/* Adds chunks until there are @n. @ready: faulted in, which takes milliseconds.
 * Several threads may do it. False: no memory, or past the limit. */
bool chunks_reach(struct chunks *c, uint64_t n, bool ready);

#endif
