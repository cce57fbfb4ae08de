/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Between the parts of the compiler that makes a fib: fib_tables.c turns
 * routes into entries and tables, fib_policies.c rules into policies and
 * vantages, fib.c calls both. */
#ifndef NAT_FIB_COMPILE_H
#define NAT_FIB_COMPILE_H

#include "decide/fib.h"
#include "decide/route.h"

/* Entries behind those of the routes. */
enum special {
	SPECIAL_NO_ROUTE,
	SPECIAL_BROADCAST,
	SPECIAL_MULTICAST,
	SPECIAL_NOT_OURS,
	SPECIAL_MARTIAN,
	SPECIAL_ZERO,
	N_SPECIALS,
};

struct table {
	uint32_t id;
	struct spans routes; /* to entries */
};

/* A policy's rules, told apart by what they ask for. */
struct rule_list {
	uint16_t *rule; /* indices in topology.rule */
	size_t n;
	uint16_t near; /* whose routes are taken of those alike, or DEV_ANY */
};

struct compiler {
	const struct nat_topology *t;
	struct fib *fib;
	uint8_t family;
	struct table *table;
	size_t n_tables, table_room;
	struct rule_list *list; /* by policy */
	size_t list_room;
	struct spans fixed[N_FIB_MAPS];
	struct spans own; /* own addresses, as a source map */
	const struct interval_map *shared[N_FIB_MAPS];
	struct nat_error *err;
};

/* Fills the error; false, for a return. */
bool fib_no_memory(struct compiler *c);
/* Freezes @s into a map that the fib owns. NULL: no memory. */
const struct interval_map *fib_freeze(struct compiler *c,
				      const struct spans *s);

static inline uint32_t fib_special(const struct compiler *c, enum special s)
{
	return (uint32_t)(c->t->n_routes + s);
}

/* Each returns false and fills the error. */
MUST_USE bool fib_make_entries(struct compiler *c);
MUST_USE bool fib_make_tables(struct compiler *c);
MUST_USE bool fib_make_policies(struct compiler *c);

/* Empty where no route names the table. */
const struct spans *fib_find_table(const struct compiler *c, uint32_t id);

#endif
