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

/* The answer of a base chain to a packet, where one look at it tells. */
struct chain_glance {
	bool known;              /* there is nothing more to it */
	const struct rule *rule; /* that decides; NULL: the policy */
};

/* Does the rule decide about each packet that its header fits? */
static inline bool chains_decides(const struct rule *r)
{
	enum target_kind kind = r->target.kind;

	return !r->n_matches && (kind == TARGET_ACCEPT || kind == TARGET_DROP ||
				 kind >= TARGET_REJECT);
}

static inline const struct screen *chains_screen(const struct ruleset *set,
						 const struct chain *c)
{
	return &set->screen[set->first_screen[c - set->text->chain]];
}

/* The rule that is reached first tells, or that none is. */
static inline struct chain_glance chains_glance(const struct ruleset *set,
						const struct chain *base,
						const struct screen_key *key)
{
	const struct rule *r;
	bool sure;
	int i;

	if (!base->n_rules)
		return (struct chain_glance){.known = true};
	i = screen_first(chains_screen(set, base), key, &sure);
	if (i < 0)
		return (struct chain_glance){base->n_rules <= SCREEN_RULES,
					     NULL};
	r = &set->text->rule[base->first + (uint32_t)i];
	return (struct chain_glance){sure && chains_decides(r), r};
}

/* Counts a packet of @len bytes for what a glance has told. */
static inline void chains_count(struct nat_worker *w, const struct ruleset *set,
				const struct chain *base, const struct rule *r,
				uint32_t len)
{
	const struct nat_rules *text = set->text;
	size_t slot = r ? (size_t)(r - text->rule)
			: text->n_rules + (size_t)(base - text->chain);
	struct rule_count *c = &w->counts[set->first_count + slot];

	c->packets++;
	c->bytes += len;
}

/* The rest only where ruleset_has() the table at the walk's hook. */
struct chain_result chains_run(struct walk *k, enum table_id table);

static inline const struct chain *chains_base(const struct walk *k,
					      enum table_id table)
{
	return ruleset_chain(walk_rules(k), table, (enum nat_hook)k->hook);
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
