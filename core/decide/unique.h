/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The choice of a translated tuple that no other connection has (spec 7.3 to
 * 7.5): addresses, ports and ids.
 */
#ifndef NAT_UNIQUE_H
#define NAT_UNIQUE_H

#include "decide/rules.h"
#include "decide/walk.h"
#include "pure/rewrite.h"

/* Maps @answer, what the answer to the walk's packet looks like so far, so that
 * the packet's end @m comes to lie in @range. Where the range is exhausted the
 * result is not unique, and the packet dies at confirm. */
void unique_answer(struct walk *k, struct nat_tuple *answer,
		   const struct nat_range *range, enum manip m);

/* One address for all, and nothing said about ports? */
static inline bool unique_is_address(const struct nat_range *range)
{
	return range->flags == RANGE_MAP_IPS &&
	       addr_equal(&range->addr_min, &range->addr_max);
}

/* The same for the walk's connection and its source, where it is soon said.
 * False: it is not; nothing has changed. */
MUST_USE bool unique_keeps_port(struct walk *k, const struct nat_range *range);

/* The search that changes nothing: whether another has the connection's answer
 * already is counted. */
void unique_look(struct walk *k);

#endif
