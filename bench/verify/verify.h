/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A whole verification: packets from a feeder through kernel and core in lock
 * step, tables compared now and then and at the end, what differs counted by
 * kind. The first difference, or each with keep_going, is told in full.
 *
 * A divergence is a packet, a connection or a rule that is not the same in
 * both. What follows in a conversation that has diverged already is counted
 * as follow_ups: it need not have a cause of its own. */
#ifndef NATBENCH_VERIFY_H
#define NATBENCH_VERIFY_H

#include "capture/progress.h"
#include "verify/feed.h"
#include "verify/lockstep.h"
#include "verify/tally.h"
#include "verify/trail.h"

struct verify_config {
	struct twin_config twin;
	uint64_t compare_every; /* packets; 0: at the end alone */
	uint64_t renew_every;   /* packets, then a new twin; 0: never */
	bool keep_going;
	struct progress progress;
	uint64_t expected; /* packets, for the progress; 0: unknown */
	/* the core tells its steps from this packet on, counted from 1 */
	nat_trace_fn trace; /* NULL: it does not */
	void *trace_ctx;
	uint64_t trace_from;
};

/* Who was it: what minimising begins with. */
struct suspect {
	uint32_t group;                     /* of the packet */
	struct nat_tuple tuple[NAT_N_DIRS]; /* of packet, or connection */
};

struct verify {
	uint64_t packets; /* that entered both */
	uint64_t divergences, follow_ups;
	struct tally kinds, exceptions, unsupported;
	size_t conntrack_compared, conntrack_differ;
	size_t rules_compared, rules_differ;
	uint64_t wall_ns;

	struct suspect suspect; /* of the first divergence */
	struct trail trail;
	struct region tainted; /* a bit for each group that has diverged */
	struct region known;   /* tuples whose difference is told already */
	const struct verify_config *cfg;
};

/* 0, or -1 with @err filled; verify_free() in either case. */
int verify_run(struct verify *v, const struct verify_config *cfg,
	       const struct feeder *feeder, struct nat_error *err);
void verify_free(struct verify *v);

/* Those that nothing checks may be one packet in a thousand. */
bool verify_exceptions_ok(const struct verify *v);

#endif
