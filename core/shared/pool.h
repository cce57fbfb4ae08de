/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory of connections: objects of 32 to 256 bytes that are named by a
 * 31-bit index instead of a pointer, handed out by per-worker caches without
 * a lock, and reused after a grace period.
 *
 * INDEX: slab << 16 | unit, a unit being 32 bytes. 0 names nothing.
 * A slab serves one size, which is a whole number of units.
 *
 * THREADS: a cache belongs to one thread. pool_at(), pool_n_slabs(),
 * pool_slab(), pool_usage() and pool_reserve() are for any thread.
 *
 * OBJECTS are zero when they are given out for the first time; later they
 * come with what was in them when they were freed. To let sweepers of slabs
 * tell which are in use, a client keeps a word at offset 0 that it sets in
 * use and clears before freeing. Sweepers are RCU readers.
 */
#ifndef NAT_POOL_H
#define NAT_POOL_H

#include "shared/depot.h"

struct pool_config {
	size_t slab_bytes;  /* a power of two from 4 KiB to 2 MiB; 0: 2 MiB */
	uint64_t max_bytes; /* of slabs; 0: what the index can name, 64 GiB */
};

struct pool {
	struct spin lock; /* guards these two; leaf */
	struct pool_cache *caches;
	int64_t past_live[POOL_MAX_UNITS]; /* of caches that are gone */
	_Atomic uint64_t stranded;
	struct depot depot;
};

/* A worker's stock of one size. */
struct pool_bin {
	struct batch *loaded, *spare; /* free objects */
	struct batch *dead;           /* free when nobody reads them */
	_Atomic int64_t live;         /* given out minus taken back */
};

struct pool_cache {
	_Alignas(CACHE_LINE) struct pool *pool;
	struct pool_cache *next;
	bool sole;     /* its dead wait for pool_cache_recycle() */
	bool has_dead; /* perhaps */
	struct pool_bin bin[POOL_MAX_UNITS];
};

/* @cfg may be NULL. Takes no memory yet. The limit is lower where less address
 * space than that is to be had. */
void pool_init(struct pool *p, const struct pool_config *cfg);

/* Waits for deferred frees. Context: no cache is left, no thread is a reader
 * of the pool's objects. */
void pool_fini(struct pool *p);

void pool_cache_init(struct pool_cache *c, struct pool *p);

/* Gives all back. Context: the cache's thread, registered for RCU. */
void pool_cache_fini(struct pool_cache *c);

static inline unsigned pool_units(size_t bytes)
{
	return (unsigned)((bytes + POOL_UNIT - 1) / POOL_UNIT);
}

/* Takes back an object that no other thread has ever seen. */
void pool_free_now(struct pool_cache *c, uint32_t index);

/* Takes back an object that readers may still hold but can no longer find;
 * it is reused after a grace period. Context: registered for RCU. */
void pool_free_deferred(struct pool_cache *c, uint32_t index);

/* Starts the grace period of what pool_free_deferred() has collected. Call it
 * when there is nothing else to do. Context: registered for RCU. */
void pool_cache_idle(struct pool_cache *c);

/* Of a cache that is sole: what pool_free_deferred() has collected is reused at
 * once, so that no clock but the caller's says when. Context: no thread reads
 * any of it, nor will. */
void pool_cache_recycle(struct pool_cache *c);

/* Makes slabs ready until @n are ahead of need; false: no memory, or at the
 * limit. For a maintenance thread: takes milliseconds. */
bool pool_reserve(struct pool *p, unsigned n);

/* Address of an object. Context: the caller allocated @index, or is a reader
 * that found it published by a release store. */
static inline void *pool_at(const struct pool *p, uint32_t index)
{
	return depot_at(&p->depot, index);
}

/* Makes sure that there is an object in bin[units - 1].loaded. False: no
 * memory, or at the limit. */
MUST_USE bool pool_refill(struct pool_cache *c, unsigned units);

static inline void pool_count(struct pool_bin *bin, int64_t by)
{
	/* One writer; relaxed, because a sum over bins is all it serves. */
	atomic_store_explicit(
		&bin->live,
		atomic_load_explicit(&bin->live, memory_order_relaxed) + by,
		memory_order_relaxed);
}

/* Index of an object of @units; 0: no memory, or at the limit. The next one is
 * on its way by the time it is asked for. */
MUST_USE static inline uint32_t pool_alloc(struct pool_cache *c, unsigned units)
{
	struct pool_bin *bin = &c->bin[units - 1];
	struct batch *b = bin->loaded;
	uint32_t index;

	if (unlikely(!b || !b->n)) {
		if (!pool_refill(c, units))
			return 0;
		b = bin->loaded;
	}
	pool_count(bin, 1);
	index = b->index[--b->n];
	if (likely(b->n)) {
		const char *next = pool_at(c->pool, b->index[b->n - 1]);

		__builtin_prefetch(next, 1);
		__builtin_prefetch(next + CACHE_LINE, 1);
	}
	return index;
}

/* The objects of a slab: @n from index @first on, @step apart. */
struct pool_slab {
	uint32_t first, step, n;
};

static inline uint32_t pool_n_slabs(const struct pool *p)
{
	return atomic_load_explicit(&p->depot.n_slabs, memory_order_acquire);
}

/* Slab @i of those that pool_n_slabs() counted. Holds every object that was
 * given out before the call. */
struct pool_slab pool_slab(const struct pool *p, uint32_t i);

/* The objects of all slabs. */
static inline uint64_t pool_n_objects(const struct pool *p)
{
	return atomic_load_explicit(&p->depot.n_objects, memory_order_relaxed);
}

struct pool_usage {
	uint64_t total_bytes;      /* slabs, those made ahead, and batches */
	uint64_t live_bytes, live; /* objects given out and not taken back */
	uint64_t stranded;         /* objects lost: no memory to free them */
};
void pool_usage(struct pool *p, struct pool_usage *u);

#endif
