/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Memory of connections.
 *
 *	slabs -> batches of free indices -> a worker's cache -> objects
 *	            ^                           |
 *	            +------ grace period <------+
 *
 * Indices travel in batches of 244. A cache has two for each size, loaded and
 * spare; one of them goes to the depot or comes from there when both are full
 * or both empty, so that a worker needs the lock once in 244 calls at most,
 * also where one worker frees what another allocates. What was published goes
 * into a third batch, dead, whose grace period starts when it is full. A cache
 * that is sole keeps its dead until it is told that nobody reads them.
 */
#include "shared/pool.h"

#include <string.h>

/* ----------------------------------------------------------------- caches */

static void bin_swap(struct pool_bin *bin)
{
	struct batch *b = bin->loaded;

	bin->loaded = bin->spare;
	bin->spare = b;
}

bool pool_refill(struct pool_cache *c, unsigned units)
{
	struct pool_bin *bin = &c->bin[units - 1];
	struct pool *p = c->pool;
	struct batch *b;

	if (bin->spare && bin->spare->n) {
		bin_swap(bin);
		return true;
	}
	b = depot_get(&p->depot, units);
	if (b) {
		depot_put(&p->depot, bin->loaded, units);
		bin->loaded = b;
		return true;
	}
	if (!bin->loaded)
		bin->loaded = depot_batch(&p->depot);
	return bin->loaded && depot_carve(&p->depot, bin->loaded, units);
}

/* Gets room into bin.loaded, which has none. */
static bool bin_drain(struct pool *p, struct pool_bin *bin, unsigned units)
{
	struct batch *b;

	if (bin->spare && bin->spare->n < BATCH_MAX) {
		bin_swap(bin);
		return true;
	}
	b = depot_batch(&p->depot);
	if (!b)
		return false;
	depot_put(&p->depot, bin->spare, units);
	bin->spare = bin->loaded;
	bin->loaded = b;
	return true;
}

static void strand(struct pool *p)
{
	atomic_fetch_add_explicit(&p->stranded, 1, memory_order_relaxed);
}

static unsigned units_of(const struct pool *p, uint32_t index)
{
	return p->depot.units[index >> POOL_UNIT_BITS];
}

void pool_free_now(struct pool_cache *c, uint32_t index)
{
	unsigned units = units_of(c->pool, index);
	struct pool_bin *bin = &c->bin[units - 1];

	pool_count(bin, -1);
	if (unlikely(!bin->loaded || bin->loaded->n == BATCH_MAX) &&
	    !bin_drain(c->pool, bin, units))
		strand(c->pool);
	else
		bin->loaded->index[bin->loaded->n++] = index;
}

static void batch_after_grace(struct grace_head *head)
{
	struct batch *b = container_of(head, struct batch, grace);

	depot_put(b->depot, b, b->units);
}

static void bin_bury(struct pool_bin *bin)
{
	struct batch *b;

	while ((b = bin->dead)) {
		bin->dead = b->next;
		grace_defer(&b->grace, batch_after_grace);
	}
}

/* Gets a batch with room into bin.dead. */
static bool bin_dig(struct pool_cache *c, struct pool_bin *bin, unsigned units)
{
	struct batch *b;

	if (!c->sole)
		bin_bury(bin);
	b = depot_batch(&c->pool->depot);
	if (unlikely(!b))
		return false;
	b->units = units;
	b->next = bin->dead;
	bin->dead = b;
	c->has_dead = true;
	return true;
}

void pool_free_deferred(struct pool_cache *c, uint32_t index)
{
	unsigned units = units_of(c->pool, index);
	struct pool_bin *bin = &c->bin[units - 1];

	pool_count(bin, -1);
	if (unlikely(!bin->dead || bin->dead->n == BATCH_MAX) &&
	    !bin_dig(c, bin, units)) {
		strand(c->pool);
		return;
	}
	bin->dead->index[bin->dead->n++] = index;
	if (bin->dead->n == BATCH_MAX && !c->sole)
		bin_bury(bin);
}

void pool_cache_idle(struct pool_cache *c)
{
	for (unsigned i = 0; i < POOL_MAX_UNITS; i++)
		bin_bury(&c->bin[i]);
	c->has_dead = false;
}

void pool_cache_recycle(struct pool_cache *c)
{
	struct batch *b;

	for (unsigned i = 0; i < POOL_MAX_UNITS; i++) {
		while ((b = c->bin[i].dead)) {
			c->bin[i].dead = b->next;
			depot_put(&c->pool->depot, b, i + 1);
		}
	}
	c->has_dead = false;
}

void pool_cache_init(struct pool_cache *c, struct pool *p)
{
	*c = (struct pool_cache){.pool = p};
	spin_lock(&p->lock);
	c->next = p->caches;
	p->caches = c;
	spin_unlock(&p->lock);
}

void pool_cache_fini(struct pool_cache *c)
{
	struct pool *p = c->pool;
	struct pool_cache **link = &p->caches;

	pool_cache_idle(c);
	for (unsigned i = 0; i < POOL_MAX_UNITS; i++) {
		depot_put(&p->depot, c->bin[i].loaded, i + 1);
		depot_put(&p->depot, c->bin[i].spare, i + 1);
	}
	spin_lock(&p->lock);
	for (unsigned i = 0; i < POOL_MAX_UNITS; i++)
		p->past_live[i] += atomic_load_explicit(&c->bin[i].live,
							memory_order_relaxed);
	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	spin_unlock(&p->lock);
}

/* ------------------------------------------------------------------- pool */

void pool_init(struct pool *p, const struct pool_config *cfg)
{
	size_t slab = cfg && cfg->slab_bytes ? cfg->slab_bytes : CHUNK_MAX;
	uint64_t max =
		cfg && cfg->max_bytes ? cfg->max_bytes / slab : POOL_MAX_SLABS;

	p->lock = (struct spin){0};
	p->caches = NULL;
	memset(p->past_live, 0, sizeof(p->past_live));
	atomic_init(&p->stranded, 0);
	depot_init(&p->depot, slab,
		   max < POOL_MAX_SLABS ? (uint32_t)max : POOL_MAX_SLABS);
}

void pool_fini(struct pool *p)
{
	grace_wait_deferred();
	depot_fini(&p->depot);
}

bool pool_reserve(struct pool *p, unsigned n)
{
	return depot_reserve(&p->depot, n);
}

struct pool_slab pool_slab(const struct pool *p, uint32_t i)
{
	unsigned units = p->depot.units[i];
	uint32_t first = i ? i << POOL_UNIT_BITS : units;

	return (struct pool_slab){
		.first = first,
		.step = units,
		.n = depot_carved(&p->depot, i, first),
	};
}

/* Under the lock. */
static int64_t live_objects(const struct pool *p, unsigned i)
{
	int64_t live = p->past_live[i];

	for (const struct pool_cache *c = p->caches; c; c = c->next)
		live += atomic_load_explicit(&c->bin[i].live,
					     memory_order_relaxed);
	return live > 0 ? live : 0; /* the caches move while we add */
}

void pool_usage(struct pool *p, struct pool_usage *u)
{
	*u = (struct pool_usage){
		.total_bytes = depot_bytes(&p->depot),
		.stranded = atomic_load_explicit(&p->stranded,
						 memory_order_relaxed),
	};
	spin_lock(&p->lock);
	for (unsigned i = 0; i < POOL_MAX_UNITS; i++) {
		uint64_t live = (uint64_t)live_objects(p, i);

		u->live += live;
		u->live_bytes += live * (i + 1) * POOL_UNIT;
	}
	spin_unlock(&p->lock);
}
