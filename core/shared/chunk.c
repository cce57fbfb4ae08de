/* SPDX-License-Identifier: BSD-2-Clause
 * Large pieces of memory.
 *
 * What is reserved and not memory yet cannot be accessed, so that no system
 * counts it but against a limit of address space. */
#include "shared/chunk.h"

#include <sys/mman.h>

enum { PAGE = 4096 /* the smallest of any machine */ };

/* Address space. Twice as much is asked for, to align it, and so that under a
 * limit others find as much. */
static void *reserve(size_t size)
{
	size_t align = size < CHUNK_MAX ? size : CHUNK_MAX, lead;
	char *p = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	lead = -(uintptr_t)p & (align - 1);
	if (lead)
		chunk_free(p, lead);
	chunk_free(p + lead + size, size - lead);
	return p + lead;
}

static bool make_raw(void *p, size_t size)
{
	return !mprotect(p, size, PROT_READ | PROT_WRITE);
}

void *chunk_ready(size_t size)
{
	char *p = reserve(size);

	if (!p)
		return NULL;
	if (!make_raw(p, size)) {
		chunk_free(p, size);
		return NULL;
	}
	/* Advice: small pages do as well, so a refusal changes nothing. */
	(void)madvise(p, size, MADV_HUGEPAGE);
	for (size_t i = 0; i < size; i += PAGE)
		*(volatile char *)(p + i) = 0;
	return p;
}

void chunk_free(void *p, size_t size)
{
	(void)munmap(p, size);
}

void chunks_init(struct chunks *c, size_t size, uint32_t max)
{
	*c = (struct chunks){.size = size, .max = max};
	while (c->max && !(c->base = reserve(c->max * CHUNK_MAX)))
		c->max /= 2;
}

void chunks_fini(struct chunks *c)
{
	if (c->base)
		chunk_free(c->base, c->max * CHUNK_MAX);
	*c = (struct chunks){0};
}

/* Under the lock. */
static bool put(struct chunks *c, uint32_t i, void *ready)
{
	char *place = (char *)c->base + i * CHUNK_MAX;

	if (!ready)
		return make_raw(place, c->size);
	return mremap(ready, c->size, c->size, MREMAP_MAYMOVE | MREMAP_FIXED,
		      place) == place;
}

/* What is made ready is made elsewhere, that nobody who is in need meanwhile
 * has to wait for it. */
static bool add(struct chunks *c, uint64_t want, bool ready)
{
	void *made = NULL;
	bool there, ok;
	uint32_t n;

	if (chunks_n(c) == c->max || (ready && !(made = chunk_ready(c->size))))
		return false;
	spin_lock(&c->adding);
	n = atomic_load_explicit(&c->n, memory_order_relaxed);
	there = n >= want; /* others were quicker */
	ok = !there && n < c->max && put(c, n, made);
	if (ok)
		atomic_store_explicit(&c->n, n + 1, memory_order_release);
	spin_unlock(&c->adding);
	if (made && !ok)
		chunk_free(made, c->size);
	return there || ok;
}

bool chunks_reach(struct chunks *c, uint64_t n, bool ready)
{
	while (chunks_n(c) < n)
		if (!add(c, n, ready))
			return false;
	return true;
}
