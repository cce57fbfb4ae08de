/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How far long work has come: the caller's function is told now and then.
 * A zero struct asks for nothing. */
#ifndef NATBENCH_PROGRESS_H
#define NATBENCH_PROGRESS_H

#include <stdint.h>

struct progress {
	/* @total is 0 where nobody knows it, such as with a pipe. */
	void (*fn)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

static inline void progress_tell(const struct progress *p, uint64_t done,
				 uint64_t total)
{
	if (p->fn)
		p->fn(p->ctx, done, total);
}

#endif
