/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Turns: what lets a thread work on its own things without locks, although
 * another may have to ask for one. A thread takes turns, some dozens of packets
 * each. Within a turn it reads who owns a thing and, if it does itself, just
 * works. Who wants a thing of another's takes the ownership away and waits
 * until the owner's turn is over; from then on the owner knows.
 *
 *	owner				taker
 *	turn_begin: n odd		owner = none
 *	(full barrier)			(full barrier)
 *	owner == me? work		n even, or another? else wait
 *	turn_end: n even, release	acquire
 *
 * Either the owner sees that it is none, or the taker sees the turn. Who waits
 * has ended its own turn before, so no two wait for each other.
 */
#ifndef NAT_TURNS_H
#define NAT_TURNS_H

#include <stdatomic.h>
#include <stdint.h>

#include "shared/tsan.h"
#include "util.h"

enum { TURNS_MAX = 255 }; /* threads, numbered by who calls */

struct turns {
	struct turn {
		_Alignas(CACHE_LINE) _Atomic uint32_t n; /* odd: in a turn */
	} of[TURNS_MAX];
};

static inline void turn_begin(struct turns *t, unsigned id)
{
	_Atomic uint32_t *n = &t->of[id].n;
	uint32_t now = atomic_load_explicit(n, memory_order_relaxed);

#if TSAN /* it knows no fence */
	(void)atomic_exchange_explicit(n, now | 1, memory_order_seq_cst);
#else
	/* A fence, for an exchange alone lets what is read after it be read
	 * before others see what it wrote. */
	atomic_store_explicit(n, now | 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
#endif
}

static inline void turn_end(struct turns *t, unsigned id)
{
	_Atomic uint32_t *n = &t->of[id].n;
	uint32_t now = atomic_load_explicit(n, memory_order_relaxed);

	atomic_store_explicit(n, now + (now & 1), memory_order_release);
}

/* Returns when no turn of @id is under way that was when it was called.
 * Context: a sequentially consistent exchange before; in no turn. */
void turn_wait(const struct turns *t, unsigned id);

#endif
