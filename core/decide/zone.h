/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Zones: the same tuple may be a connection of its own in each (spec section
 * 2). A zone may count for one direction only. Where no rule names a zone,
 * none of this costs anything but the question whether one does.
 */
#ifndef NAT_ZONE_H
#define NAT_ZONE_H

#include "decide/walk.h"

static inline bool zone_in_use(const struct walk *k)
{
	return unlikely(walk_rules(k)->extensions & CONN_ZONE);
}

/* The zone that target CT put the packet in. */
struct conn_zone zone_of_packet(const struct walk *k);
struct conn_zone zone_of_conn(const struct conn *c);

/* The id, whichever direction it counts for. */
static inline uint16_t zone_id(struct conn_zone z)
{
	return z.id[NAT_ORIGINAL] ? z.id[NAT_ORIGINAL] : z.id[NAT_REPLY];
}

/* Connections of an inside socket share its port within this. */
static inline uint16_t zone_of_socket(struct conn_zone z)
{
	return z.id[NAT_ORIGINAL] == z.id[NAT_REPLY] ? z.id[NAT_REPLY] : 0;
}

/* The confirmed connection in @z that has @t on either side. */
struct conn_ref zone_find(struct walk *k, const struct nat_tuple *t,
			  struct conn_zone z);
/* The one that stands in the way of an answer @t in @z: who is there only for
 * the zone of the original direction does not. */
struct conn_ref zone_find_answer(struct walk *k, const struct nat_tuple *t,
				 struct conn_zone z);

/* The same in the zone of the walk's connection. */
static inline struct conn_ref zone_find_own_answer(struct walk *k,
						   const struct nat_tuple *t)
{
	if (likely(!zone_in_use(k)))
		return conns_find(&k->w->view, t, conns_hash(&k->w->view, t));
	return zone_find_answer(k, t, zone_of_conn(k->ct.conn));
}

#endif
