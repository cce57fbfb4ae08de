/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datagrams of which fragments wait for the others, of one address family
 * (spec sections 8 and 9). Shared by all workers, so that the fragments of a
 * datagram may come by any of them. What a sender can make it hold is bounded
 * by @most_bytes and @timeout.
 *
 * THREADS: any; one lock, held while a fragment finds its place.
 */
#ifndef NAT_FRAGMENTS_H
#define NAT_FRAGMENTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "clock.h"
#include "natcore.h"
#include "pure/hash.h"
#include "pure/reassembly.h"
#include "util.h"

struct fragment_limits {
	const struct reassembly_rules *rules;
	ticks timeout;       /* of a datagram, from its first fragment */
	uint32_t most_bytes; /* above, no fragment is taken in */
	/* A datagram begins anew when more fragments than this came from its
	 * sender since its last one; 0: never. */
	uint32_t most_between;
};

struct fragments {
	struct fragment_limits limits;
	struct hash_key key;
	pthread_mutex_t lock;       /* guards all below */
	struct datagram **datagram; /* chains by hash; NULL: none came yet */
	struct sender **sender;
	struct datagram *oldest, *newest; /* in the order they expire */
	uint32_t n;
	_Atomic uint64_t bytes;
	_Atomic uint64_t deadline; /* 1 + tick of the oldest's end; 0: none */
};

void fragments_init(struct fragments *f, const struct fragment_limits *limits,
		    uint64_t seed);
void fragments_fini(struct fragments *f);

/* A piece with a copy of @size @bytes; NULL: no memory. */
MUST_USE struct piece *piece_new(const uint8_t *bytes, uint32_t size);
void pieces_free(struct piece *first);

/* What became of a fragment besides its own fate. */
struct fragment_fate {
	enum reassembly_result result;
	unsigned fails; /* datagrams given up, as ReasmFails counts them */
	struct reassembly whole; /* PIECE_LAST: the caller frees its pieces */
};

/* Takes @p over. The datagram is told by addresses, protocol, family and zone
 * of @key; its identification is @key's two ids. */
struct fragment_fate fragments_add(struct fragments *f,
				   const struct nat_tuple *key, struct piece *p,
				   ticks now);

/* Takes out a datagram whose time is over at @now, for the caller to free.
 * False: there is none. */
MUST_USE bool fragments_expire(struct fragments *f, ticks now,
			       struct reassembly *dead);

/* It may be worth to call fragments_expire(). */
static inline bool fragments_due(const struct fragments *f, ticks now)
{
	uint64_t deadline =
		atomic_load_explicit(&f->deadline, memory_order_relaxed);

	return unlikely(deadline) && ticks_reached(now, (ticks)(deadline - 1));
}

static inline uint64_t fragments_bytes(const struct fragments *f)
{
	return atomic_load_explicit(&f->bytes, memory_order_relaxed);
}

#endif
