/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel's connections, by ctnetlink, as the core shows its own. */
#ifndef NATBENCH_KERNEL_TABLE_H
#define NATBENCH_KERNEL_TABLE_H

#include "natcore.h"

struct kernel_table;

/* Of the network namespace at hand. NULL: errno says why. */
struct kernel_table *kernel_table_open(void);
void kernel_table_close(struct kernel_table *t);

int kernel_table_each(struct kernel_table *t,
		      void (*fn)(void *ctx, const struct nat_conntrack *ct),
		      void *ctx);
int kernel_table_find(struct kernel_table *t, const struct nat_tuple *orig,
		      struct nat_conntrack *ct);

#endif
