/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fewest packets of a trail that still diverge in the same way, found by
 * leaving out: first all that has nothing to do with the connection, then
 * halves, quarters, single packets (delta debugging). Every trial runs in
 * namespaces and an engine of its own. */
#ifndef NATBENCH_MINIMISE_H
#define NATBENCH_MINIMISE_H

#include "verify/verify.h"

/* Packets of a trail, by index, ascending. */
struct picks {
	const struct trail *trail;
	uint32_t *at; /* to be freed */
	size_t n;
	size_t next; /* while they are fed */
};

struct feeder picks_feeder(struct picks *p);

/* Looks for the fewest packets whose first divergence is of @v's first kind,
 * for at most @budget_ns. 0; -ENOENT: not even all of them diverge again;
 * -ENOMEM. */
int minimise(const struct verify *v, uint64_t budget_ns, struct picks *p);

#endif
