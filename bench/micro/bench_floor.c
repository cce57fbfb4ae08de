/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The floor: the least that a NAT of these packets has to do, without states,
 * rules, routes, checks or other threads. Parse, hash, find the connection in
 * a table of one-line buckets, compare its line, count, write its expiry,
 * rewrite addresses and ports with both checksums. What the core takes is
 * quoted as a multiple of this. Beside it, less than a NAT: null-NAT, and only
 * moving the bytes. */
#include <stdlib.h>

#include "bare.h"
#include "flows.h"
#include "gbench.h"
#include "memory.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum {
	SLOTS = 8,
	FLIGHT = 32,
	AHEAD = FLIGHT * FLOWS_SLOT, /* bytes of packets */
	EXPIRES = 432000,
};

struct bucket {
	_Alignas(CACHE_LINE) uint32_t tag[SLOTS]; /* 0: empty */
	uint32_t index[SLOTS]; /* connection, direction in bit 0 */
};

/* One line, like the bucket. */
struct conn {
	_Alignas(CACHE_LINE) struct flow_key key[NAT_N_DIRS];
	uint32_t expires;
	uint32_t packets[NAT_N_DIRS];
	struct bare_delta delta[NAT_N_DIRS];
	uint64_t bytes[NAT_N_DIRS];
};
static_assert(sizeof(struct conn) == CACHE_LINE, "one line");

struct floor {
	struct bare_key secret;
	struct bucket *bucket;
	struct conn *conn;
	size_t mask; /* buckets less one */
	uint32_t now;
};

/* ------------------------------------------------------------------ table */

static inline unsigned match(const struct bucket *b, uint32_t tag)
{
#if defined(__AVX2__)
	__m256i have = _mm256_load_si256((const __m256i *)(const void *)b->tag);
	__m256i same = _mm256_cmpeq_epi32(have, _mm256_set1_epi32((int)tag));

	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(same));
#else
	unsigned lanes = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		lanes |= (unsigned)(b->tag[i] == tag) << i;
	return lanes;
#endif
}

static inline uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) | 1;
}

static void insert(struct floor *f, const struct flow_key *k, uint32_t index)
{
	uint64_t hash = bare_hash(&f->secret, (const uint8_t *)k);
	struct bucket *b = &f->bucket[hash & f->mask];
	unsigned empty;

	while (!(empty = match(b, 0)))
		b = &f->bucket[(size_t)(b + 1 - f->bucket) & f->mask];
	b->tag[__builtin_ctz(empty)] = tag_of(hash);
	b->index[__builtin_ctz(empty)] = index;
}

/* Half full at most. */
static size_t buckets_for(uint32_t flows)
{
	size_t n = SLOTS;

	while (n * SLOTS < (size_t)flows * NAT_N_DIRS * 2)
		n *= 2;
	return n;
}

static void floor_fini(struct floor *f, uint32_t flows)
{
	memory_free(f->bucket, (f->mask + 1) * sizeof(*f->bucket));
	memory_free(f->conn, flows * sizeof(*f->conn));
}

static bool floor_init(struct floor *f, uint32_t flows)
{
	*f = (struct floor){
		.secret = {{3, 1, 4, 1}},
		.mask = buckets_for(flows) - 1,
	};
	f->bucket = memory_new((f->mask + 1) * sizeof(*f->bucket));
	f->conn = memory_new(flows * sizeof(*f->conn));
	if (!f->bucket || !f->conn) {
		floor_fini(f, flows);
		return false;
	}
	for (uint32_t i = 0; i < flows; i++)
		for (int dir = 0; dir < NAT_N_DIRS; dir++) {
			f->conn[i].key[dir] = flow_key(i, (enum nat_dir)dir);
			f->conn[i].delta[dir] =
				bare_delta(i, (enum nat_dir)dir);
			insert(f, &f->conn[i].key[dir], i << 1 | (unsigned)dir);
		}
	return true;
}

/* ------------------------------------------------------------- the stages */

struct flight {
	const struct bucket *bucket;
	uint32_t tag;
	uint32_t index; /* of what is most likely the connection */
};

static inline bool aim(const struct floor *f, struct flight *a,
		       const uint8_t *p)
{
	uint64_t hash;

	if (unlikely(!bare_is_good(p)))
		return false;
	hash = bare_hash(&f->secret, p + IPV4_SRC);
	a->tag = tag_of(hash);
	a->bucket = &f->bucket[hash & f->mask];
	__builtin_prefetch(a->bucket);
	return true;
}

static inline void look(const struct floor *f, struct flight *a)
{
	unsigned lanes = match(a->bucket, a->tag);

	a->index = lanes ? a->bucket->index[__builtin_ctz(lanes)] : 0;
	__builtin_prefetch(&f->conn[a->index >> 1], 1);
}

static inline bool has_key(const struct floor *f, uint32_t index,
			   const uint8_t *p)
{
	const struct flow_key *k = &f->conn[index >> 1].key[index & 1];

#if defined(__SSE2__)
	/* behind either, four bytes more can be read */
	const void *have = k, *want = p + IPV4_SRC;
	__m128i same =
		_mm_cmpeq_epi32(_mm_loadu_si128(have), _mm_loadu_si128(want));

	return (~_mm_movemask_ps(_mm_castsi128_ps(same)) & 7) == 0;
#else
	return !memcmp(k, p + IPV4_SRC, sizeof(*k));
#endif
}

