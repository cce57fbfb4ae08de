/* SPDX-License-Identifier: BSD-2-Clause
 * Places that change hands. */
#include "shared/places.h"

void places_return(struct places *p, struct places_stock *s, uint32_t keep)
{
	uint32_t has = places_in_stock(s);

	if (has <= keep)
		return;
	places_set_stock(s, keep);
	atomic_fetch_sub_explicit(&p->taken, has - keep, memory_order_relaxed);
}

void places_close(struct places *p, struct places_stock *s)
{
	uint32_t seen = places_peak(&s->peak), most = places_peak(&p->peak);

	places_return(p, s, 0);
	while (seen > most &&
	       !atomic_compare_exchange_weak_explicit(&p->peak, &most, seen,
						      memory_order_relaxed,
						      memory_order_relaxed))
		;
}

bool places_take_shared(struct places *p, struct places_stock *s)
{
	uint32_t taken, lot;

	places_return(p, s, 0);
	taken = atomic_fetch_add_explicit(&p->taken, 1, memory_order_relaxed) +
		1;
	if (unlikely(p->max && taken > p->max))
		return false;
	places_saw(s, taken);
	lot = places_lot(p, taken);
	if (lot) {
		atomic_fetch_add_explicit(&p->taken, lot, memory_order_relaxed);
		places_set_stock(s, lot);
	}
	return true;
}
