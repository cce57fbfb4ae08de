/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Eight of anything side by side: word k of each is a column, a vector of
 * eight. Then what is done to one is done to all of them at once, without
 * branches; what comparing gives is all ones where it is true. In the notation
 * of pure/lanes.h, and only where such a vector is a register: LANES8.
 */
#ifndef NAT_LANES8_H
#define NAT_LANES8_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "pure/lanes.h"
#include "util.h"

enum { EIGHT = 8 };

#if defined(__AVX2__)
#define LANES8 1

typedef uint32_t lanes8 __attribute__((vector_size(32)));
typedef uint64_t lanes8_u64 __attribute__((vector_size(32)));
typedef uint8_t lanes8_bytes __attribute__((vector_size(32)));
typedef int32_t lanes8_signed __attribute__((vector_size(32)));

ALWAYS_INLINE lanes8 lanes8_load(const void *p)
{
	lanes8 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

ALWAYS_INLINE void lanes8_store(void *p, lanes8 v)
{
	memcpy(p, &v, sizeof(v));
}

ALWAYS_INLINE lanes8 lanes8_all(uint32_t v)
{
	return (lanes8){v, v, v, v, v, v, v, v};
}

/* To be read from memory, one by one: that takes less than to take @v apart. */
ALWAYS_INLINE void lanes8_spread(uint32_t to[EIGHT], lanes8 v)
{
	lanes8_store(to, v);
	__asm__("" : "+m"(*(uint32_t(*)[EIGHT])to));
}

/* Computed where it stands, once. Of its own accord a compiler collects from
 * far and wide what is or-ed together, and keeps all of it till then; and makes
 * constants again and again. */
ALWAYS_INLINE lanes8 lanes8_now(lanes8 v)
{
	__asm__("" : "+x"(v));
	return v;
}

/* @yes where @which is true, or its sign bit set, @no where it is not. */
ALWAYS_INLINE lanes8 lanes8_choose(lanes8 which, lanes8 yes, lanes8 no)
{
	return (lanes8)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)which);
}

ALWAYS_INLINE lanes8 lanes8_max(lanes8 a, lanes8 b)
{
	return (lanes8)_mm256_max_epu32((__m256i)a, (__m256i)b);
}

/* True, as far as the sign bit goes, where @bit is set. */
ALWAYS_INLINE lanes8 lanes8_has(lanes8 v, uint32_t bit)
{
	return v << __builtin_clz(bit);
}

/* Bit i: lane i is true, or its sign bit set. */
ALWAYS_INLINE unsigned lanes8_signs(lanes8 v)
{
	return (unsigned)_mm256_movemask_ps((__m256)v);
}

/* Of numbers that together stay below 2^32. */
ALWAYS_INLINE uint32_t lanes8_sum(lanes8 v)
{
	const lanes4 half = __builtin_shufflevector(v, v, 0, 1, 2, 3) +
			    __builtin_shufflevector(v, v, 4, 5, 6, 7);
	const lanes4 pair = half + LANES4_PICK(half, half, 2, 3, 2, 3);

	return pair[0] + pair[1];
}

/* Halves of words change places. */
ALWAYS_INLINE lanes8 lanes8_swap(lanes8 v)
{
	const lanes8_bytes b = (lanes8_bytes)v;

	return (lanes8)__builtin_shufflevector(
		b, b, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 18,
		19, 16, 17, 22, 23, 20, 21, 26, 27, 24, 25, 30, 31, 28, 29);
}

/* A word's lower half of @low, its upper half of @high. */
ALWAYS_INLINE lanes8 lanes8_join(lanes8 low, lanes8 high)
{
	return (lanes8)_mm256_blend_epi16((__m256i)low, (__m256i)high, 0xaa);
}

/* The halves of each word added. */
ALWAYS_INLINE lanes8 lanes8_halves(lanes8 v)
{
	return (v & UINT16_MAX) + (v >> 16);
}

/* The halves of each word added, and LESS8 taken from it: in fewer steps. */
#define LESS8 UINT32_C(0x10000)
ALWAYS_INLINE lanes8 lanes8_halves_less(lanes8 v)
{
	const lanes8 sign = lanes8_all(LESS8 / 2 << 16 | LESS8 / 2);
	const lanes8 ones = lanes8_all(1 << 16 | 1);

	return (lanes8)_mm256_madd_epi16((__m256i)(v ^ sign), (__m256i)ones);
}

