/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Does a rule fit a packet? (spec 12.2). A match that meets a packet too
 * short for its question sets *hotdrop: the packet is dropped at once.
 */
#ifndef NAT_MATCH_H
#define NAT_MATCH_H

#include "decide/walk.h"

/* The part of a rule before its first -m. */
bool rule_header_fits(const struct rule *r, const struct walk *k,
		      bool *hotdrop);
/* Each -m in order. */
bool rule_matches_fit(const struct rule *r, struct walk *k, bool *hotdrop);

/* Those with files of their own. */
bool match_addrtype(const struct match_addrtype *m, const struct walk *k);
bool match_others(const struct match *m, const struct walk *k, bool *hotdrop);

#endif
