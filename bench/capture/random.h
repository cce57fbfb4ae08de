/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The generator's randomness: xoshiro256++ seeded by splitmix64, both by
 * Blackman and Vigna, public domain. The same seed gives the same numbers on
 * every machine. */
#ifndef NATBENCH_RANDOM_H
#define NATBENCH_RANDOM_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

static inline struct rng rng_new(uint64_t seed)
{
	struct rng r;

	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		r.s[i] = z ^ z >> 31;
	}
	return r;
}

static inline uint64_t rng_rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline uint64_t rng_u64(struct rng *r)
{
	uint64_t *s = r->s;
	uint64_t out = rng_rotate(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rng_rotate(s[3], 45);
	return out;
}

static inline uint32_t rng_u32(struct rng *r)
{
	return (uint32_t)(rng_u64(r) >> 32);
}

/* Below @n, which is not 0. Multiply and shift: for @n up to 2^32 no value is
 * likelier than another by more than one in 2^32. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((uint64_t)rng_u32(r) * n >> 32);
}

#endif