/* Of sixteen words, those that the lower four bits of @i say. */
ALWAYS_INLINE lanes8 lanes8_look_up(const void *words, lanes8 i)
{
	const __m256i *half = words, at = (__m256i)i;

	return lanes8_choose(i << 28,
			     (lanes8)_mm256_permutevar8x32_epi32(
				     _mm256_loadu_si256(half + 1), at),
			     (lanes8)_mm256_permutevar8x32_epi32(
				     _mm256_loadu_si256(half), at));
}

/* Any bit of any lane. */
ALWAYS_INLINE bool lanes8_any(lanes8 v)
{
	return !_mm256_testz_si256((__m256i)v, (__m256i)v);
}

/* Words in network order to host order, or back. */
ALWAYS_INLINE lanes8 lanes8_wire(lanes8 v)
{
	const lanes8_bytes b = (lanes8_bytes)v;

	return (lanes8)__builtin_shufflevector(
		b, b, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12, 19,
		18, 17, 16, 23, 22, 21, 20, 27, 26, 25, 24, 31, 30, 29, 28);
}

/* The lower halves of eight words of 64 bits. */
ALWAYS_INLINE lanes8 lanes8_low_halves(const uint64_t v[EIGHT])
{
	const lanes8 a = lanes8_load(v), b = lanes8_load(v + 4);

	return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
}

/* Where objects of 2^@size_log bytes are, numbered from that at @first. */
ALWAYS_INLINE void lanes8_locate(void *pointers, const void *first,
				 lanes8 number, unsigned size_log)
{
	const __m256i n = (__m256i)number;
	const lanes8_u64 low =
		(lanes8_u64)_mm256_cvtepu32_epi64(_mm256_castsi256_si128(n));
	const lanes8_u64 high = (lanes8_u64)_mm256_cvtepu32_epi64(
		_mm256_extracti128_si256(n, 1));

	lanes8_store(pointers, (lanes8)((low << size_log) + (uintptr_t)first));
	lanes8_store((uint64_t *)pointers + EIGHT / 2,
		     (lanes8)((high << size_log) + (uintptr_t)first));
	__asm__("" : "+m"(*(uint64_t(*)[EIGHT])pointers)); /* as above */
}

/* ------------------------------------------------------- rows and columns */

/* Two rows of four words. */
ALWAYS_INLINE lanes8 lanes8_pair(const void *low, const void *high)
{
	const __m128i *a = low, *b = high;

	return (lanes8)_mm256_inserti128_si256(
		_mm256_castsi128_si256(_mm_loadu_si128(a)), _mm_loadu_si128(b),
		1);
}

ALWAYS_INLINE lanes8 lanes8_low(lanes8 a, lanes8 b)
{
	return __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13);
}

ALWAYS_INLINE lanes8 lanes8_high(lanes8 a, lanes8 b)
{
	return __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15);
}

/* Four columns, or rows of four in each half. */
struct lanes8_four {
	lanes8 v0, v1, v2, v3;
};

/* Rows to columns, or back. */
ALWAYS_INLINE struct lanes8_four lanes8_turn(struct lanes8_four m)
{
	const lanes8 a = lanes8_low(m.v0, m.v2), b = lanes8_low(m.v1, m.v3);
	const lanes8 c = lanes8_high(m.v0, m.v2), d = lanes8_high(m.v1, m.v3);

	return (struct lanes8_four){lanes8_low(a, b), lanes8_high(a, b),
				    lanes8_low(c, d), lanes8_high(c, d)};
}

/* Lane i: the sum of all lanes of v[i]. Adds while it turns. */
ALWAYS_INLINE lanes8 lanes8_sums(const lanes8 v[EIGHT])
{
	lanes8 four[2];

	for (size_t i = 0; i < 2; i++) {
		const lanes8 *a = v + i * 4, *b = a + 1, *c = a + 2, *d = a + 3;
		/* a, c, a, c in each half, as b, d, b, d */
		const lanes8 ac = lanes8_low(*a, *c) + lanes8_high(*a, *c);
		const lanes8 bd = lanes8_low(*b, *d) + lanes8_high(*b, *d);

		four[i] = lanes8_low(ac, bd) + lanes8_high(ac, bd);
	}
	return __builtin_shufflevector(four[0], four[1], 0, 1, 2, 3, 8, 9, 10,
				       11) +
	       __builtin_shufflevector(four[0], four[1], 4, 5, 6, 7, 12, 13, 14,
				       15);
}

