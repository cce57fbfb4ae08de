/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How many connections there are, where a limit says how many there may be.
 * Each takes a place and gives it back. One counter for all threads, which they
 * would fight for; so places change hands in lots, of which a thread keeps one
 * or two in stock, but never more than a 4096th of what is taken, or of what is
 * left: when few are, it is one by one, and the limit is exact.
 *
 * THREADS: a stock belongs to one thread; any may read it.
 */
#ifndef NAT_PLACES_H
#define NAT_PLACES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util.h"

enum { PLACES_LOT = 256, PLACES_SHARE = 4096 };

struct places {
	uint32_t max; /* 0: no limit */
	/* those in stock included */
	_Alignas(CACHE_LINE) _Atomic uint32_t taken;
	_Atomic uint32_t peak; /* of stocks that are no more */
};

struct places_stock {
	_Atomic uint32_t n;
	/* The most that were taken, as far as one thread knows: what others
	 * have in stock may be among them. Its own, for while connections are
	 * added it changes with each. */
	_Atomic uint32_t peak;
};

static inline uint32_t places_taken(const struct places *p)
{
	return atomic_load_explicit(&p->taken, memory_order_relaxed);
}

static inline uint32_t places_in_stock(const struct places_stock *s)
{
	return atomic_load_explicit(&s->n, memory_order_relaxed);
}

static inline void places_set_stock(struct places_stock *s, uint32_t n)
{
	atomic_store_explicit(&s->n, n, memory_order_relaxed);
}

/* How many may change hands at once while @taken are. */
static inline uint32_t places_lot(const struct places *p, uint32_t taken)
{
	uint32_t left = p->max > taken ? p->max - taken : 0;
	uint32_t few = p->max && left < taken ? left : taken;

	return min_u32(few / PLACES_SHARE, PLACES_LOT);
}

static inline uint32_t places_peak(const _Atomic uint32_t *peak)
{
	return atomic_load_explicit(peak, memory_order_relaxed);
}

/* By the stock's thread. */
static inline void places_saw(struct places_stock *s, uint32_t n)
{
	if (n > places_peak(&s->peak))
		atomic_store_explicit(&s->peak, n, memory_order_relaxed);
}

bool places_take_shared(struct places *p, struct places_stock *s);

/* Takes a place. False: there was none left; it is taken nevertheless. */
MUST_USE static inline bool places_take(struct places *p,
					struct places_stock *s)
{
	uint32_t taken = places_taken(p), has = places_in_stock(s);

	if (unlikely(!has || !places_lot(p, taken)))
		return places_take_shared(p, s);
	places_set_stock(s, --has);
	places_saw(s, taken - has);
	return true;
}

/* Gives back all of the stock but @keep. */
void places_return(struct places *p, struct places_stock *s, uint32_t keep);

/* The stock is no more; what its thread saw stays known. */
void places_close(struct places *p, struct places_stock *s);

/* Gives back what is too much to keep by now. */
static inline void places_balance(struct places *p, struct places_stock *s)
{
	uint32_t lot = places_lot(p, places_taken(p));

	if (unlikely(places_in_stock(s) > 2 * lot))
		places_return(p, s, lot);
}

/* Gives a place back. */
static inline void places_give(struct places *p, struct places_stock *s)
{
	places_set_stock(s, places_in_stock(s) + 1);
	places_balance(p, s);
}

#endif
