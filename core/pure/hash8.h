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

/* Of two, as they stand in the halves. */
struct hash8_two {
	lanes4 low, high;
};

ALWAYS_INLINE struct hash8_two hash8_rounds(const struct hash_key *key,
					    lanes8 row)
{
	const lanes4 k0 = lanes4_load(&key->k[0]), k1 = lanes4_load(&key->k[2]);
	const lanes8 tuple = {0xff00, ~0u, ~0u, ~0u, 0xff00, ~0u, ~0u, ~0u};
	const lanes8 x = (row & tuple) ^ lanes8_pair(&k0, &k0);
	lanes4 low = __builtin_shufflevector(x, x, 0, 1, 2, 3);
	lanes4 high = __builtin_shufflevector(x, x, 4, 5, 6, 7);

	low = hash_round(hash_round(hash_round(low, k1), k0), k1);
	high = hash_round(hash_round(hash_round(high, k1), k0), k1);
	return (struct hash8_two){low, high};
}

ALWAYS_INLINE void hash8_ipv4(const struct hash_key *key,
			      struct lanes8_four row, uint64_t hash[EIGHT])
{
	const struct hash8_two a = hash8_rounds(key, row.v0);
	const struct hash8_two b = hash8_rounds(key, row.v1);
	const struct hash8_two c = hash8_rounds(key, row.v2);
	const struct hash8_two d = hash8_rounds(key, row.v3);

	lanes4_store(hash, LANES4_PICK(a.low, b.low, 0, 1, 4, 5));
	lanes4_store(hash + 2, LANES4_PICK(c.low, d.low, 0, 1, 4, 5));
	lanes4_store(hash + 4, LANES4_PICK(a.high, b.high, 0, 1, 4, 5));
	lanes4_store(hash + 6, LANES4_PICK(c.high, d.high, 0, 1, 4, 5));
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
