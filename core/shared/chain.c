/* SPDX-License-Identifier: BSD-2-Clause
 * Chains of buckets. */
#include "shared/chain.h"

void overflow_init(struct overflow *o)
{
	buckets_init(&o->buckets);
	o->lock = (struct spin){0};
	o->free = 0;
	o->fresh = 1; /* 0 links to nothing */
}

void overflow_fini(struct overflow *o)
{
	chunks_fini(&o->buckets);
}

/* Under the lock. */
static uint32_t overflow_take(struct overflow *o)
{
	uint32_t i = o->free;

	if (i) {
		o->free = atomic_load_explicit(&bucket_at(&o->buckets, i)->seq,
					       memory_order_relaxed);
		if (o->free) /* who comes next asks what is behind it */
			__builtin_prefetch(bucket_at(&o->buckets, o->free), 1);
		return i;
	}
	i = o->fresh;
	if (!buckets_have(&o->buckets, i))
		return 0;
	o->fresh++;
	return i;
}

uint32_t overflow_get(struct overflow *o)
{
	uint32_t i, fresh;

	do {
		spin_lock(&o->lock);
		i = overflow_take(o);
		fresh = o->fresh;
		spin_unlock(&o->lock);
	} while (!i && buckets_reach(&o->buckets, fresh, false));
	return i;
}

void overflow_put(struct overflow *o, uint32_t i)
{
	struct bucket *b = bucket_at(&o->buckets, i);

	atomic_store_explicit(&b->link, 0, memory_order_release);
	spin_lock(&o->lock);
	atomic_store_explicit(&b->seq, o->free, memory_order_relaxed);
	o->free = i;
	spin_unlock(&o->lock);
}

bool overflow_ready(struct overflow *o, uint32_t n)
{
	uint32_t fresh;

	spin_lock(&o->lock);
	fresh = o->fresh;
	spin_unlock(&o->lock);
	return buckets_reach(&o->buckets, (uint64_t)fresh + n, true);
}

unsigned chain_room(const struct overflow *o, struct bucket *head)
{
	return BUCKET_SLOTS - bucket_used(chain_open(o, head));
}

void chain_add(const struct overflow *o, struct bucket *head, uint32_t tag,
	       uint32_t ref, uint32_t *spare)
{
	struct bucket *b = chain_open(o, head);
	unsigned i = bucket_used(b);

	if (i < BUCKET_SLOTS) {
		slot_set(b, i, tag, ref);
		return;
	}
	b = bucket_at(&o->buckets, *spare);
	slot_set(b, 0, tag, ref);
	atomic_store_explicit(
		&b->link,
		atomic_load_explicit(&head->link, memory_order_relaxed),
		memory_order_release);
	/* Pairs with the acquire in chain_next(). */
	atomic_store_explicit(&head->link, *spare, memory_order_release);
	*spare = 0;
}

/* The hole is filled with the last reference of the open bucket. */
bool chain_erase(struct overflow *o, struct bucket *head, struct bucket *b,
		 unsigned i)
{
	uint32_t link = atomic_load_explicit(&head->link, memory_order_relaxed);
	struct bucket *open = chain_open(o, head);
	unsigned last = bucket_used(open) - 1;

	if (open != b || last != i)
		slot_set(b, i, slot_tag(open, last), bucket_ref(open, last));
	atomic_store_explicit(&open->ref[last], 0, memory_order_release);
	if (!link || last)
		return false;
	atomic_store_explicit(
		&head->link,
		atomic_load_explicit(&open->link, memory_order_relaxed),
		memory_order_release);
	overflow_put(o, link);
	return open == b;
}

bool chain_remove_any(struct overflow *o, struct bucket *head, uint32_t ref)
{
	for (struct bucket *b = head; b; b = chain_next(o, b)) {
		unsigned lanes = bucket_match(b->ref, ref);

		if (!lanes)
			continue;
		(void)chain_erase(o, head, b, (unsigned)__builtin_ctz(lanes));
		return true;
	}
	return false;
}
