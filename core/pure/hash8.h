/* SPDX-License-Identifier: BSD-2-Clause
 *
 * hash_ipv4() of eight packets side by side.
 */
#ifndef NAT_HASH8_H
#define NAT_HASH8_H

#include "pure/hash.h"
#include "pure/lanes8.h"

#if LANES8

/* @row: of their bytes, from the TTL on, as lanes8_read() gives them. */
#if defined(__AES__)

/* A round for what stands in each half. */
ALWAYS_INLINE lanes8 hash8_round(lanes8 x, lanes8 key)
{
#if defined(__VAES__)
	return (lanes8)_mm256_aesenc_epi128((__m256i)x, (__m256i)key);
#else
#define HALF(v, at)                                                            \
	__builtin_shufflevector(v, v, at, (at) + 1, (at) + 2, (at) + 3)
	const lanes4 low = hash_round(HALF(x, 0), HALF(key, 0));
	const lanes4 high = hash_round(HALF(x, 4), HALF(key, 4));

	return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
#undef HALF
#endif
}

ALWAYS_INLINE lanes8 hash8_rounds(const struct hash_key *key, lanes8 row)
{
	const lanes8 k0 = lanes8_pair(&key->k[0], &key->k[0]);
	const lanes8 k1 = lanes8_pair(&key->k[2], &key->k[2]);
	const lanes8 tuple = {0xff00, ~0u, ~0u, ~0u, 0xff00, ~0u, ~0u, ~0u};
	const lanes8 x = hash8_round((row & tuple) ^ k0, k1);

	return hash8_round(hash8_round(x, k0), k1);
}

/* Stored as they will be loaded again, all at once: who loads what two stores
 * have left waits until both are through. */
ALWAYS_INLINE void hash8_ipv4(const struct hash_key *key,
			      struct lanes8_four row, uint64_t hash[EIGHT])
{
	const lanes8 a = hash8_rounds(key, row.v0);
	const lanes8 b = hash8_rounds(key, row.v1);
	const lanes8 c = hash8_rounds(key, row.v2);
	const lanes8 d = hash8_rounds(key, row.v3);
	/* 0, 1, 4, 5 and 2, 3, 6, 7 */
	const lanes8 ab =
		__builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
	const lanes8 cd =
		__builtin_shufflevector(c, d, 0, 1, 8, 9, 4, 5, 12, 13);

	lanes8_store(hash,
		     __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 8, 9, 10, 11));
	lanes8_store(hash + 4, __builtin_shufflevector(ab, cd, 4, 5, 6, 7, 12,
						       13, 14, 15));
}

#else

ALWAYS_INLINE void hash8_ipv4(const struct hash_key *key,
			      struct lanes8_four row, uint64_t hash[EIGHT])
{
	uint32_t bytes[4][EIGHT];

	lanes8_store(bytes[0], row.v0);
	lanes8_store(bytes[1], row.v1);
	lanes8_store(bytes[2], row.v2);
	lanes8_store(bytes[3], row.v3);
	for (unsigned i = 0; i < EIGHT; i++)
		hash[i] = hash_ipv4(key, (const void *)&bytes[i % 4][i & 4]);
}

#endif

#endif

#endif
