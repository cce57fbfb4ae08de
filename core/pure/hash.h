/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keyed hash of a tuple. The key is random per engine, so that who sends
 * packets cannot aim at a bucket. Three AES rounds where the CPU has them,
 * SipHash-1-3 elsewhere: the same tuples, other numbers.
 */
#ifndef NAT_HASH_H
#define NAT_HASH_H

#include <stdint.h>
#include <string.h>

#include "natcore.h"
#include "pure/lanes.h"
#include "pure/tuple.h"
#include "util.h"

#if defined(__AES__) && defined(__SSE2__)
#include <immintrin.h>
#endif

struct hash_key {
	_Alignas(16) uint64_t k[4];
};

struct hash_key hash_key_new(uint64_t seed);

/* Sixteen bytes to hash. */
struct hash_block {
	_Alignas(16) uint32_t w[4];
};

/* What is hashed of a tuple, in one block or three; without its ids, which are
 * the last word of the first. */
struct hash_stem {
	struct hash_block b[3];
	unsigned n;
};

struct hash_stem hash_stem_of(const struct nat_tuple *t);

/* So many are hashed together, whose rounds do not wait for each other. */
enum { HASH_ROW = 4 };

/* An IPv4 tuple is one block: protocol and zone, addresses, the two ids. So
 * are sixteen bytes of a packet without options, from the TTL on, where TTL
 * and header checksum are masked out. */
static inline uint32_t hash_ipv4_meta(uint8_t proto, uint16_t zone)
{
	return host32((uint32_t)proto << 16 | zone);
}

/* What is asked when an IPv4 packet seems to begin a connection. */
struct hash_opening {
	uint64_t source;     /* hash_source4() of its socket */
	uint64_t answer;     /* of the inverse tuple */
	uint64_t new_answer; /* the same if another source had sent it */
};

#if defined(__AES__) && defined(__SSE2__)

ALWAYS_INLINE lanes4 hash_round(lanes4 x, lanes4 k)
{
	return (lanes4)_mm_aesenc_si128((__m128i)x, (__m128i)k);
}

ALWAYS_INLINE uint64_t hash_finish(__m128i x, __m128i k0, __m128i k1)
{
	x = _mm_aesenc_si128(x, k0);
	x = _mm_aesenc_si128(x, k1);
	return (uint64_t)_mm_cvtsi128_si64(x);
}

ALWAYS_INLINE uint64_t hash_blocks(const struct hash_key *key,
				   const struct hash_block *b, unsigned n)
{
	__m128i k0 = _mm_load_si128((const __m128i *)(const void *)&key->k[0]);
	__m128i k1 = _mm_load_si128((const __m128i *)(const void *)&key->k[2]);
	__m128i x = k0;

	for (unsigned i = 0; i < n; i++) {
		const void *v = &b[i];

		x = _mm_xor_si128(x, _mm_load_si128(v));
		x = _mm_aesenc_si128(x, k1);
	}
	return hash_finish(x, k0, k1);
}

/* hash_tuple() of the tuple that has @ids, see hash_ids(). Who stores them and
 * loads the block waits, so they come in a register. */
ALWAYS_INLINE uint64_t hash_with_ids(const struct hash_key *key,
				     const struct hash_stem *s, uint32_t ids)
{
	__m128i k0 = _mm_load_si128((const __m128i *)(const void *)&key->k[0]);
	__m128i k1 = _mm_load_si128((const __m128i *)(const void *)&key->k[2]);
	__m128i at = _mm_slli_si128(_mm_cvtsi32_si128((int)ids), 12);
	const void *v = &s->b[0];
	__m128i x = _mm_xor_si128(k0, _mm_load_si128(v));

	x = _mm_aesenc_si128(_mm_xor_si128(x, at), k1);
	for (unsigned i = 1; i < s->n; i++) {
		v = &s->b[i];
		x = _mm_xor_si128(x, _mm_load_si128(v));
		x = _mm_aesenc_si128(x, k1);
	}
	return hash_finish(x, k0, k1);
}

/* hash_with_ids() of each. */
ALWAYS_INLINE void hash_with_row(const struct hash_key *key,
				 const struct hash_stem *s, lanes4 ids,
				 uint64_t hash[HASH_ROW])
{
	const lanes4 k0 = lanes4_load(&key->k[0]), k1 = lanes4_load(&key->k[2]);
	const lanes4 stem = lanes4_load(&s->b[0]) ^ k0, row = ids ^ k0[3];
	lanes4 x[HASH_ROW] = {
		LANES4_PICK(stem, row, 0, 1, 2, 4),
		LANES4_PICK(stem, row, 0, 1, 2, 5),
		LANES4_PICK(stem, row, 0, 1, 2, 6),
		LANES4_PICK(stem, row, 0, 1, 2, 7),
	};

	for (unsigned i = 0; i < HASH_ROW; i++)
		x[i] = hash_round(x[i], k1);
	for (unsigned n = 1; unlikely(n < s->n); n++)
		for (unsigned i = 0; i < HASH_ROW; i++)
			x[i] = hash_round(x[i] ^ lanes4_load(&s->b[n]), k1);
	for (unsigned i = 0; i < HASH_ROW; i++)
		hash[i] = hash_finish((__m128i)x[i], (__m128i)k0, (__m128i)k1);
}

/* Of the tuple at @from_ttl in a packet; equals hash_tuple(), zone 0. */
ALWAYS_INLINE uint64_t hash_ipv4(const struct hash_key *key,
				 const uint8_t *from_ttl)
{
	__m128i mask = _mm_setr_epi32(0xff00, -1, -1, -1);
	const void *p = from_ttl;
	struct hash_block b;

	_mm_store_si128((__m128i *)(void *)&b,
			_mm_and_si128(_mm_loadu_si128(p), mask));
	return hash_blocks(key, &b, 1);
}

