/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datagrams of which fragments entered, as they were captured and as they
 * entered, for --check to compare once the router has let them go on. */
#ifndef NATBENCH_JOINS_H
#define NATBENCH_JOINS_H

#include "replay/whole.h"

enum { JOINS = 16 }; /* at a time; the longest unused makes room */

struct join {
	struct nat_addr src, dst;
	uint32_t datagram;
	uint16_t in_if;
	uint64_t used; /* when last, as counted by fragments; 0: never */
	struct whole captured, entered;
};

struct joins {
	struct join join[JOINS];
	uint64_t clock;
	struct whole left;
};

/* That which the fragment @w, which entered by @in_if, belongs to. */
struct join *joins_of(struct joins *all, const struct wire *w, uint16_t in_if);
void join_forget(struct join *j);
void joins_free(struct joins *all); /* which may be NULL */

#endif
