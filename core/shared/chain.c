/* SPDX-License-Identifier: BSD-2-Clause
 * Chains of buckets. */
#include "shared/chain.h"

void overflow_init(struct overflow *o)
{
	buckets_init(&o->buckets);
	o->lock = (struct spin){0};
	o->free = 0;
	o->fresh = OVERFLOW_LOT; /* 0 links to nothing */
}

void overflow_fini(struct overflow *o)
{
	chunks_fini(&o->buckets);
}

static_assert(CHUNK_BUCKETS % OVERFLOW_LOT == 0, "a lot lies in one chunk");

/* Under the lock. The first of a lot that nobody has; 0: there is no memory for
 * one yet. */
static uint32_t take_lot(struct overflow *o, bool *fresh)
{
	uint32_t first = o->free;

	*fresh = !first;
	if (first) {
		o->free = atomic_load_explicit(
			&bucket_at(&o->buckets, first)->seq,
			memory_order_relaxed);
		if (o->free) /* who comes next asks what is behind it */
			__builtin_prefetch(bucket_at(&o->buckets, o->free), 1);
	} else if (buckets_have(&o->buckets, o->fresh)) {
		first = o->fresh;
		o->fresh += OVERFLOW_LOT;
	}
	return first;
}

/* In the order of memory, which comes faster. */
static void stock_fresh(struct overflow_stock *s, uint32_t first)
{
	for (uint32_t i = OVERFLOW_LOT; i--;)
		s->index[s->n++] = first + i;
}

static void stock_used(const struct overflow *o, struct overflow_stock *s,
		       uint32_t first)
{
	const struct bucket *b = bucket_at(&o->buckets, first);

	for (unsigned i = 0; i < BUCKET_SLOTS; i++)
		if (slot_tag(b, i))
			s->index[s->n++] = slot_tag(b, i);
	s->index[s->n++] = first;
}

/* Gets a lot. False: no memory. */
static NOINLINE bool stock_fill(struct overflow *o, struct overflow_stock *s)
{
	uint32_t first, want;
	bool fresh;

	do {
		spin_lock(&o->lock);
		first = take_lot(o, &fresh);
		want = o->fresh;
		spin_unlock(&o->lock);
	} while (!first && buckets_reach(&o->buckets, want, false));
	if (!first)
		return false;
	if (fresh)
		stock_fresh(s, first);
	else
		stock_used(o, s, first);
	return true;
}

uint32_t overflow_get(struct overflow *o, struct overflow_stock *s)
{
	uint32_t i;

	if (unlikely(!s->n) && !stock_fill(o, s))
		return 0;
	i = s->index[--s->n];
	if (s->n)
		__builtin_prefetch(bucket_at(&o->buckets, s->index[s->n - 1]),
				   1);
	return i;
}

/* Gives back a lot of the stock's, or all there is. */
static void stock_give(struct overflow *o, struct overflow_stock *s)
{
	uint32_t first = s->index[--s->n];
	struct bucket *b = bucket_at(&o->buckets, first);

	for (unsigned i = 0; i < BUCKET_SLOTS; i++)
		atomic_store_explicit(&b->tag[i], s->n ? s->index[--s->n] : 0,
				      memory_order_relaxed);
	spin_lock(&o->lock);
	atomic_store_explicit(&b->seq, o->free, memory_order_relaxed);
	o->free = first;
	spin_unlock(&o->lock);
}

void overflow_return(struct overflow *o, struct overflow_stock *s)
{
	while (s->n)
		stock_give(o, s);
}

void overflow_put(struct overflow *o, struct overflow_stock *s, uint32_t i)
{
	atomic_store_explicit(&bucket_at(&o->buckets, i)->link, 0,
			      memory_order_release);
	if (unlikely(s->n == ARRAY_LEN(s->index)))
		stock_give(o, s);
	s->index[s->n++] = i;
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
bool chain_erase(struct overflow *o, struct overflow_stock *s,
		 struct bucket *head, struct bucket *b, unsigned i)
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
	overflow_put(o, s, link);
	return open == b;
}

bool chain_remove_any(struct overflow *o, struct overflow_stock *s,
		      struct bucket *head, uint32_t ref)
{
	for (struct bucket *b = head; b; b = chain_next(o, b)) {
		unsigned lanes = bucket_match(b->ref, ref);

		if (!lanes)
			continue;
		(void)chain_erase(o, s, head, b,
				  (unsigned)__builtin_ctz(lanes));
		return true;
	}
	return false;
}
