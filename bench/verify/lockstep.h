/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Kernel and core side by side: each packet goes into both, and everything
 * that they did because of it is compared.
 *
 *	struct lockstep *s = lockstep_new(&cfg, &err);
 *	while (feeder.next(feeder.ctx, &f)) {
 *		verdict = lockstep_play(s, &f, &step);
 *		feeder.learn(feeder.ctx, &step.outcome);
 *	}
 *	lockstep_compare(s, &tables);
 *	lockstep_free(s);
 *
 * Both live on the same clock, the kernel's own; see jiffies.h.
 */
#ifndef NATBENCH_LOCKSTEP_H
#define NATBENCH_LOCKSTEP_H

#include "natcore.h"
#include "verify/choice.h"
#include "verify/compare.h"
#include "verify/kernel.h"
#include "verify/rules_diff.h"
#include "verify/table_diff.h"

struct lockstep;

struct twin_config {
	struct nat_config engine; /* workers is set here; sysctl is needed */
	struct kernel_config kernel;
};

/* Why a packet was given to neither; NULL: it was. */
struct lockstep_step {
	const char *unsupported;
	struct feed_outcome outcome;
	/* the core's side */
	const struct sent *core;
	size_t n_core;
	enum nat_verdict verdict;
	enum nat_drop reason;
	enum nat_state state;
	struct allowance allowed;
	struct choices choices;
	const char *exception; /* a difference that has a name, or NULL */
	struct difference difference; /* where not outcome.agreed */
};

/* NULL: @err says why. One at a time, after kernel_check(). */
struct lockstep *lockstep_new(const struct twin_config *cfg,
			      struct nat_error *err);
void lockstep_free(struct lockstep *s);

/* What is in @step lives until the next call. */
void lockstep_play(struct lockstep *s, const struct feed *f,
		   struct lockstep_step *step);
/* Has the core tell the steps of its packets; NULL: no more. */
void lockstep_trace(struct lockstep *s, nat_trace_fn fn, void *ctx);

/* Compares the tables; 0, or -1 with @err filled. */
int lockstep_compare(struct lockstep *s, struct table_diff *table,
		     struct rules_diff *rules, struct nat_error *err);

#endif
