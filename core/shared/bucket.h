/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Hash buckets of one cache line, and chunks of 2 MiB to keep them in.
 * How their words are shared is written in table.c.
 */
#ifndef NAT_BUCKET_H
#define NAT_BUCKET_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shared/chunk.h"
#include "shared/spin.h"
#include "shared/tsan.h"
#include "util.h"

#if defined(__SSE2__) && !TSAN
#include <immintrin.h>
#endif

enum {
	BUCKET_SLOTS = 7,
	BUCKET_MAX_LOG = 28, /* buckets at most, side by side */
	CHUNK_LOG = 15,      /* 2^15 buckets of 64 bytes: 2 MiB */
	CHUNK_BUCKETS = 1 << CHUNK_LOG,
};

/* In a chain's first bucket seq is its lock (odd: held) and version; in an
 * overflow bucket that is free it links the free ones. */
struct bucket {
	/* 0: empty; used come first */
	_Alignas(CACHE_LINE) _Atomic uint32_t ref[BUCKET_SLOTS];
	_Atomic uint32_t link; /* next in chain; 0: none */
	_Atomic uint32_t tag[BUCKET_SLOTS];
	_Atomic uint32_t seq;
};
enum { BUCKET_LOG = 6 }; /* of its size */
static_assert(sizeof(struct bucket) == CACHE_LINE &&
		      CACHE_LINE == 1 << BUCKET_LOG,
	      "one line per lookup");

static_assert(sizeof(struct bucket) << CHUNK_LOG == CHUNK_MAX,
	      "buckets are numbered as they lie");

static inline void buckets_init(struct chunks *all)
{
	chunks_init(all, CHUNK_MAX, 1 << (BUCKET_MAX_LOG - CHUNK_LOG));
}

/* True if bucket @i has memory. */
static inline bool buckets_have(const struct chunks *all, uint64_t i)
{
	return i >> CHUNK_LOG < chunks_n(all);
}

/* Gives memory to all up to bucket @i; see chunks_reach(). */
static inline bool buckets_reach(struct chunks *all, uint64_t i, bool ready)
{
	return chunks_reach(all, (i >> CHUNK_LOG) + 1, ready);
}

static inline struct bucket *bucket_at(const struct chunks *all, uint64_t i)
{
	return (struct bucket *)all->base + i;
}

/* Bit i: word i of the seven at @word, tags or references, is @value. The
 * vector loads count on the hardware not to tear an aligned word. */
static inline unsigned bucket_match(const _Atomic uint32_t *word,
				    uint32_t value)
{
	enum { ALL = (1 << BUCKET_SLOTS) - 1 };
#if defined(__AVX2__) && !TSAN
	const __m256i *v = (const __m256i *)(uintptr_t)word;
	__m256i equal = _mm256_cmpeq_epi32(_mm256_load_si256(v),
					   _mm256_set1_epi32((int)value));

	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(equal)) & ALL;
#elif defined(__SSE2__) && !TSAN
	const __m128i *v = (const __m128i *)(uintptr_t)word;
	__m128i want = _mm_set1_epi32((int)value);
	__m128i low = _mm_cmpeq_epi32(_mm_load_si128(v), want);
	__m128i high = _mm_cmpeq_epi32(_mm_load_si128(v + 1), want);

	return (unsigned)(_mm_movemask_ps(_mm_castsi128_ps(low)) |
			  _mm_movemask_ps(_mm_castsi128_ps(high)) << 4) &
	       ALL;
#else
	unsigned lanes = 0;

	for (unsigned i = 0; i < BUCKET_SLOTS; i++)
		lanes |= (unsigned)(atomic_load_explicit(
					    &word[i], memory_order_acquire) ==
				    value)
			 << i;
	return lanes;
#endif
}

static inline uint32_t bucket_ref(const struct bucket *b, size_t i)
{
	/* Pairs with the release in slot_set(): what the reference names was
	 * written before. */
	return atomic_load_explicit(&b->ref[i], memory_order_acquire);
}

static inline uint32_t slot_tag(const struct bucket *b, unsigned i)
{
	return atomic_load_explicit(&b->tag[i], memory_order_relaxed);
}

/* The release of the reference publishes what it names; of both, see READERS
 * in table.c. */
static inline void slot_set(struct bucket *b, unsigned i, uint32_t tag,
			    uint32_t ref)
{
	atomic_store_explicit(&b->tag[i], tag, memory_order_release);
	atomic_store_explicit(&b->ref[i], ref, memory_order_release);
}

static inline unsigned bucket_used(const struct bucket *b)
{
	unsigned empty = bucket_match(b->ref, 0) | 1u << BUCKET_SLOTS;

	return (unsigned)__builtin_ctz(empty);
}

static inline void bucket_lock(struct bucket *b)
{
	unsigned turns = 0;

	for (;;) {
		uint32_t seq =
			atomic_load_explicit(&b->seq, memory_order_relaxed);

		/* The acquire pairs with the release in bucket_unlock(). */
		if (likely(!(seq & 1)) &&
		    likely(atomic_compare_exchange_weak_explicit(
			    &b->seq, &seq, seq + 1, memory_order_acquire,
			    memory_order_relaxed)))
			return;
		spin_wait(&turns);
	}
}

static inline void bucket_unlock(struct bucket *b)
{
	uint32_t seq = atomic_load_explicit(&b->seq, memory_order_relaxed);

	atomic_store_explicit(&b->seq, seq + 1, memory_order_release);
}

#endif