/* Eight objects. */
struct lanes8_rows {
	char *at[EIGHT];
};

#define LANES8_ROWS(AT)                                                        \
	((struct lanes8_rows){                                                 \
		{AT(0), AT(1), AT(2), AT(3), AT(4), AT(5), AT(6), AT(7)}})

/* They lie @stride bytes apart. */
ALWAYS_INLINE struct lanes8_rows lanes8_rows(const void *first, size_t stride)
{
#define AT(i) ((char *)(uintptr_t)first + (i)*stride)
	return LANES8_ROWS(AT);
#undef AT
}

ALWAYS_INLINE char *lanes8_pointer(const char *p)
{
	char *pointer;

	memcpy(&pointer, p, sizeof(pointer));
	return pointer;
}

/* Pointers to them lie @stride bytes apart. */
ALWAYS_INLINE struct lanes8_rows lanes8_rows_behind(const void *first,
						    size_t stride)
{
#define AT(i) lanes8_pointer((const char *)first + (i)*stride)
	return LANES8_ROWS(AT);
#undef AT
}

/* A word each. */
ALWAYS_INLINE lanes8 lanes8_gather_word(struct lanes8_rows r, size_t offset)
{
	__m128i low = _mm_loadu_si32(r.at[0] + offset);
	__m128i high = _mm_loadu_si32(r.at[4] + offset);

#define GET(half, lane, i)                                                     \
	half = _mm_insert_epi32(                                               \
		half, _mm_cvtsi128_si32(_mm_loadu_si32(r.at[i] + offset)),     \
		lane)
	GET(low, 1, 1);
	GET(low, 2, 2);
	GET(low, 3, 3);
	GET(high, 1, 5);
	GET(high, 2, 6);
	GET(high, 3, 7);
#undef GET
	return (lanes8)_mm256_inserti128_si256(_mm256_castsi128_si256(low),
					       high, 1);
}

/* The two rows of four words @offset bytes into the @i-th and what is four
 * behind it. */
ALWAYS_INLINE lanes8 lanes8_row_pair(struct lanes8_rows r, unsigned i,
				     size_t offset)
{
	return lanes8_pair(r.at[i] + offset, r.at[i + 4] + offset);
}

/* Four words of each, not turned: of i and i + 4 in v<i>. */
ALWAYS_INLINE struct lanes8_four lanes8_read(struct lanes8_rows r,
					     size_t offset)
{
	return (struct lanes8_four){
		lanes8_row_pair(r, 0, offset), lanes8_row_pair(r, 1, offset),
		lanes8_row_pair(r, 2, offset), lanes8_row_pair(r, 3, offset)};
}

/* Four words of each. */
ALWAYS_INLINE struct lanes8_four lanes8_gather(struct lanes8_rows r,
					       size_t offset)
{
	return lanes8_turn(lanes8_read(r, offset));
}

/* Two words. */
struct lanes8_two {
	lanes8 v0, v1;
};

ALWAYS_INLINE struct lanes8_two lanes8_gather_two(struct lanes8_rows r,
						  size_t offset)
{
	uint64_t w[EIGHT];
	lanes8 a, b;

	for (unsigned i = 0; i < EIGHT; i++)
		memcpy(&w[i], r.at[i] + offset, sizeof(w[i]));
	a = (lanes8)(lanes8_u64){w[0], w[1], w[4], w[5]};
	b = (lanes8)(lanes8_u64){w[2], w[3], w[6], w[7]};
	return (struct lanes8_two){
		__builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14),
		__builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15),
	};
}

ALWAYS_INLINE void lanes8_scatter_word(struct lanes8_rows r, size_t offset,
				       lanes8 v)
{
#define PUT(i) memcpy(r.at[i] + offset, &(uint32_t){v[i]}, sizeof(uint32_t))
	PUT(0);
	PUT(1);
	PUT(2);
	PUT(3);
	PUT(4);
	PUT(5);
	PUT(6);
	PUT(7);
#undef PUT
}

/* lanes8_row_pair() the other way. */
ALWAYS_INLINE void lanes8_put_pair(struct lanes8_rows r, unsigned i,
				   size_t offset, lanes8 v)
{
	lanes4_store(r.at[i] + offset,
		     (lanes4)_mm256_castsi256_si128((__m256i)v));
	lanes4_store(r.at[i + 4] + offset,
		     (lanes4)_mm256_extracti128_si256((__m256i)v, 1));
}

