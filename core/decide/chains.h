/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A packet along the chains of one table at one hook (spec 12.1, 12.2).
 */
#ifndef NAT_CHAINS_H
#define NAT_CHAINS_H

#include "decide/trace.h"

struct chain_result {
	const struct rule *rule; /* that decided; NULL: the policy */
	bool accept;             /* false: drop, unless the target says more */
	uint8_t reason;          /* enum nat_drop, where not accepted */
	struct trace_rule at;
};

/* Only where ruleset_has() the table at the walk's hook. */
struct chain_result chains_run(struct walk *k, enum table_id table);

#endif
