/* SPDX-License-Identifier: BSD-2-Clause
 * A lock for a few instructions, and how to wait for one. Every such lock is
 * a leaf: nothing else is taken inside, but for the order that a module's own
 * head comment gives. */
#ifndef NAT_SPIN_H
#define NAT_SPIN_H

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util.h"

struct spin {
	_Atomic uint32_t held;
};

static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* One turn of a waiting loop. @turns starts at 0. Whoever holds the lock may
 * have lost its CPU to the one who waits: give that back now and then. */
static inline void spin_wait(unsigned *turns)
{
	if (++*turns % 256)
		cpu_relax();
	else
		(void)sched_yield();
}

/* The acquire pairs with the release in spin_unlock(). */
static inline bool spin_try(struct spin *s)
{
	return !atomic_load_explicit(&s->held, memory_order_relaxed) &&
	       !atomic_exchange_explicit(&s->held, 1, memory_order_acquire);
}

static inline void spin_lock(struct spin *s)
{
	unsigned turns = 0;

	while (unlikely(!spin_try(s)))
		spin_wait(&turns);
}

static inline void spin_unlock(struct spin *s)
{
	atomic_store_explicit(&s->held, 0, memory_order_release);
}

#endif