/* Of the packet at @from_ttl; @new_source: of who may have sent it. */
ALWAYS_INLINE struct hash_opening hash_opening(const struct hash_key *key,
					       const uint8_t *from_ttl,
					       uint32_t new_source)
{
	const lanes4 mask = {0xff00, ~0u, ~0u, ~0u}, zero = {0};
	const lanes4_bytes x = (lanes4_bytes)(lanes4_load(from_ttl) & mask);
	const lanes4_bytes back = __builtin_shufflevector(
		x, x, 0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 14, 15, 12, 13);
	const lanes4 k0 = lanes4_load(&key->k[0]), k1 = lanes4_load(&key->k[2]);
	lanes4 v[] = {
		(lanes4)__builtin_shufflevector(x, (lanes4_bytes)zero, 0, 1, 2,
						3, 4, 5, 6, 7, 12, 13, 16, 16,
						16, 16, 16, 16),
		(lanes4)back,
		(lanes4)back,
	};

	v[2][2] = new_source;
	for (unsigned i = 0; i < ARRAY_LEN(v); i++)
		v[i] = hash_round(v[i] ^ k0, k1);
	return (struct hash_opening){
		.source = hash_finish((__m128i)v[0], (__m128i)k0, (__m128i)k1),
		.answer = hash_finish((__m128i)v[1], (__m128i)k0, (__m128i)k1),
		.new_answer =
			hash_finish((__m128i)v[2], (__m128i)k0, (__m128i)k1),
	};
}

#else

uint64_t hash_blocks(const struct hash_key *key, const struct hash_block *b,
		     unsigned n);

static inline uint64_t hash_with_ids(const struct hash_key *key,
				     const struct hash_stem *s, uint32_t ids)
{
	struct hash_stem whole = *s;

	whole.b[0].w[3] = ids;
	return hash_blocks(key, whole.b, whole.n);
}

static inline void hash_with_row(const struct hash_key *key,
				 const struct hash_stem *s, lanes4 ids,
				 uint64_t hash[HASH_ROW])
{
	for (unsigned i = 0; i < HASH_ROW; i++)
		hash[i] = hash_with_ids(key, s, ids[i]);
}

static inline uint64_t hash_ipv4(const struct hash_key *key,
				 const uint8_t *from_ttl)
{
	struct hash_block b;

	memcpy(&b, from_ttl, sizeof(b));
	b.w[0] = hash_ipv4_meta(from_ttl[1], 0);
	return hash_blocks(key, &b, 1);
}

#endif

/* Of an IPv4 tuple: source, destination, the two ids as they lie in a packet.
 */
ALWAYS_INLINE uint64_t hash_key4(const struct hash_key *key, uint32_t meta,
				 const uint32_t k[3])
{
	const struct hash_block b = {{meta, k[0], k[1], k[2]}};

	return hash_blocks(key, &b, 1);
}

/* The two ids as they lie next to each other in a packet. */
static inline uint32_t hash_ids(uint16_t src_id, uint16_t dst_id)
{
	const uint16_t two[2] = {src_id, dst_id};
	uint32_t v;

	memcpy(&v, two, sizeof(v));
	return v;
}

/* hash_tuple() of an IPv4 tuple, here to be compiled into its callers. */
ALWAYS_INLINE uint64_t hash_tuple4(const struct hash_key *key,
				   const struct nat_tuple *t)
{
	const uint32_t k[3] = {t->src.w[0], t->dst.w[0],
			       hash_ids(t->src_id, t->dst_id)};

	return hash_key4(key, hash_ipv4_meta(t->proto, t->zone), k);
}

/* Hash over what tuple_equal() compares. All 64 bits are usable. */
uint64_t hash_tuple(const struct hash_key *key, const struct nat_tuple *t);

/* Hash of what bysource keys on: family, address, id, protocol, zone. */
uint64_t hash_source6(const struct hash_key *key, const struct nat_tuple *t);

ALWAYS_INLINE uint64_t hash_source4(const struct hash_key *key, uint32_t src,
				    uint16_t id, uint8_t proto, uint16_t zone)
{
	const struct hash_block b = {{hash_ipv4_meta(proto, zone), src, id}};

	return hash_blocks(key, &b, 1);
}

#if !defined(__AES__) || !defined(__SSE2__)
static inline struct hash_opening hash_opening(const struct hash_key *key,
					       const uint8_t *from_ttl,
					       uint32_t new_source)
{
	const uint32_t meta = hash_ipv4_meta(from_ttl[1], 0);
	uint32_t addr[2], k[3];
	uint16_t id[2];

	memcpy(addr, from_ttl + 4, sizeof(addr));
	memcpy(id, from_ttl + 12, sizeof(id));
	k[0] = addr[1];
	k[1] = addr[0];
	k[2] = hash_ids(id[1], id[0]);
	return (struct hash_opening){
		.source = hash_source4(key, addr[0], id[0], from_ttl[1], 0),
		.answer = hash_key4(key, meta, k),
		.new_answer = hash_key4(key, meta,
					(uint32_t[]){k[0], new_source, k[2]}),
	};
}
#endif

static inline uint64_t hash_source(const struct hash_key *key,
				   const struct nat_tuple *t)
{
	if (unlikely(t->family == 6))
		return hash_source6(key, t);
	return hash_source4(key, t->src.w[0], t->src_id, t->proto, t->zone);
}

/* The kernel's jhash2 over @n words, for the choice of an address in a pool
 * (spec 7.4); not keyed. */
uint32_t hash_jenkins(const uint32_t *word, uint32_t n, uint32_t initval);

#endif
