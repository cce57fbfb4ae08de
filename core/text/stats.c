/* SPDX-License-Identifier: BSD-2-Clause
 * The counters of `conntrack -S`, by name (spec 12.4). */
#include "natcore.h"
#include "util.h"

const char *nat_conntrack_stat(const struct nat_stats *s, unsigned i,
			       uint64_t *value)
{
	/* Nothing that is looked up restarts here, no chain grows too long,
	 * and the kernel no longer counts what it inserts. */
	const struct {
		const char *name;
		uint64_t value;
	} row[] = {
		{"found", s->found},
		{"invalid", s->invalid},
		{"insert", 0},
		{"insert_failed", s->insert_failed},
		{"drop", s->dropped},
		{"early_drop", s->early_drop},
		{"error", s->error},
		{"search_restart", 0},
		{"clash_resolve", s->clash_resolve},
		{"chaintoolong", 0},
	};

	if (i >= ARRAY_LEN(row))
		return NULL;
	*value = row[i].value;
	return row[i].name;
}
