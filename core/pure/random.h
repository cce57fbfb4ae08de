/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The core's randomness: a stream of numbers that the seed decides
 * (splitmix64 by Sebastiano Vigna, public domain). Good enough to choose
 * ports that an outsider must not guess only when the seed is secret.
 */
#ifndef NAT_RANDOM_H
#define NAT_RANDOM_H

#include <stdint.h>

struct random {
	uint64_t state;
};

static inline struct random random_new(uint64_t seed)
{
	return (struct random){seed};
}

static inline uint64_t random_u64(struct random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint16_t random_u16(struct random *r)
{
	return (uint16_t)(random_u64(r) >> 48);
}

static inline uint32_t random_u32(struct random *r)
{
	return (uint32_t)(random_u64(r) >> 32);
}

/* Makes the numbers to come depend on @word, too. */
static inline void random_stir(struct random *r, uint64_t word)
{
	r->state = random_u64(r) ^ word;
}

#endif
