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

#include "shared/chunk.h"
#include "shared/rcu.h"
#include "shared/spin.h"
#include "util.h"

enum {
	POOL_UNIT_LOG = 5,
	POOL_UNIT = 1 << POOL_UNIT_LOG,
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

/* One size of objects. */
struct shelf {
	struct batch *full; /* at least part */
	/* left to carve from the newest slab: units from here to the end */
	_Atomic uint32_t fresh;
	uint32_t end;
};

struct depot {
	struct chunks slabs;
	uint32_t slab_units;
	_Atomic uint32_t n_slabs; /* that have a size */

	_Alignas(CACHE_LINE) struct spin lock; /* guards what follows */
	uint32_t n_empty;
	struct batch *empty;
	struct shelf shelf[POOL_MAX_UNITS];
	_Atomic uint32_t n_batches;
	_Atomic uint64_t n_objects; /* carved of all slabs */

	/* of an object, by slab; frozen once counted in n_slabs */
	uint8_t units[POOL_MAX_SLABS];
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

/* Makes @n slabs ready ahead of need. False: no memory, or at the limit. */
bool depot_reserve(struct depot *d, unsigned n);

/* How many objects of slab @i, from its first on, are carved. */
uint32_t depot_carved(const struct depot *d, uint32_t i, uint32_t first);

/* Bytes of slabs and batches. */
uint64_t depot_bytes(struct depot *d);

static_assert((size_t)POOL_UNIT << POOL_UNIT_BITS == CHUNK_MAX,
	      "units are numbered as they lie");
static inline void *depot_at(const struct depot *d, uint32_t index)
{
	return (char *)d->slabs.base + (size_t)index * POOL_UNIT;
}

#endif
