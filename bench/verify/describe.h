/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Differences in words. Each returns text to be freed, lines ending in
 * newlines; NULL: no memory. */
#ifndef NATBENCH_DESCRIBE_H
#define NATBENCH_DESCRIBE_H

#include "verify/lockstep.h"

/* What went in, and what came out of each, side by side. */
char *describe_step(const struct nat_topology *t, const struct feed *f,
		    const struct lockstep_step *step);
/* A connection as either has it. */
char *describe_entry(const struct table_entry_diff *e);
char *describe_rules(const struct rules_diff *d);

#endif
