/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules as an engine uses them: the parsed text, what follows from it, and
 * the state that some matches keep. Constant but for that state.
 */
#ifndef NAT_RULESET_H
#define NAT_RULESET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "decide/screen.h"
#include "natcore.h"

struct rule_count {
	uint64_t packets, bytes;
};

struct ruleset {
	const struct nat_rules *text; /* never NULL; may have no table */
	bool conntrack;               /* some rule needs it (spec 1.4) */
	bool nat;                     /* the nat table is there */
	bool only_nat;                /* and no other table */
	uint8_t extensions;           /* of connections: see conn.layout */
	uint8_t hooks[N_TABLES];      /* a bit for each that has a chain */
	uint8_t tables[NAT_N_HOOKS];  /* the same the other way round */
	_Atomic uint64_t *state;      /* statistic and limit, by slot */
	struct screen *screen;        /* of chains, SCREEN_RULES to each */
	uint32_t *first_screen;       /* by chain */
	uint32_t n_screens;
	size_t first_count; /* of a worker's counters */
};

/* -ENOMEM: as after ruleset_fini(). */
int ruleset_init(struct ruleset *r, const struct nat_topology *t,
		 const struct nat_rules *text);
void ruleset_fini(struct ruleset *r);

/* Counters: one per rule, then one per chain for its policy. */
static inline size_t ruleset_n_counts(const struct ruleset *r)
{
	return (size_t)r->text->n_rules + r->text->n_chains;
}

static inline bool ruleset_has(const struct ruleset *r, enum table_id t,
			       enum nat_hook hook)
{
	return r->hooks[t] >> hook & 1;
}

/* The chain there, provided that ruleset_has() one. */
static inline const struct chain *
ruleset_chain(const struct ruleset *r, enum table_id t, enum nat_hook hook)
{
	return &r->text->chain[r->text->table[t].base[hook]];
}

/* The chain there; NULL: none. */
static inline const struct chain *
ruleset_base(const struct ruleset *r, enum table_id t, enum nat_hook hook)
{
	return ruleset_has(r, t, hook) ? ruleset_chain(r, t, hook) : NULL;
}

#endif
