/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How long packets may be on their way: what fits the link, and what the
 * router was told of the path beyond (shared/path_mtus.h). What is forwarded is
 * held to the latter in IPv6; in IPv4, where that was too little to be true.
 */
#ifndef NAT_PATH_H
#define NAT_PATH_H

#include "decide/walk.h"

/* Of the router's own packet, which is routed. */
uint32_t path_mtu_own(const struct walk *k);
/* Of one that is passed on. */
uint32_t path_mtu_passed(const struct walk *k);
static inline uint32_t path_mtu_forward(const struct walk *k)
{
	const struct nat_engine *e = k->w->engine;

	if (likely(!path_mtus_any(&e->path_mtus)))
		return route_mtu(e->topology, k->out_if);
	return path_mtu_passed(k);
}
/* Of whatever goes to @dst by @r. */
uint32_t path_mtu_of(struct nat_worker *w, const struct route *r,
		     const struct nat_addr *dst);

/* @k, an ICMP error for the router, says that something was too big. */
void path_mtu_told(struct walk *k);

#endif
