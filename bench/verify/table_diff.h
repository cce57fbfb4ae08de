/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two tables of connections, entry by entry. */
#ifndef NATBENCH_TABLE_DIFF_H
#define NATBENCH_TABLE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "capture/region.h"
#include "natcore.h"

enum table_side { TABLE_KERNEL, TABLE_CORE, TABLE_SIDES };

/* A connection that is not the same in both. */
struct table_entry_diff {
	const char *what; /* "status", "only in the kernel", ... */
	struct nat_conntrack ct[TABLE_SIDES];
	bool has[TABLE_SIDES];
};

struct table_diff {
	struct region list[TABLE_SIDES]; /* struct nat_conntrack, sorted */
	bool failed;                     /* no memory */
	uint32_t took_s;                 /* it, to list both sides */
	size_t compared, differ;
};

/* Takes an entry of one side; as a callback of nat_engine_each() and
 * kernel_each(). */
void table_diff_kernel(void *diff, const struct nat_conntrack *ct);
void table_diff_core(void *diff, const struct nat_conntrack *ct);

/* Compares what was taken, calls @fn for each that differs, and forgets both
 * sides. @fn may be NULL. */
void table_diff_run(struct table_diff *d,
		    void (*fn)(void *ctx, const struct table_entry_diff *e),
		    void *ctx);
void table_diff_fini(struct table_diff *d);

#endif
