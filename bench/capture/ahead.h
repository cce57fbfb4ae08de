/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes made ahead of need by a thread of its own, in a few blocks. */
#ifndef NATBENCH_AHEAD_H
#define NATBENCH_AHEAD_H

#include <stddef.h>
#include <sys/types.h>

struct ahead;

/* Makes up to @len bytes, at least one; 0: the end; -1: a fault, the end too.
 * Runs on the thread, whose cancellation is off: it may turn it on where it
 * waits. */
typedef ssize_t ahead_fn(void *ctx, void *out, size_t len);

/* NULL: no memory, or no thread. */
struct ahead *ahead_new(ahead_fn *make, void *ctx);
/* Up to @len bytes, in order, when there are some; 0 and -1 as @make said. */
ssize_t ahead_read(struct ahead *a, void *out, size_t len);
void ahead_free(struct ahead *a);

#endif
