/* SPDX-License-Identifier: BSD-2-Clause
 * -m addrtype. */
#include "decide/match.h"

/* What an IPv6 address is by itself. */
static uint16_t types_by_form6(const struct nat_addr *a)
{
	if (addr_is_zero(a))
		return 1 << ROUTE_UNSPEC;
	if (addr_is_multicast6(a))
		return 1 << ROUTE_MULTICAST;
	return addr_is_host6(a) ? 1 << ROUTE_UNICAST : 0;
}

/* Of IPv6, all of those asked for that can be told by the address, and one of
 * those that a route tells. */
static bool types_fit6(const struct nat_topology *t, uint16_t types,
		       const struct nat_addr *a, uint16_t limit)
{
	const uint16_t routed =
		1 << ROUTE_LOCAL | 1 << ROUTE_ANYCAST | 1 << ROUTE_UNREACHABLE;

	if (types & ~routed & ~types_by_form6(a))
		return false;
	return !(types & routed) || types & route_addr_types6(t, a, limit);
}

static bool types_fit(const struct walk *k, uint16_t types,
		      const struct nat_addr *a, uint16_t limit)
{
	const struct nat_topology *t = k->w->engine->topology;

	return k->p.family == 6 ? types_fit6(t, types, a, limit)
				: types >> route_addr_type(t, 4, a, limit) & 1;
}

bool match_addrtype(const struct match_addrtype *m, const struct walk *k)
{
	uint16_t limit = m->limit_in    ? k->in_if
			 : m->limit_out ? k->out_if
					: (uint16_t)NAT_NO_IF;
	struct nat_addr src = packet_src_addr(&k->p),
			dst = packet_dst_addr(&k->p);

	if (m->src && types_fit(k, m->src, &src, limit) == m->inv_src)
		return false;
	return !m->dst || types_fit(k, m->dst, &dst, limit) != m->inv_dst;
}
