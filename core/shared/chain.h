/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Chains: a first bucket and the overflow buckets linked to it. Used slots of
 * a bucket come first; of the overflow buckets only the first may be part
 * full, none is empty. So adding and removing touch two buckets only, however
 * long the chain, and a chain of up to seven has one.
 *
 * Changes need the chain's lock, or a chain that nobody can see yet.
 */
#ifndef NAT_CHAIN_H
#define NAT_CHAIN_H

#include "shared/bucket.h"

/* Empty buckets change hands in lots: one, and those whose indices its tags
 * are. Who still reads it follows no tag without a reference. */
enum { OVERFLOW_LOT = 1 + BUCKET_SLOTS };

/* The overflow buckets of a table. They are reused, but stay buckets: a link
 * can always be followed. */
struct overflow {
	struct chunks buckets;
	_Alignas(CACHE_LINE) struct spin lock; /* leaf; guards what follows */
	uint32_t free;  /* first of a lot, its seq the next one's; 0: none */
	uint32_t fresh; /* from here on they were never used */
};

/* Those that one thread has at hand, so that it seldom asks for the lock, whose
 * line others have changed. The last is used next. */
struct overflow_stock {
	uint32_t n;
	uint32_t index[2 * OVERFLOW_LOT];
};

void overflow_init(struct overflow *o);
void overflow_fini(struct overflow *o);

/* Index of an empty bucket; 0: no memory. */
MUST_USE uint32_t overflow_get(struct overflow *o, struct overflow_stock *s);

/* Takes back an empty bucket; readers may still be in it. */
void overflow_put(struct overflow *o, struct overflow_stock *s, uint32_t i);

/* Takes back all. */
void overflow_return(struct overflow *o, struct overflow_stock *s);

/* Gets memory for @n more. False: no memory. */
bool overflow_ready(struct overflow *o, uint32_t n);

static inline struct bucket *chain_next(const struct overflow *o,
					const struct bucket *b)
{
	/* Pairs with the release in chain_add(). */
	uint32_t link = atomic_load_explicit(&b->link, memory_order_acquire);

	return link ? bucket_at(&o->buckets, link) : NULL;
}

/* The bucket that may be part full. */
static inline struct bucket *chain_open(const struct overflow *o,
					struct bucket *head)
{
	struct bucket *next = chain_next(o, head);

	return next ? next : head;
}

/* How many references can be added without another bucket. */
unsigned chain_room(const struct overflow *o, struct bucket *head);

/* Adds a reference. If there is no room it takes *@spare, the index of an
 * empty bucket, and zeroes that. */
void chain_add(const struct overflow *o, struct bucket *head, uint32_t tag,
	       uint32_t ref, uint32_t *spare);

/* Removes slot @i of bucket @b, which another reference may fill. True: @b
 * has left the chain. */
bool chain_erase(struct overflow *o, struct overflow_stock *s,
		 struct bucket *head, struct bucket *b, unsigned i);

bool chain_remove_any(struct overflow *o, struct overflow_stock *s,
		      struct bucket *head, uint32_t ref);

/* Removes @ref; false: it is not there. Most chains are one bucket; there the
 * last reference fills the hole even where that is its own. */
ALWAYS_INLINE bool chain_remove(struct overflow *o, struct overflow_stock *s,
				struct bucket *head, uint32_t ref)
{
	unsigned lanes = bucket_match(head->ref, ref), i, last;

	if (unlikely(!lanes || chain_next(o, head)))
		return chain_remove_any(o, s, head, ref);
	i = (unsigned)__builtin_ctz(lanes);
	last = bucket_used(head) - 1;
	slot_set(head, i, slot_tag(head, last), bucket_ref(head, last));
	atomic_store_explicit(&head->ref[last], 0, memory_order_release);
	return true;
}

#endif
