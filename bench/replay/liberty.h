/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What rules may do to a packet besides translating it: what --check forgives.
 */
#ifndef NATBENCH_LIBERTY_H
#define NATBENCH_LIBERTY_H

#include <stdbool.h>

#include "natcore.h"

struct liberty {
	bool hops; /* targets TTL and HL */
	bool tos;  /* TOS, DSCP */
	bool mss;  /* TCPMSS; a SYN may become longer */
};

/* Adds what @r has the targets for; NULL: there are no rules. -ENOMEM. */
int liberty_add(struct liberty *l, const struct nat_rules *r);

#endif
