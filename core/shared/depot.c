/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Slabs and batches of a pool.
 *
 * A slab is carved from its start, 64 objects at a time and under the lock,
 * so that slab.carved always covers zeroed memory: a slab made ahead is zero
 * already, one made in a hurry is zeroed (and its pages faulted in) piece by
 * piece, which bounds what a packet waits for.
 */
#include "shared/depot.h"

#include <stdlib.h>
#include <string.h>

#include "shared/chunk.h"

enum {
	CARVE = 64,      /* objects at a time */
	KEEP_EMPTY = 64, /* batches */
};

/* ---------------------------------------------------------------- batches */

struct batch *depot_batch(struct depot *d)
{
	struct batch *b;

	spin_lock(&d->lock);
	b = d->empty;
	if (b) {
		d->empty = b->next;
		d->n_empty--;
	}
	spin_unlock(&d->lock);
	if (!b) {
		b = malloc(sizeof(*b));
		if (!b)
			return NULL;
		atomic_fetch_add_explicit(&d->n_batches, 1,
					  memory_order_relaxed);
	}
	b->depot = d;
	b->n = 0;
	return b;
}

static void batches_free(struct depot *d, struct batch *b)
{
	while (b) {
		struct batch *next = b->next;

		free(b);
		atomic_fetch_sub_explicit(&d->n_batches, 1,
					  memory_order_relaxed);
		b = next;
	}
}

/* Under the lock. Moves what is in @b to the batch on top if it has room, so
 * that part-filled batches do not pile up. */
static void shelf_merge(struct shelf *s, struct batch *b)
{
	struct batch *top = s->full;

	if (!top || top->n + b->n > BATCH_MAX)
		return;
	memcpy(top->index + top->n, b->index, b->n * sizeof(b->index[0]));
	top->n += b->n;
	b->n = 0;
}

void depot_put(struct depot *d, struct batch *b, unsigned units)
{
	struct shelf *s = &d->shelf[units - 1];

	if (!b)
		return;
	b->next = NULL;
	spin_lock(&d->lock);
	shelf_merge(s, b);
	if (b->n) {
		b->next = s->full;
		s->full = b;
		b = NULL;
	} else if (d->n_empty < KEEP_EMPTY) {
		b->next = d->empty;
		d->empty = b;
		d->n_empty++;
		b = NULL;
	}
	spin_unlock(&d->lock);
	batches_free(d, b);
}

struct batch *depot_get(struct depot *d, unsigned units)
{
	struct shelf *s = &d->shelf[units - 1];
	struct batch *b;

	spin_lock(&d->lock);
	b = s->full;
	if (b)
		s->full = b->next;
	spin_unlock(&d->lock);
	return b;
}

/* ------------------------------------------------------------------ slabs */

static size_t slab_bytes(const struct depot *d)
{
	return (size_t)d->slab_units * POOL_UNIT;
}

static bool slab_claim(struct depot *d)
{
	bool ok;

	spin_lock(&d->lock);
	ok = d->n_claimed < d->max_slabs;
	d->n_claimed += ok;
	spin_unlock(&d->lock);
	return ok;
}

static void slab_unclaim(struct depot *d)
{
	spin_lock(&d->lock);
	d->n_claimed--;
	spin_unlock(&d->lock);
}

static bool shelf_carvable(const struct shelf *s, unsigned units)
{
	return s->end - s->fresh >= units;
}

/* Under the lock. The slab that was carved before is used up. */
static void slab_add(struct depot *d, unsigned units, void *base, bool raw)
{
	struct shelf *s = &d->shelf[units - 1];
	uint32_t i = atomic_load_explicit(&d->n_slabs, memory_order_relaxed);
	struct slab *slab = &d->slab[i];

	slab->units = (uint8_t)units;
	slab->raw = raw;
	atomic_init(&slab->carved, 0);
	atomic_store_explicit(&slab->base, base, memory_order_relaxed);
	s->fresh = i << POOL_UNIT_BITS;
	s->end = s->fresh + d->slab_units;
	if (i == 0)
		s->fresh += units; /* index 0 names nothing */
	/* Pairs with the acquire in pool_n_slabs(). */
	atomic_store_explicit(&d->n_slabs, i + 1, memory_order_release);
}

