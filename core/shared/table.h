/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A hash index that is read without locks and grows in place while it is
 * read. It maps a 64-bit hash to the caller's 31 or 32 bits of reference,
 * never 0; keys stay with the caller, who compares them:
 *
 *	table_for_each_candidate(t, &probe, hash, ref)
 *		if (key_equal(ref))
 *			return ref;
 *	return 0;
 *
 * KEYS are expected to be unique: references of one hash share one chain,
 * and the work of a lookup, a removal and a split grows with it.
 *
 * THREADS: lookups, prefetches and iteration are for RCU readers, who see a
 * reference that was there during all of the lookup, and may see one that
 * came or went meanwhile. Everything else takes bucket locks and is for RCU
 * readers too, the maintenance thread included (table.c says why).
 * What a reference names may be reused only a grace period after
 * table_remove().
 */
#ifndef NAT_TABLE_H
#define NAT_TABLE_H

#include "pure/lanes8.h"
#include "shared/chain.h"

enum {
	TABLE_MIN_LOG = 10, /* buckets at least */
	TABLE_TAG_FROM = 8, /* first bit of a tag; a byte's, for short code */
	TABLE_MAX_LOG = BUCKET_MAX_LOG, /* buckets at most */
};

struct table {
	/* every lookup reads it, every split writes it */
	_Alignas(CACHE_LINE) _Atomic uint64_t n_buckets;

	/* insertions and removals write it, by the hundred where many are */
	_Alignas(CACHE_LINE) _Atomic int64_t sampled;

	_Alignas(CACHE_LINE) struct spin splitting; /* right to split */

	_Alignas(CACHE_LINE) struct chunks primary;
	struct overflow overflow;
};

/* What a thread that changes the table has of it, each its own: 0 at first.
 * Lines that all threads write cost more than the rest of an insertion, so they
 * are written seldom. */
struct table_hand {
	struct overflow_stock spare;
	int32_t untold; /* references not yet in sampled */
};

/* @log_buckets to begin with, clamped to the limits. -ENOMEM: as after
 * table_fini(). */
MUST_USE int table_init(struct table *t, unsigned log_buckets);
void table_fini(struct table *t);

/* Gives back what the hand has. */
void table_hand_close(struct table *t, struct table_hand *h);

/* ---------------------------------------------------------------- lookup */

/* Bits [0, k) of a hash choose the bucket, [TAG_FROM, TAG_FROM + 32) are its
 * tag: a split never needs more than a tag. */
static_assert(TABLE_TAG_FROM <= TABLE_MIN_LOG &&
		      TABLE_MAX_LOG <= TABLE_TAG_FROM + 32,
	      "all bits that splits look at");
static inline uint32_t table_tag(uint64_t hash)
{
	return (uint32_t)(hash >> TABLE_TAG_FROM);
}

/* Linear hashing over @n buckets. With 2^k the power of two below n, buckets
 * 0 .. n-2^k have been split in two and are chosen by k+1 bits. Arithmetic,
 * for no branch could foresee which. */
static inline uint64_t bucket_number(uint64_t n, uint64_t hash)
{
	uint64_t mask = UINT64_MAX >> __builtin_clzll(n - 1);

	return hash & mask >> ((hash & mask) >= n);
}

/* The acquire pairs with the release in bucket_split(): who sees the count
 * sees the bucket filled. */
static inline uint64_t table_buckets(const struct table *t)
{
	return atomic_load_explicit(&t->n_buckets, memory_order_acquire);
}

/* A walk over the references of a chain that have a tag. Always inline, so
 * that a probe stays in registers where its address goes nowhere else. */
struct table_probe {
	const struct bucket *head, *at;
	uint64_t hash, n_buckets;
	uint32_t seq;
	unsigned lanes;
};

/* Chooses the bucket and fetches it. */
ALWAYS_INLINE void table_probe_aim(const struct table *t, struct table_probe *p,
				   uint64_t hash)
{
	p->hash = hash;
	p->n_buckets = table_buckets(t);
	p->head = bucket_at(&t->primary, bucket_number(p->n_buckets, hash));
}

ALWAYS_INLINE void probe_enter(struct table_probe *p, const struct bucket *b)
{
	p->at = b;
	p->lanes = bucket_match(b->tag, table_tag(p->hash));
}

/* Begins the walk of an aimed probe. */
ALWAYS_INLINE void table_probe_begin(const struct table *t,
				     struct table_probe *p)
{
	for (;;) {
		p->seq = atomic_load_explicit(&p->head->seq,
					      memory_order_acquire);
		if (likely(atomic_load_explicit(&t->n_buckets,
						memory_order_relaxed) ==
			   p->n_buckets))
			break;
		table_probe_aim(t, p, p->hash);
	}
	probe_enter(p, p->head);
}

