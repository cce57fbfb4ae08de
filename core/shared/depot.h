/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is behind the caches of a pool: slabs, and free objects in batches of
 * indices. For shared/pool alone; the words are explained there.
 */
#ifndef NAT_DEPOT_H
#define NAT_DEPOT_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/rcu.h"
#include "shared/spin.h"
#include "util.h"

enum {
	POOL_UNIT = 32,
	POOL_MAX_UNITS = 8, /* of the largest object */
	POOL_UNIT_BITS = 16,
	POOL_MAX_SLABS = 1 << 15,

	BATCH_BYTES = 1024,
	BATCH_HEADER = 48,
	BATCH_MAX = (BATCH_BYTES - BATCH_HEADER) / 4,
};

/* Indices of free objects, the last one to be used next. */
struct batch {
	struct grace_head grace;
	struct depot *depot;
	struct batch *next;
	uint32_t units, n;
	uint32_t index[BATCH_MAX];
};
static_assert(sizeof(struct batch) == BATCH_BYTES, "no waste in malloc");

struct slab {
	char *_Atomic base;
	_Atomic uint32_t carved; /* objects given out at least once */
	uint8_t units;           /* of an object */
	bool raw;                /* objects are zeroed as they are carved */
};

/* A slab without a size yet, zero but for this. */
struct blank {
	struct blank *next;
};

/* One size of objects. */
struct shelf {
	struct batch *full;  /* at least part */
	uint32_t fresh, end; /* units left to carve from the newest slab */
};

struct depot {
	uint32_t max_slabs, slab_units;
	_Atomic uint32_t n_slabs;
	_Atomic uint64_t n_objects; /* carved of all slabs */

	_Alignas(CACHE_LINE) struct spin lock; /* leaf; guards what follows */
	struct shelf shelf[POOL_MAX_UNITS];
	struct batch *empty;
	struct blank *blank; /* ready slabs */
	uint32_t n_empty, n_blank;
	uint32_t n_claimed; /* slabs: in use, blank and being made */
	_Atomic uint32_t n_batches;

	/* base and units: frozen once counted in n_slabs */
	_Alignas(CACHE_LINE) struct slab slab[POOL_MAX_SLABS];
};

void depot_init(struct depot *d, size_t slab_bytes, uint32_t max_slabs);
void depot_fini(struct depot *d);

/* An empty batch; NULL: no memory. */
MUST_USE struct batch *depot_batch(struct depot *d);

/* Takes back a batch with or without objects in it, or NULL. */
void depot_put(struct depot *d, struct batch *b, unsigned units);

/* A batch with free objects in it; NULL: there is none. */
MUST_USE struct batch *depot_get(struct depot *d, unsigned units);

/* Fills an empty batch with objects never used. False: no memory, or at the
 * limit. */
MUST_USE bool depot_carve(struct depot *d, struct batch *b, unsigned units);

bool depot_reserve(struct depot *d, unsigned n);

/* Bytes of slabs and batches. */
uint64_t depot_bytes(struct depot *d);

static inline void *depot_at(const struct depot *d, uint32_t index)
{
	const struct slab *s = &d->slab[index >> POOL_UNIT_BITS];
	uint32_t unit = index & ((1u << POOL_UNIT_BITS) - 1);

	return atomic_load_explicit(&s->base, memory_order_relaxed) +
	       (size_t)unit * POOL_UNIT;
}

#endif