/* Under the lock. */
static bool slab_add_blank(struct depot *d, unsigned units)
{
	struct blank *blank = d->blank;

	if (!blank)
		return false;
	d->blank = blank->next;
	d->n_blank--;
	blank->next = NULL;
	slab_add(d, units, blank, false);
	return true;
}

static bool slab_add_raw(struct depot *d, unsigned units)
{
	void *base = NULL;
	bool wanted = false;

	if (!slab_claim(d))
		return false;
	base = chunk_raw(slab_bytes(d));
	if (base) {
		spin_lock(&d->lock);
		wanted = !shelf_carvable(&d->shelf[units - 1], units);
		if (wanted)
			slab_add(d, units, base, true);
		spin_unlock(&d->lock);
	}
	if (!wanted) { /* no memory, or another worker was quicker */
		slab_unclaim(d);
		free(base);
	}
	return base;
}

/* Under the lock. Fills an empty batch, the lowest index to be used first. */
static void shelf_carve(struct depot *d, struct shelf *s, struct batch *b,
			unsigned units)
{
	struct slab *slab = &d->slab[s->fresh >> POOL_UNIT_BITS];
	uint32_t n = min_u32((s->end - s->fresh) / units, CARVE);

	if (slab->raw)
		memset(depot_at(d, s->fresh), 0, (size_t)n * units * POOL_UNIT);
	for (uint32_t i = 0; i < n; i++)
		b->index[n - 1 - i] = s->fresh + i * units;
	b->n = n;
	s->fresh += n * units;
	/* Pairs with the acquire in pool_slab(). */
	atomic_fetch_add_explicit(&slab->carved, n, memory_order_release);
	atomic_fetch_add_explicit(&d->n_objects, n, memory_order_relaxed);
}

bool depot_carve(struct depot *d, struct batch *b, unsigned units)
{
	struct shelf *s = &d->shelf[units - 1];
	bool ok;

	do {
		spin_lock(&d->lock);
		ok = shelf_carvable(s, units) || slab_add_blank(d, units);
		if (ok)
			shelf_carve(d, s, b, units);
		spin_unlock(&d->lock);
	} while (!ok && slab_add_raw(d, units));
	return ok;
}

static bool blank_add(struct depot *d)
{
	struct blank *blank = NULL;

	if (!slab_claim(d))
		return false;
	blank = chunk_ready(slab_bytes(d));
	if (!blank) {
		slab_unclaim(d);
		return false;
	}
	spin_lock(&d->lock);
	blank->next = d->blank;
	d->blank = blank;
	d->n_blank++;
	spin_unlock(&d->lock);
	return true;
}

bool depot_reserve(struct depot *d, unsigned n)
{
	uint32_t have;

	do {
		spin_lock(&d->lock);
		have = d->n_blank;
		spin_unlock(&d->lock);
	} while (have < n && blank_add(d));
	return have >= n;
}

/* ------------------------------------------------------------------ depot */

void depot_init(struct depot *d, size_t slab_bytes, uint32_t max_slabs)
{
	d->max_slabs = max_slabs;
	d->slab_units = (uint32_t)(slab_bytes / POOL_UNIT);
	atomic_init(&d->n_slabs, 0);
	atomic_init(&d->n_objects, 0);
	atomic_init(&d->n_batches, 0);
	d->lock = (struct spin){0};
	memset(d->shelf, 0, sizeof(d->shelf));
	d->empty = NULL;
	d->blank = NULL;
	d->n_empty = d->n_blank = d->n_claimed = 0;
}

void depot_fini(struct depot *d)
{
	uint32_t n = atomic_load_explicit(&d->n_slabs, memory_order_relaxed);

	for (unsigned i = 0; i < POOL_MAX_UNITS; i++)
		batches_free(d, d->shelf[i].full);
	batches_free(d, d->empty);
	while (d->blank) {
		struct blank *next = d->blank->next;

		free(d->blank);
		d->blank = next;
	}
	for (uint32_t i = 0; i < n; i++)
		free(atomic_load_explicit(&d->slab[i].base,
					  memory_order_relaxed));
}

uint64_t depot_bytes(struct depot *d)
{
	uint64_t slabs;

	spin_lock(&d->lock);
	slabs = d->n_claimed;
	spin_unlock(&d->lock);
	return slabs * slab_bytes(d) +
	       (uint64_t)BATCH_BYTES *
		       atomic_load_explicit(&d->n_batches,
					    memory_order_relaxed);
}
