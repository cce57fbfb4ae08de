/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the kernel has drawn at random, read off its tables after a packet, so
 * that the core can take the same (nat_worker_choose). */
#ifndef NATBENCH_CHOICE_H
#define NATBENCH_CHOICE_H

#include "verify/kernel.h"

/* Of the kernel, that the core has taken. */
struct choices {
	unsigned ids, lots;
};

struct chooser {
	struct kernel *kernel;
	struct nat_engine *engine;
	struct text rules_text, rules6_text;
	struct choices made;
};

/* As nat_choice_fn. */
int chooser_choose(void *chooser, const struct nat_choice *q);

/* The engine's counters as iptables-save -c prints them, of that family, to be
 * freed; NULL: no memory. */
char *chooser_core_rules(struct chooser *c, unsigned family);

#endif
