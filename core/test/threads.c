/* SPDX-License-Identifier: BSD-2-Clause
 * Started, left alone, stopped. */
#include "test/threads.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/check.h"
#include "util.h"

void threads_start(struct threads *t, void *(*work)(void *arg), void *arg)
{
	assert_in_range(t->n, 0, THREADS_MOST - 1);
	assert_int_equal(pthread_create(&t->thread[t->n], NULL, work, arg), 0);
	t->n++;
}

void threads_finish(struct threads *t, unsigned microseconds)
{
	usleep(microseconds);
	atomic_store_explicit(&t->over, true, memory_order_relaxed);
	while (t->n)
		assert_int_equal(pthread_join(t->thread[--t->n], NULL), 0);
	atomic_store_explicit(&t->over, false, memory_order_relaxed);
}

void *lines_of_zeros(size_t size)
{
	size_t whole = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	void *p = aligned_alloc(CACHE_LINE, whole);

	assert_non_null(p);
	return memset(p, 0, whole);
}
