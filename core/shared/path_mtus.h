/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the router has been told of the ways to single hosts: how long packets
 * may be there (RFC 1191, RFC 8201). Of each route the hosts it leads to; so
 * many as there is room for, the oldest make place. Memory is taken when the
 * first is told.
 *
 * THREADS: any; one lock, which nobody takes before anything was told.
 */
#ifndef NAT_PATH_MTUS_H
#define NAT_PATH_MTUS_H

#include "clock.h"
#include "natcore.h"
#include "pure/hash.h"
#include "shared/spin.h"

struct path_mtus {
	struct hash_key key;
	struct spin lock;                 /* guards what is in @set */
	struct path_mtu_set *_Atomic set; /* NULL: nothing was told */
};

void path_mtus_init(struct path_mtus *m, uint64_t seed);
void path_mtus_fini(struct path_mtus *m);

struct path_key {
	struct nat_addr dst;
	uint32_t route;
	bool forwarded; /* what is known is for others' packets */
};

/* False: nothing was told of any path. */
static inline bool path_mtus_any(const struct path_mtus *m)
{
	return unlikely(atomic_load_explicit(&m->set, memory_order_relaxed));
}

/* What was told of the path, if that is less than @most, else @most. */
uint32_t path_mtus_find(struct path_mtus *m, const struct path_key *path,
			uint32_t most, ticks now);
/* Holds for ten minutes. Without memory nothing is learned. */
void path_mtus_learn(struct path_mtus *m, const struct path_key *path,
		     uint32_t mtu, ticks now);

#endif
