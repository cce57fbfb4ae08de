/* SPDX-License-Identifier: BSD-2-Clause
 * Path MTUs, in sets that a hash chooses. */
#include "shared/path_mtus.h"

#include <stdlib.h>

#include "pure/tuple.h"

enum { SETS = 1024, WAYS = 5, LIFETIME = 600 * TICKS_PER_S };

struct path_mtu {
	struct path_key path;
	uint32_t mtu; /* 0: none */
	ticks expires;
};

struct path_mtu_set {
	struct path_mtu way[WAYS];
};

void path_mtus_init(struct path_mtus *m, uint64_t seed)
{
	*m = (struct path_mtus){.key = hash_key_new(seed)};
}

void path_mtus_fini(struct path_mtus *m)
{
	free(atomic_load_explicit(&m->set, memory_order_relaxed));
}

/* NULL: nothing was told. */
static struct path_mtu_set *set_of(struct path_mtus *m,
				   const struct path_key *path)
{
	struct path_mtu_set *sets =
		atomic_load_explicit(&m->set, memory_order_acquire);
	struct nat_tuple t = {
		.dst = path->dst,
		.src_id = (uint16_t)(path->route >> 16),
		.dst_id = (uint16_t)path->route,
		.zone = path->forwarded,
		.family = 6,
	};

	return sets ? &sets[hash_tuple(&m->key, &t) % SETS] : NULL;
}

static bool is_alive(const struct path_mtu *p, ticks now)
{
	return p->mtu && !ticks_reached(now, p->expires);
}

static bool is_about(const struct path_mtu *p, const struct path_key *path)
{
	return p->path.route == path->route &&
	       p->path.forwarded == path->forwarded &&
	       addr_equal(&p->path.dst, &path->dst);
}

uint32_t path_mtus_find(struct path_mtus *m, const struct path_key *path,
			uint32_t most, ticks now)
{
	const struct path_mtu_set *set = set_of(m, path);

	if (likely(!set))
		return most;
	spin_lock(&m->lock);
	for (const struct path_mtu *p = set->way; p < set->way + WAYS; p++)
		if (is_about(p, path) && is_alive(p, now))
			most = min_u32(most, p->mtu);
	spin_unlock(&m->lock);
	return most;
}

/* Its own place, else one that is free, else that of the oldest. */
static struct path_mtu *place_for(struct path_mtu_set *set,
				  const struct path_key *path, ticks now)
{
	struct path_mtu *best = set->way;

	for (struct path_mtu *p = set->way; p < set->way + WAYS; p++) {
		if (p->mtu && is_about(p, path))
			return p;
		if (!is_alive(best, now))
			continue;
		if (!is_alive(p, now) ||
		    ticks_reached(best->expires, p->expires))
			best = p;
	}
	return best;
}

/* Under the lock, for two may learn at once. */
static bool make_sets(struct path_mtus *m)
{
	struct path_mtu_set *sets =
		atomic_load_explicit(&m->set, memory_order_relaxed);

	if (sets)
		return true;
	sets = calloc(SETS, sizeof(*sets));
	atomic_store_explicit(&m->set, sets, memory_order_release);
	return sets;
}

void path_mtus_learn(struct path_mtus *m, const struct path_key *path,
		     uint32_t mtu, ticks now)
{
	spin_lock(&m->lock);
	if (make_sets(m))
		*place_for(set_of(m, path), path, now) = (struct path_mtu){
			.path = *path,
			.mtu = mtu,
			.expires = now + LIFETIME,
		};
	spin_unlock(&m->lock);
}