ALWAYS_INLINE void table_probe_start(const struct table *t,
				     struct table_probe *p, uint64_t hash)
{
	table_probe_aim(t, p, hash);
	table_probe_begin(t, p);
}

/* The next reference of the chain with the tag, or 0 at its end. */
ALWAYS_INLINE uint32_t probe_step(const struct table *t, struct table_probe *p)
{
	const struct bucket *next;
	uint32_t ref;

	for (;;) {
		while (p->lanes) {
			ref = bucket_ref(p->at,
					 (unsigned)__builtin_ctz(p->lanes));
			p->lanes &= p->lanes - 1;
			if (likely(ref))
				return ref;
		}
		next = chain_next(&t->overflow, p->at);
		if (likely(!next))
			return 0;
		probe_enter(p, next);
	}
}

/* True when nothing in the walked chain can have been missed. */
ALWAYS_INLINE bool probe_valid(const struct table_probe *p)
{
#if !TSAN /* it knows no fence; there every word is read with acquire */
	atomic_thread_fence(memory_order_acquire);
#endif
	return !(p->seq & 1) &&
	       atomic_load_explicit(&p->head->seq, memory_order_relaxed) ==
		       p->seq;
}

/* Returns when a writer who was inside is not. */
void bucket_wait(const struct bucket *b);

/* The next candidate, some perhaps twice; 0: no other was in the table. */
ALWAYS_INLINE uint32_t table_probe_next(const struct table *t,
					struct table_probe *p)
{
	uint32_t ref;

	while (!(ref = probe_step(t, p)) && unlikely(!probe_valid(p))) {
		bucket_wait(p->head);
		table_probe_start(t, p, p->hash);
	}
	return ref;
}

ALWAYS_INLINE const struct bucket *
table_bucket(const struct table *t, uint64_t n_buckets, uint64_t hash)
{
	return bucket_at(&t->primary, bucket_number(n_buckets, hash));
}

/* The same for eight hashes. */
ALWAYS_INLINE void table_bucket8(const struct table *t, uint64_t n_buckets,
				 const uint64_t hash[EIGHT],
				 const struct bucket *bucket[EIGHT])
{
#if LANES8
	const uint32_t last = (uint32_t)n_buckets - 1;
	const uint32_t mask = UINT32_MAX >> __builtin_clz(last);
	const lanes8 at = lanes8_low_halves(hash) & mask;

	static_assert(BUCKET_MAX_LOG < 32, "numbered in words");
	lanes8_locate(bucket, bucket_at(&t->primary, 0),
		      lanes8_choose((lanes8)(at > last), at & mask >> 1, at),
		      BUCKET_LOG);
#else
	for (unsigned i = 0; i < EIGHT; i++)
		bucket[i] = table_bucket(t, n_buckets, hash[i]);
#endif
}

/* A hash and its bucket, while the table has so many as it had when this was
 * found. */
struct table_spot {
	uint64_t hash;
	const struct bucket *bucket;
};

ALWAYS_INLINE struct table_spot table_spot(const struct table *t,
					   uint64_t n_buckets, uint64_t hash)
{
	return (struct table_spot){hash, table_bucket(t, n_buckets, hash)};
}

/* True: no reference of the hash was in the table. A short look; false where it
 * would take a longer one to tell. */
ALWAYS_INLINE bool table_spot_lacks(const struct table *t, uint64_t n_buckets,
				    struct table_spot s)
{
	struct table_probe p = {.head = s.bucket, .at = s.bucket};

	p.seq = atomic_load_explicit(&p.head->seq, memory_order_acquire);
	if (unlikely(atomic_load_explicit(&t->n_buckets,
					  memory_order_relaxed) != n_buckets))
		return false;
	do
		if (unlikely(bucket_match(p.at->tag, table_tag(s.hash))))
			return false;
	while (unlikely(p.at = chain_next(&t->overflow, p.at)));
	return likely(probe_valid(&p));
}

ALWAYS_INLINE bool table_lacks(const struct table *t, uint64_t hash)
{
	uint64_t n = table_buckets(t);

	return table_spot_lacks(t, n, table_spot(t, n, hash));
}

#define table_for_each_candidate(t, probe, hash, r)                            \
	for (table_probe_start(t, probe, hash);                                \
	     ((r) = table_probe_next(t, probe));)

/* Guesses, for the stages of a batch: the bucket of each hash is fetched, then
 * what it most likely names, and both are used when they have come. A guess
 * takes no care of writers. So it may be wrong, or 0 although there is a
 * reference; then only a walk can tell. @n_buckets: table_buckets(), read
 * once for all. */
