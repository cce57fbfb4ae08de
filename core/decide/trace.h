/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the engine tells whoever watches (nat_worker_trace). Costs one
 * well-predicted branch where nobody does.
 */
#ifndef NAT_TRACE_H
#define NAT_TRACE_H

#include "decide/walk.h"

struct trace_rule {
	const char *table, *chain;
	unsigned rule; /* 1-based; 0: the policy */
};

void trace_emit(const struct walk *k, enum nat_step step, const char *text,
		const struct trace_rule *at);

static inline void trace(const struct walk *k, enum nat_step step,
			 const char *text)
{
	if (unlikely(k->w->trace))
		trace_emit(k, step, text, NULL);
}

/* A connection as the public API shows it. Context: entered, or nobody else
 * can be. */
void conntrack_view(const struct conn *c, uint64_t now_ns,
		    struct nat_conntrack *ct);
/* The same of one that is not. Context: in a turn. */
void conntrack_enter_view(const struct nat_worker *w, struct conn *c,
			  struct nat_conntrack *ct);

#endif
