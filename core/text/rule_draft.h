/* SPDX-License-Identifier: BSD-2-Clause
 * A rule while its words are read. */
#ifndef NAT_RULE_DRAFT_H
#define NAT_RULE_DRAFT_H

#include "decide/rules.h"
#include "text/rules_text.h"

struct addr_list {
	struct rule_addr *addr; /* NULL: not given */
	size_t n, cap;
};

struct draft {
	const struct rules_builder *builder;
	struct rule rule;
	size_t match_cap;
	uint32_t *match_seen; /* OPTION_BITs of each match */
	size_t seen_cap;
	uint32_t seen, target_seen;
	struct addr_list src, dst;
	bool other_family; /* -6 in a rule set of IPv4, or -4 */
	struct nat_error *err;
};

enum rule_option {
	OPT_SRC,
	OPT_DST,
	OPT_PROTO,
	OPT_IN,
	OPT_OUT,
	OPT_FRAGMENT,
	OPT_TARGET,
	OPT_MATCH,
	OPT_COUNTERS,
	OPT_FAMILY,
};

/* The options that every rule may have; ids are enum rule_option. */
extern const struct text_option rule_options[];

/* Appends a match with its defaults. */
MUST_USE int draft_add_match(struct draft *d, enum match_kind kind);

#endif
