/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Slabs and batches of a pool. A slab is carved from its start, a batch at a
 * time and under the lock.
 */
#include "shared/depot.h"

#include <stdlib.h>
#include <string.h>

enum { KEEP_EMPTY = 64 /* batches */ };

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

static uint32_t slab_index(uint32_t i)
{
	return i << POOL_UNIT_BITS;
}

static uint32_t n_slabs(const struct depot *d)
{
	return atomic_load_explicit(&d->n_slabs, memory_order_relaxed);
}

/* Under the lock. */
static uint32_t shelf_fresh(const struct shelf *s)
{
	return atomic_load_explicit(&s->fresh, memory_order_relaxed);
}

static void shelf_set_fresh(struct shelf *s, uint32_t fresh)
{
	/* Pairs with the acquire in depot_carved(). */
	atomic_store_explicit(&s->fresh, fresh, memory_order_release);
}

static bool shelf_carvable(const struct shelf *s, unsigned units)
{
	return s->end - shelf_fresh(s) >= units;
}

/* Under the lock. The slab that was carved before is used up. False: there is
 * no other. */
static bool shelf_add(struct depot *d, struct shelf *s, unsigned units)
{
	uint32_t i = n_slabs(d);

	if (i == chunks_n(&d->slabs))
		return false;
	d->units[i] = (uint8_t)units;
	s->end = slab_index(i) + d->slab_units;
	/* index 0 names nothing */
	shelf_set_fresh(s, i ? slab_index(i) : units);
	/* Pairs with the acquire in pool_n_slabs(). */
	atomic_store_explicit(&d->n_slabs, i + 1, memory_order_release);
	return true;
}

/* Under the lock. Fills an empty batch, the lowest index to be used first. */
static void shelf_carve(struct depot *d, struct shelf *s, struct batch *b,
			unsigned units)
{
	uint32_t fresh = shelf_fresh(s);
	uint32_t n = min_u32((s->end - fresh) / units, BATCH_MAX);

	for (uint32_t i = 0; i < n; i++)
		b->index[n - 1 - i] = fresh + i * units;
	b->n = n;
	shelf_set_fresh(s, fresh + n * units);
	atomic_fetch_add_explicit(&d->n_objects, n, memory_order_relaxed);
}

bool depot_carve(struct depot *d, struct batch *b, unsigned units)
{
	struct shelf *s = &d->shelf[units - 1];
	uint32_t n;
	bool ok;

	do {
		spin_lock(&d->lock);
		ok = shelf_carvable(s, units) || shelf_add(d, s, units);
		if (ok)
			shelf_carve(d, s, b, units);
		n = n_slabs(d);
		spin_unlock(&d->lock);
	} while (!ok && chunks_reach(&d->slabs, n + 1, false));
	return ok;
}

bool depot_reserve(struct depot *d, unsigned n)
{
	return chunks_reach(&d->slabs, (uint64_t)n_slabs(d) + n, true);
}

/* Only the newest slab of a size is not carved to its end. */
uint32_t depot_carved(const struct depot *d, uint32_t i, uint32_t first)
{
	unsigned units = d->units[i];
	/* Pairs with the release in shelf_set_fresh(). */
	uint32_t fresh = atomic_load_explicit(&d->shelf[units - 1].fresh,
					      memory_order_acquire);

	return (min_u32(fresh, slab_index(i) + d->slab_units) - first) / units;
}

/* ------------------------------------------------------------------ depot */

void depot_init(struct depot *d, size_t slab_bytes, uint32_t max_slabs)
{
	*d = (struct depot){.slab_units = (uint32_t)(slab_bytes / POOL_UNIT)};
	chunks_init(&d->slabs, slab_bytes, max_slabs);
}

void depot_fini(struct depot *d)
{
	for (unsigned i = 0; i < POOL_MAX_UNITS; i++)
		batches_free(d, d->shelf[i].full);
	batches_free(d, d->empty);
	chunks_fini(&d->slabs);
}

uint64_t depot_bytes(struct depot *d)
{
	return chunks_bytes(&d->slabs) +
	       (uint64_t)BATCH_BYTES *
		       atomic_load_explicit(&d->n_batches,
					    memory_order_relaxed);
}
