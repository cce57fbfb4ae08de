/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Counters of rules and chains, as two iptables-save -c have them. */
#ifndef NATBENCH_RULES_DIFF_H
#define NATBENCH_RULES_DIFF_H

#include <stddef.h>
#include <stdint.h>

enum { RULE_NAME = 32, RULE_TEXT = 200 };

struct rules_diff {
	size_t compared, differ;
	uint64_t reports; /* see kernel_reports() */
	/* the first that differs: where, the kernel's line, the core's */
	unsigned family;
	char table[RULE_NAME], chain[RULE_NAME];
	char line[2][RULE_TEXT];
};

/* Adds to @d what differs between the chains and rules that the core has. */
void rules_diff_run(struct rules_diff *d, unsigned family, const char *kernel,
		    const char *core);

/* How often rule @rule of a chain fitted, counted from 1; 0: the policy. */
uint64_t rules_packets(const char *text, const char *table, const char *chain,
		       unsigned rule);

#endif