/* The guess was wrong: everything that has the tag, up to a bucket with room.
 */
static NOINLINE bool search(const struct floor *f, struct flight *a,
			    const uint8_t *p)
{
	const struct bucket *b = a->bucket;

	for (;; b = &f->bucket[(size_t)(b + 1 - f->bucket) & f->mask]) {
		unsigned lanes = match(b, a->tag);

		for (; lanes; lanes &= lanes - 1) {
			a->index = b->index[__builtin_ctz(lanes)];
			if (has_key(f, a->index, p))
				return true;
		}
		if (match(b, 0))
			return false;
	}
}

static inline bool translate(const struct floor *f, struct flight *a,
			     uint8_t *p)
{
	struct conn *c;
	unsigned dir;

	if (unlikely(!has_key(f, a->index, p)) && !search(f, a, p))
		return false;
	c = &f->conn[a->index >> 1];
	dir = a->index & 1;
	c->expires = f->now + EXPIRES;
	c->packets[dir]++;
	c->bytes[dir] += load16_host(p + IPV4_LEN);
	bare_rewrite(p, &c->key[!dir], c->delta[dir]);
	return true;
}

/* --------------------------------------------------------------- the ways */

static size_t run_batched(void *ctx, uint8_t *packets, size_t n)
{
	struct floor *f = ctx;
	struct flight flight[FLIGHT];
	size_t done = 0;

	static_assert(FLOWS_PACKETS % FLIGHT == 0, "whole batches");
	for (uint8_t *p = packets, *end = p + n * FLOWS_SLOT; p < end;
	     p += (size_t)FLIGHT * FLOWS_SLOT) {
		for (unsigned i = 0; i < FLIGHT; i++) {
			uint8_t *at = p + (size_t)i * FLOWS_SLOT;

			__builtin_prefetch(at + AHEAD, 1);
			if (!aim(f, &flight[i], at))
				return done;
		}
		for (unsigned i = 0; i < FLIGHT; i++)
			look(f, &flight[i]);
		for (unsigned i = 0; i < FLIGHT; i++)
			done += translate(f, &flight[i],
					  p + (size_t)i * FLOWS_SLOT);
		f->now++;
	}
	return done;
}

static size_t run_single(void *ctx, uint8_t *packets, size_t n)
{
	struct floor *f = ctx;
	struct flight a;
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		uint8_t *p = packets + i * FLOWS_SLOT;

		if (!aim(f, &a, p))
			continue;
		look(f, &a);
		done += translate(f, &a, p);
		f->now += !(i % FLIGHT);
	}
	return done;
}

static void bench(struct gbench *b, flows_run run)
{
	uint32_t n = (uint32_t)gbench_arg(b, 0);
	struct flows *flows = flows_new(n);
	struct floor f;

	if (!flows || !floor_init(&f, n)) {
		flows_free(flows);
		gbench_skip(b, "no memory");
		return;
	}
	flows_play(b, flows, run, &f, true);
	floor_fini(&f, n);
	flows_free(flows);
}

static void bench_batched(struct gbench *b)
{
	bench(b, run_batched);
}

static void bench_single(struct gbench *b)
{
	bench(b, run_single);
}

/* ---------------------------------------------------------- less than NAT */

/* Looks at the header, sends the packet on with one less to live. */
static size_t run_null(void *ctx, uint8_t *packets, size_t n)
{
	size_t done = 0;

	(void)ctx;
	for (uint8_t *p = packets; p < packets + n * FLOWS_SLOT;
	     p += FLOWS_SLOT) {
		if (unlikely(!bare_is_good(p) || p[IPV4_TTL] <= 1))
			continue;
		p[IPV4_TTL]--;
		bare_update(p + IPV4_CHECK, CSUM_TTL_UNIT);
		done++;
	}
	return done;
}

static size_t run_copy(void *ctx, uint8_t *packets, size_t n)
{
	uint8_t *to = ctx;

	for (size_t i = 0; i < n * FLOWS_SLOT; i += FLOWS_SLOT)
		memcpy(to + i, packets + i, FLOWS_SLOT);
	gbench_use(to);
	return n;
}

/* Neither cares how many connections there are. */
static void bench_without(struct gbench *b, flows_run run)
{
	enum { FLOWS = 65536 };
	const size_t size = (size_t)FLOWS_PACKETS * FLOWS_SLOT;
	struct flows *flows = flows_new(FLOWS);
	void *to = memory_new(size);

	if (flows && to)
		flows_play(b, flows, run, to, false);
	else
		gbench_skip(b, "no memory");
	memory_free(to, size);
	flows_free(flows);
}

static void bench_null(struct gbench *b)
{
	bench_without(b, run_null);
}

static void bench_copy(struct gbench *b)
{
	bench_without(b, run_copy);
}

GBENCH(floor)
{
	const int64_t n = (int64_t)FLOWS_PASSES * FLOWS_PACKETS;

	flows_register("floor", bench_batched);
	flows_register("floor_unbatched", bench_single);
	gbench_iterations(gbench_add("null_nat", bench_null), n);
	gbench_iterations(gbench_add("memcpy", bench_copy), n);
}