ALWAYS_INLINE void lanes8_scatter(struct lanes8_rows r, size_t offset,
				  struct lanes8_four column)
{
	const struct lanes8_four m = lanes8_turn(column);

	lanes8_put_pair(r, 0, offset, m.v0);
	lanes8_put_pair(r, 1, offset, m.v1);
	lanes8_put_pair(r, 2, offset, m.v2);
	lanes8_put_pair(r, 3, offset, m.v3);
}

/* Two of each, one behind the other. */
ALWAYS_INLINE void lanes8_put_pairs(struct lanes8_rows r, unsigned i,
				    size_t offset, lanes8 a, lanes8 b)
{
	lanes8_store(r.at[i] + offset,
		     __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11));
	lanes8_store(r.at[i + 4] + offset,
		     __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15));
}

/* Eight words, in one go. */
ALWAYS_INLINE void lanes8_scatter_eight(struct lanes8_rows r, size_t offset,
					struct lanes8_four column,
					struct lanes8_four behind)
{
	const struct lanes8_four a = lanes8_turn(column);
	const struct lanes8_four b = lanes8_turn(behind);

	lanes8_put_pairs(r, 0, offset, a.v0, b.v0);
	lanes8_put_pairs(r, 1, offset, a.v1, b.v1);
	lanes8_put_pairs(r, 2, offset, a.v2, b.v2);
	lanes8_put_pairs(r, 3, offset, a.v3, b.v3);
}

/* Two words. */
ALWAYS_INLINE void lanes8_scatter_pair(struct lanes8_rows r, size_t offset,
				       lanes8 a, lanes8 b)
{
	const lanes8_u64 low = (lanes8_u64)lanes8_low(a, b);
	const lanes8_u64 high = (lanes8_u64)lanes8_high(a, b);

#define PUT(i, v) memcpy(r.at[i] + offset, &(uint64_t){v}, sizeof(uint64_t))
	PUT(0, low[0]);
	PUT(1, low[1]);
	PUT(2, high[0]);
	PUT(3, high[1]);
	PUT(4, low[2]);
	PUT(5, low[3]);
	PUT(6, high[2]);
	PUT(7, high[3]);
#undef PUT
}

/* ---------------------------------------------------------------- pointers */

/* Words of 64 bits: of 0, 1, 4, 5 and of 2, 3, 6, 7, as it becomes of words
 * when each gets another behind it. */
struct lanes8_far {
	lanes8_u64 v0, v1;
};

ALWAYS_INLINE struct lanes8_far lanes8_far(lanes8 low, lanes8 high)
{
	return (struct lanes8_far){(lanes8_u64)lanes8_low(low, high),
				   (lanes8_u64)lanes8_high(low, high)};
}

/* As they lie in memory. */
ALWAYS_INLINE struct lanes8_far lanes8_far_load(const void *first)
{
	const uint64_t *p = first;

	return (struct lanes8_far){(lanes8_u64)lanes8_pair(p, p + 4),
				   (lanes8_u64)lanes8_pair(p + 2, p + 6)};
}

/* So many bytes behind @p. */
ALWAYS_INLINE struct lanes8_far lanes8_far_from(const void *p, lanes8 offset)
{
	const struct lanes8_far o = lanes8_far(offset, lanes8_all(0));
	const uint64_t base = (uintptr_t)p;

	return (struct lanes8_far){o.v0 + base, o.v1 + base};
}

ALWAYS_INLINE struct lanes8_far
lanes8_far_choose(lanes8 which, struct lanes8_far yes, struct lanes8_far no)
{
	const struct lanes8_far w = lanes8_far(which, which);
#define CHOOSE(v)                                                              \
	(lanes8_u64) lanes8_choose((lanes8)w.v, (lanes8)yes.v, (lanes8)no.v)
	return (struct lanes8_far){CHOOSE(v0), CHOOSE(v1)};
#undef CHOOSE
}

/* What they point to. */
ALWAYS_INLINE struct lanes8_rows lanes8_rows_far(struct lanes8_far p)
{
#define AT(i) (char *)(uintptr_t)((i)&2 ? p.v1 : p.v0)[((i)&1) | ((i)&4) / 2]
	return LANES8_ROWS(AT);
#undef AT
}

#else
#define LANES8 0
#endif

#endif
