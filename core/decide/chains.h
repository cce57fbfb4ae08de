/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A packet along the chains of one table at one hook (spec 12.1, 12.2).
 */
#ifndef NAT_CHAINS_H
#define NAT_CHAINS_H

#include "decide/trace.h"

struct chain_result {
	const struct rule *rule;   /* that decided; NULL: the policy */
	const struct chain *chain; /* that it is in */
	bool accept;               /* else drop, unless the target says more */
	uint8_t reason;            /* enum nat_drop, where not accepted */
};

/* The rest only where ruleset_has() the table at the walk's hook. */
struct chain_result chains_run(struct walk *k, enum table_id table);

static inline const struct chain *chains_base(const struct walk *k,
					      enum table_id table)
{
	const struct nat_rules *rules = walk_rules(k)->text;

	return &rules->chain[rules->table[table].base[k->hook]];
}

static inline bool chains_have_rules(const struct walk *k, enum table_id table)
{
	return chains_base(k, table)->n_rules;
}

/* Nothing but the policy is asked: true for ACCEPT. */
bool chains_policy(struct walk *k, enum table_id table);

/* Tells whoever watches, if anybody does, that @step was made for the rule
 * (NULL: the policy). */
void chains_trace(const struct walk *k, enum nat_step step, const char *text,
		  const struct chain *c, const struct rule *r);

#endif
