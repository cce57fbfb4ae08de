/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who has a tuple already, and the search for an id that makes one nobody has
 * (spec 7.3, 7.5).
 */
#ifndef NAT_SEARCH_H
#define NAT_SEARCH_H

#include "decide/rules.h"
#include "decide/walk.h"
#include "decide/zone.h"
#include "pure/rewrite.h"

/* Everything here is said of the answer: who has it already is the question,
 * and what the packet itself will look like follows from it. */
struct search {
	struct walk *k;
	struct nat_tuple *answer;
	const struct nat_range *range;
	enum manip m;
};

/* ICMP has one id, which stays where it is in both directions. */
static inline uint16_t *search_id_of(struct nat_tuple *answer, enum manip m)
{
	return m == MANIP_SRC && !proto_is_icmp(answer->proto)
		       ? &answer->dst_id
		       : &answer->src_id;
}

static inline bool search_has_id(uint8_t proto)
{
	return proto_has_ports(proto) || proto_is_icmp(proto);
}

/* A connection with our own original tuple is ourselves come twice (spec 7.3).
 */
static inline bool search_is_other(struct walk *k, struct conn_ref r)
{
	if (unlikely(conn_alike(r.conn, k->ct.conn, NAT_ORIGINAL)))
		return false;
	k->w->stats.found++;
	return true;
}

/* Who has @answer already. */
static inline struct conn_ref search_user(struct walk *k,
					  const struct nat_tuple *answer)
{
	struct conn_ref r = zone_find_own_answer(k, answer);

	if (unlikely(r.conn) && !search_is_other(k, r))
		r.conn = NULL;
	return r;
}

static inline bool search_used(struct walk *k, const struct nat_tuple *answer)
{
	return search_user(k, answer).conn;
}

/* Step 4 of the choice: probes ids in rounds. The last one tried stays, free or
 * not. */
void search_id(const struct search *s);

#endif
