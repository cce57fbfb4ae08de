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

/* Maps @t, what the walk's packet looks like so far, into @range at the end
 * @m. Where the range is exhausted the result is not unique, and the packet
 * dies at confirm. */
void unique_tuple(struct walk *k, struct nat_tuple *t,
		  const struct nat_range *range, enum manip m);

/* The search that changes nothing: whether another connection has the answer
 * @reply already is counted. */
void unique_look(struct walk *k, const struct nat_tuple *reply);

#endif