ALWAYS_INLINE const struct bucket *table_aim(const struct table *t,
					     uint64_t n_buckets, uint64_t hash)
{
	const struct bucket *b = table_bucket(t, n_buckets, hash);

	__builtin_prefetch(b);
	return b;
}

/* The same for who will insert or remove. */
static inline void table_aim_to_change(const struct table *t,
				       uint64_t n_buckets, uint64_t hash)
{
	__builtin_prefetch(table_bucket(t, n_buckets, hash), 1);
}

/* Once the bucket has come: the next of its chain. False: there is none. */
ALWAYS_INLINE bool table_aim_on(const struct table *t, const struct bucket *b)
{
	const struct bucket *next = chain_next(&t->overflow, b);

	if (likely(!next))
		return false;
	__builtin_prefetch(next, 1);
	return true;
}

/* In the bucket itself. */
ALWAYS_INLINE uint32_t table_guess_first(const struct bucket *b, uint64_t hash)
{
	const unsigned lanes = bucket_match(b->tag, table_tag(hash));

	return likely(lanes) ? bucket_ref(b, (unsigned)__builtin_ctz(lanes))
			     : 0;
}

/* Where that gave nothing: in the next of the chain. */
uint32_t table_guess_next(const struct table *t, const struct bucket *b,
			  uint64_t hash);

ALWAYS_INLINE uint32_t table_guess(const struct table *t,
				   const struct bucket *b, uint64_t hash)
{
	uint32_t ref = table_guess_first(b, hash);

	return likely(ref) ? ref : table_guess_next(t, b, hash);
}

/* ---------------------------------------------------------------- change */

/* The locked chains of one or two hashes. */
struct table_guard {
	unsigned n;
	uint64_t hash[2];
	struct bucket *head[2]; /* may be the same */
	bool grow;
};

/* Locks the chains of @n hashes, 1 or 2. Until table_unlock() nothing else of
 * the table may be locked. */
void table_lock(struct table *t, struct table_guard *g, const uint64_t *hash,
		unsigned n);

/* Two locked chains, neither with a candidate for its hash and both with room
 * for a reference. */
struct table_pair {
	uint64_t n_buckets; /* of the table when the two were found */
	struct table_spot spot[2];
	struct {
		struct bucket *bucket; /* the part full one of the chain */
		unsigned used;
	} room[2];
};

/* Locks the chains of two spots, provided that they are so. False: they are
 * not, or no longer these; nothing is locked. */
MUST_USE bool table_lock_pair(struct table *t, struct table_pair *p);

/* Adds a reference for each hash and unlocks; may split a few buckets. */
void table_fill_pair(struct table *t, struct table_hand *h,
		     const struct table_pair *p, const uint32_t ref[2]);

/* Starts a walk over the candidates for hash @i of a guard. Others cannot
 * change them, so that the walk is over when probe_step() returns 0. */
static inline void table_probe_locked(const struct table_guard *g, unsigned i,
				      struct table_probe *p)
{
	p->hash = g->hash[i];
	p->head = g->head[i];
	probe_enter(p, p->head);
}

#define table_for_each_locked(t, g, i, probe, r)                               \
	for (table_probe_locked(g, i, probe); ((r) = probe_step(t, probe));)

/* Adds a reference for each hash of the guard, all or none. Does not look
 * for equal keys. -ENOMEM: nothing has changed. */
MUST_USE int table_insert(struct table *t, struct table_hand *h,
			  struct table_guard *g, const uint32_t *ref);

/* Unlocks. After an insertion it may split a few buckets as well. */
void table_unlock(struct table *t, struct table_hand *h, struct table_guard *g);

/* True for exactly one of several racing callers. */
bool table_remove(struct table *t, struct table_hand *h, uint64_t hash,
		  uint32_t ref);

/* Gets memory for growth ready ahead of need, then splits up to
 * @max_splits buckets if growth is due; none are left to insertions. False: no
 * memory. For a maintenance thread: takes milliseconds. */
bool table_maintain(struct table *t, struct table_hand *h, unsigned max_splits);

/* ------------------------------------------------------------- inspection */

/* All references of some consecutive buckets. One that is moved meanwhile may
 * be seen twice or not at all. */
struct table_iter {
	const struct bucket *at;
	uint64_t bucket, left, wrap;
	unsigned slot;
};

/* @n_buckets from the bucket of @hash on, wrapping around; at most all. */
void table_iter_start(const struct table *t, struct table_iter *it,
		      uint64_t hash, uint64_t n_buckets);

/* 0: no more. */
uint32_t table_iter_next(const struct table *t, struct table_iter *it);

/* References in the table, give or take sqrt(64 x count) and what hands have
 * not told: a sixteenth of the buckets' number each, 512 at most. */
uint64_t table_count(const struct table *t);

uint64_t table_bytes(const struct table *t);

#endif
