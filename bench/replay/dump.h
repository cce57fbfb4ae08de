/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the engine holds at the end, as text. 0, or -ENOMEM. */
#ifndef NATBENCH_DUMP_H
#define NATBENCH_DUMP_H

#include <stdint.h>
#include <stdio.h>

#include "natcore.h"
#include "replay/lane.h"

/* The connections at @now_ns, as `conntrack -L` prints them, sorted; @extended:
 * as with `-o extended`. */
int dump_conntrack(struct nat_engine *e, uint64_t now_ns, bool extended,
		   FILE *out);
/* @rules with the counters of the engine, as `iptables-save -c`; @rules is a
 * parse of its own of the text that the engine's rules came from. */
int dump_rules(struct nat_engine *e, struct nat_rules *rules, FILE *out);
/* A line of `conntrack -S` for each lane, a CPU of its own. */
void dump_stats(const struct lanes *all, FILE *out);

#endif
