/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Threads that run until they are stopped.
 *
 *	struct threads t = {0};
 *	threads_start(&t, work, &worker[i]);	work() runs while
 *!threads_over(&t) threads_finish(&t, 400000);
 */
#ifndef TEST_THREADS_H
#define TEST_THREADS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { THREADS_MOST = 8 };

struct threads {
	_Atomic bool over;
	unsigned n;
	pthread_t thread[THREADS_MOST];
};

/* Fails the test where it cannot. */
void threads_start(struct threads *t, void *(*work)(void *arg), void *arg);
/* Lets them run for so long and waits for their end; @t can be used again. */
void threads_finish(struct threads *t, unsigned microseconds);

static inline bool threads_over(const struct threads *t)
{
	return atomic_load_explicit(&t->over, memory_order_relaxed);
}

/* Zeroed and on cache lines of its own; free() frees it. */
void *lines_of_zeros(size_t size);

#endif
