/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Keyed hash of a tuple. The key is random per engine, so that who sends
 * packets cannot aim at a bucket. Three AES rounds where the CPU has them,
 * SipHash-1-3 elsewhere: the same tuples, other numbers.
 */
#ifndef NAT_HASH_H
#define NAT_HASH_H

#include <stdint.h>

#include "natcore.h"
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

#if defined(__AES__) && defined(__SSE2__)

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
	x = _mm_aesenc_si128(x, k0);
	x = _mm_aesenc_si128(x, k1);
	return (uint64_t)_mm_cvtsi128_si64(x);
}

#else

uint64_t hash_blocks(const struct hash_key *key, const struct hash_block *b,
		     unsigned n);

#endif

/* An IPv4 tuple as its words lie in a packet: addresses, and the two ids in
 * one. Equals hash_tuple() of the same. */
static inline uint64_t hash_ipv4(const struct hash_key *key, uint32_t src,
				 uint32_t dst, uint32_t ids, uint8_t proto)
{
	struct hash_block b = {{src, dst, ids, (uint32_t)proto << 8 | 4}};

	return hash_blocks(key, &b, 1);
}

/* Hash over what tuple_equal() compares. All 64 bits are usable. */
uint64_t hash_tuple(const struct hash_key *key, const struct nat_tuple *t);

/* Hash of what bysource keys on: family, address, id, protocol, zone. */
uint64_t hash_source(const struct hash_key *key, const struct nat_tuple *t);

/* The kernel's jhash2 over @n words, for the choice of an address in a pool
 * (spec 7.4); not keyed. */
uint32_t hash_jenkins(const uint32_t *word, uint32_t n, uint32_t initval);

#endif
