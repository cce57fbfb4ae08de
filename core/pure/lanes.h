/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Words side by side, in the notation that gcc and clang share: each compiles
 * to what vectors the CPU has, or to none. What comparing gives is all ones
 * where it is true.
 */
#ifndef NAT_LANES_H
#define NAT_LANES_H

#include <stdint.h>
#include <string.h>

#include "util.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

typedef uint32_t lanes4 __attribute__((vector_size(16)));
typedef uint8_t lanes4_bytes __attribute__((vector_size(16)));
typedef int32_t lanes4_signed __attribute__((vector_size(16)));

/* For what is long. */
enum { LANES_BYTES = 32 };
typedef uint64_t lanes_u64 __attribute__((vector_size(LANES_BYTES)));
typedef uint64_t lanes_u64_half __attribute__((vector_size(LANES_BYTES / 2)));
typedef int8_t lanes_s8 __attribute__((vector_size(LANES_BYTES)));

ALWAYS_INLINE lanes4 lanes4_load(const void *p)
{
	lanes4 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

ALWAYS_INLINE void lanes4_store(void *p, lanes4 v)
{
	memcpy(p, &v, sizeof(v));
}

/* @yes where @mask is true, @no where it is not. */
ALWAYS_INLINE lanes4 lanes4_choose(lanes4_signed mask, lanes4 yes, lanes4 no)
{
#if defined(__SSE4_1__)
	return (lanes4)_mm_blendv_epi8((__m128i)no, (__m128i)yes,
				       (__m128i)mask);
#else
	return ((lanes4)mask & yes) | (~(lanes4)mask & no);
#endif
}

ALWAYS_INLINE lanes4 lanes4_max(lanes4 a, lanes4 b)
{
#if defined(__SSE4_1__)
	return (lanes4)_mm_max_epu32((__m128i)a, (__m128i)b);
#else
	return lanes4_choose((lanes4_signed)(a > b), a, b);
#endif
}

/* Four of the lanes of a and b, which are 0 to 3 and 4 to 7. */
#define LANES4_PICK(a, b, i, j, k, l)                                          \
	((lanes4)__builtin_shufflevector(a, b, i, j, k, l))

/* Four words in network order. */
ALWAYS_INLINE lanes4 lanes4_load_wire(const void *p)
{
	lanes4 v = lanes4_load(p);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	lanes4_bytes b = (lanes4_bytes)v;

	v = (lanes4)__builtin_shufflevector(b, b, 3, 2, 1, 0, 7, 6, 5, 4, 11,
					    10, 9, 8, 15, 14, 13, 12);
#endif
	return v;
}

/* Sixteen bits of each, in network order. */
ALWAYS_INLINE lanes4 lanes4_htons(lanes4 v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (v & 0xff) << 8 | (v >> 8 & 0xff);
#else
	return v & 0xffff;
#endif
}

/* Bit i: lane i is negative, or true. */
ALWAYS_INLINE unsigned lanes4_signs(lanes4_signed v)
{
#if defined(__SSE2__)
	return (unsigned)_mm_movemask_ps(_mm_castsi128_ps((__m128i)v));
#else
	lanes4 bit = (lanes4)(v < 0) & (lanes4){1, 2, 4, 8};

	return bit[0] | bit[1] | bit[2] | bit[3];
#endif
}

/* a is before b, as sequence numbers are; what is half the numbers away is
 * before and after. */
ALWAYS_INLINE lanes4_signed lanes4_before(lanes4 a, lanes4 b)
{
	return (lanes4_signed)(a - b) < 0;
}

ALWAYS_INLINE lanes_u64 lanes_load(const void *p)
{
	lanes_u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* The halves of each word added, so that 2^31 of them can be. */
ALWAYS_INLINE lanes_u64 lanes_halves(lanes_u64 v)
{
	return (v & UINT32_MAX) + (v >> 32);
}

ALWAYS_INLINE uint64_t lanes_sum(lanes_u64 v)
{
	lanes_u64_half sum = __builtin_shufflevector(v, v, 0, 1) +
			     __builtin_shufflevector(v, v, 2, 3);

	return sum[0] + sum[1];
}

/* All ones in the last @n bytes, zero before. */
ALWAYS_INLINE lanes_u64 lanes_last(unsigned n)
{
	const lanes_s8 nth = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
			      11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
			      22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

	return (lanes_u64)(nth > (int8_t)(LANES_BYTES - 1 - n));
}

#endif
