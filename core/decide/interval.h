/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interval maps over addresses. A routing question (longest prefix, policy
 * rules in order, martians on top) is answered beforehand for every address
 * there is: the answers form sorted disjoint intervals, and a packet costs one
 * search among them.
 *
 * struct spans is the list while it is being made, struct interval_map the
 * frozen form that is searched. Addresses of either family are numbers here,
 * IPv4 in the low 32 bits.
 */
#ifndef NAT_INTERVAL_H
#define NAT_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "natcore.h"
#include "util.h"

__extension__ typedef unsigned __int128 addr_num;

/* No answer: what lies below shows through. */
#define SPAN_NONE UINT32_MAX

struct span {
	addr_num start; /* to the next span's start, exclusive */
	uint32_t value;
};

/* Sorted by start; covers everything when it begins at 0. */
struct spans {
	struct span *v;
	size_t n, room;
};

struct span_prefix {
	addr_num start;
	uint8_t len;
	uint32_t value;
};

addr_num addr_to_num(uint8_t family, const struct nat_addr *a);
struct nat_addr num_to_addr(uint8_t family, addr_num num);
/* The last address of the prefix that begins at @start. */
addr_num prefix_end(uint8_t family, addr_num start, uint8_t len);
static inline uint8_t family_bits(uint8_t family)
{
	return family == 6 ? 128 : 32;
}

/* All of these return false when memory ends. Results replace what *out held;
 * no argument may be *out itself. */

/* Longest prefix wins. @p is sorted by start, then by length, and holds no
 * prefix twice. */
MUST_USE bool spans_of_prefixes(struct spans *out, uint8_t family,
				const struct span_prefix *p, size_t n);
/* @top where it has a value, @bottom elsewhere. */
MUST_USE bool spans_overlay(struct spans *out, const struct spans *top,
			    const struct spans *bottom);
/* @in inside the prefix @to, nothing elsewhere. */
MUST_USE bool spans_clip(struct spans *out, uint8_t family,
			 const struct spans *in, const struct span_prefix *to);
/* Each value through @fn. */
MUST_USE bool spans_convert(struct spans *out, const struct spans *in,
			    uint32_t (*fn)(const void *ctx, uint32_t value),
			    const void *ctx);
/* Appends; starts must rise. Equal neighbours become one. */
MUST_USE bool spans_push(struct spans *s, addr_num start, uint32_t value);
void spans_free(struct spans *s);

struct interval4 {
	uint32_t start, value;
};

struct interval6 {
	addr_num start;
	uint32_t value;
};

/* first[b]: the interval that holds the first address whose top byte is b; so
 * a search begins and ends within one top byte. */
struct interval_map {
	uint32_t first[257];
	uint32_t n;
	union {
		void *any;
		struct interval4 *v4;
		struct interval6 *v6;
	};
};

MUST_USE bool interval_map_make(struct interval_map *m, uint8_t family,
				const struct spans *s);
void interval_map_free(struct interval_map *m);

static inline const struct interval4 *interval_at4(const struct interval_map *m,
						   uint32_t addr)
{
	const uint32_t *first = &m->first[addr >> 24];
	const struct interval4 *at = m->v4 + first[0];

	for (uint32_t n = first[1] - first[0] + 1, half; n > 1; n -= half) {
		half = n / 2;
		at += at[half].start <= addr ? half : 0;
	}
	return at;
}

/* The last address of one of the map's. */
static inline uint32_t interval_last4(const struct interval_map *m,
				      const struct interval4 *at)
{
	return at + 1 < m->v4 + m->n ? at[1].start - 1 : UINT32_MAX;
}

/* The value of @addr. @family is the one the map was made for. */
static inline uint32_t interval_find4(const struct interval_map *m,
				      uint32_t addr)
{
	return interval_at4(m, addr)->value;
}

/* The same of the first address whose top byte is @top. */
static inline uint32_t interval_first4(const struct interval_map *m,
				       uint8_t top)
{
	return m->v4[m->first[top]].value;
}

uint32_t interval_find6(const struct interval_map *m,
			const struct nat_addr *addr);

static inline uint32_t interval_find(const struct interval_map *m,
				     uint8_t family,
				     const struct nat_addr *addr)
{
	if (likely(family == 4))
		return interval_find4(m, __builtin_bswap32(addr->w[0]));
	return interval_find6(m, addr);
}

#endif
