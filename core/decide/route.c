/* SPDX-License-Identifier: BSD-2-Clause
 * The routing questions of a packet, answered from the compiled fib. */
#include "decide/route.h"

#include <arpa/inet.h>

#include "decide/source.h"

/* The entry of a route, which is found by its number. */
static const struct fib_entry *entry_of(const struct nat_topology *t,
					const struct topology_route *r)
{
	const struct fib *fib = t->fib[fib_index(6)];

	return &fib->entry[r ? (size_t)(r - t->routes) : t->n_routes];
}

const struct fib_entry *route_link_entry(const struct nat_topology *t,
					 uint16_t link,
					 const struct nat_addr *src,
					 const struct nat_addr *dst,
					 uint32_t mark)
{
	return entry_of(t, topology_on_link(t, link, link, src, dst, mark));
}

struct route route_input(const struct nat_topology *t, uint16_t in_if,
			 uint8_t family, const struct nat_addr *src,
			 const struct nat_addr *dst, uint32_t mark)
{
	return route_input_of(t, in_if, family, src, dst, mark);
}

static struct route_span span_of(const struct interval_map *m,
				 const struct interval4 *at)
{
	return (struct route_span){at->start,
				   interval_last4(m, at) - at->start};
}

/* Where the one map depends on the other address, too, intervals do not say for
 * whom else it is so. */
const struct fib_entry *route_forward4_anew(const struct nat_topology *t,
					    struct route_memo *m,
					    uint16_t in_if, uint32_t src,
					    uint32_t dst)
{
	const struct nat_addr from = addr_v4(src), to = addr_v4(dst);
	const struct fib *fib = t->fib[fib_index(4)];
	const struct interval_map *routes = fib_input(fib, in_if, &from);
	const struct interval4 *route = interval_at4(routes, ntohl(dst)), *no;
	const struct fib_entry *e = &fib->entry[route->value];
	const struct interval_map *sources;

	if (e->verdict != ROUTE_TO_FORWARD)
		return NULL;
	sources = fib_sources(fib, e, &to);
	no = interval_at4(sources, ntohl(src));
	if (no->value)
		return NULL;
	if (fib_vantage(fib, in_if)->input && e->sources)
		*m = (struct route_memo){e, span_of(sources, no),
					 span_of(routes, route), in_if};
	return e;
}

static const struct fib_entry *find_output(const struct nat_topology *t,
					   uint16_t link, uint8_t family,
					   const struct nat_addr *src,
					   const struct nat_addr *dst,
					   uint32_t mark)
{
	static const struct nat_addr none;
	const struct fib *fib = fib_for(t, family, mark);
	const struct fib_policy *p;

	if (!src)
		src = &none;
	if (route_is_on_link(family, dst))
		return entry_of(
			t, topology_on_link(t, DEV_LO, link, src, dst, mark));
	p = fib_policy(fib, DEV_LO, src);
	return &fib->entry[interval_find(p->map[FIB_ROUTE], family, dst)];
}

struct route route_output(const struct nat_topology *t, uint16_t link,
			  uint8_t family, const struct nat_addr *src,
			  const struct nat_addr *dst, uint32_t mark)
{
	const struct fib_entry *e =
		find_output(t, link, family, src, dst, mark);
	struct route r = route_of_entry(e, dst);

	if (unlikely(r.verdict == ROUTE_TO_BROADCAST))
		r.out_if = e->dev;
	return r;
}

/* Slow, but whom it is asked for is seldom answered by another link. */
static const struct fib_entry *near_entry(const struct nat_topology *t,
					  const struct fib_entry *e,
					  uint16_t dev)
{
	if (e->verdict != ROUTE_TO_FORWARD || e->dev == dev)
		return e;
	return entry_of(t, topology_near_route(t, &t->routes[e->number], dev));
}

struct route route_back(const struct nat_topology *t, uint16_t link,
			const struct nat_addr *src, const struct nat_addr *dst)
{
	return route_of_entry(
		near_entry(t, find_output(t, link, 6, src, dst, 0), link), dst);
}

struct route route_on_link(const struct nat_topology *t, uint16_t link,
			   const struct nat_addr *src,
			   const struct nat_addr *dst)
{
	return route_of_entry(
		entry_of(t, topology_on_link(t, DEV_LO, link, src, dst, 0)),
		dst);
}

bool route_source(const struct nat_topology *t, uint16_t link, uint8_t family,
		  const struct nat_addr *dst, struct nat_addr *out)
{
	const struct fib_entry *e = find_output(t, link, family, NULL, dst, 0);

	if (e->verdict == ROUTE_NONE)
		return false;
	if (e->has_source)
		*out = e->source;
	else if (family == 6)
		return source6_select(t, e->dev, dst, out);
	else if (e->verdict == ROUTE_TO_LOCAL)
		*out = *dst;
	return e->has_source || e->verdict == ROUTE_TO_LOCAL;
}

/* A route's own source counts on whatever link; without, that of a link-local
 * route is none of the link's that the error leaves by. */
bool route_error_source(const struct nat_topology *t, uint16_t link,
			uint16_t came_by, uint8_t family,
			const struct nat_addr *dst, struct nat_addr *out)
{
	return (family == 6 &&
		!find_output(t, DEV_ANY, 6, NULL, dst, 0)->has_source &&
		source6_select(t, came_by, dst, out)) ||
	       route_source(t, link, family, dst, out);
}

bool route_source_via(const struct nat_topology *t, uint16_t in_if,
		      uint8_t family, const struct nat_addr *dst,
		      struct nat_addr *out)
{
	return route_source(t, in_if, family, dst, out) ||
	       topology_select_addr(t, in_if, family, SCOPE_GLOBAL, dst, out);
}

struct nat_addr route_exit_source(const struct nat_topology *t, uint16_t in_if,
				  uint8_t family, const struct nat_addr *src,
				  const struct nat_addr *dst, uint32_t mark)
{
	const struct fib *fib = t->fib[fib_index(family)];

	return fib->entry[route_find(t, in_if, family, src, dst, mark)].source;
}

bool route_masquerade(const struct nat_topology *t, uint16_t out_if,
		      uint8_t family, const struct nat_addr *near,
		      struct nat_addr *out)
{
	if (family == 6)
		return source6_select(t, out_if, near, out);
	if (likely(t->ifs[out_if].knows_source)) {
		*out = t->ifs[out_if].source;
		return true;
	}
	return topology_select_addr(t, out_if, family, SCOPE_GLOBAL, near, out);
}

/* The first address, in IPv6 of those that @dst's scope has. */
bool route_redirect(const struct nat_topology *t, uint16_t in_if,
		    uint8_t family, const struct nat_addr *dst,
		    struct nat_addr *out)
{
	for (size_t i = 0; i < t->n_addrs; i++) {
		const struct topology_addr *a = &t->addrs[i];

		if (a->dev == in_if && a->prefix.family == family &&
		    (family == 4 || source6_same_scope(&a->prefix.addr, dst))) {
			*out = a->prefix.addr;
			return true;
		}
	}
	return false;
}

enum route_type route_addr_type(const struct nat_topology *t, uint8_t family,
				const struct nat_addr *addr, uint16_t limit)
{
	const struct fib *fib = t->fib[fib_index(family)];
	const struct fib_entry *e =
		&fib->entry[interval_find(fib->local, family, addr)];
	uint32_t top = ntohl(addr->w[0]);

	if (family == 4 && (!top || top == UINT32_MAX))
		return ROUTE_BROADCAST;
	if (top >> (family == 4 ? 28 : 24) == (family == 4 ? 0xe : 0xff))
		return ROUTE_MULTICAST;
	if (e->verdict == ROUTE_NONE || (limit != NAT_NO_IF && limit != e->dev))
		return ROUTE_UNICAST;
	return e->type;
}

/* A subnet's first address is that of all its routers. */
static bool is_anycast(const struct nat_topology *t, const struct fib_entry *e,
		       const struct nat_addr *addr)
{
	enum { POINT_TO_POINT = 127 };
	const struct prefix *to;

	if (e->verdict != ROUTE_TO_FORWARD || e->via)
		return e->verdict == ROUTE_TO_ANYCAST;
	to = &t->routes[e->number].dst;
	return to->len < POINT_TO_POINT && addr_equal(&to->addr, addr);
}

uint16_t route_addr_types6(const struct nat_topology *t,
			   const struct nat_addr *addr, uint16_t limit)
{
	static const struct nat_addr none;
	const struct fib_entry *e;

	if (addr_is_multicast6(addr))
		return 0;
	if (limit == NAT_NO_IF)
		e = find_output(t, DEV_ANY, 6, NULL, addr, 0);
	else
		e = entry_of(
			t, topology_on_link(t, DEV_LO, limit, &none, addr, 0));
	if (e->verdict == ROUTE_NONE)
		return 1 << ROUTE_UNREACHABLE;
	if (e->verdict == ROUTE_TO_LOCAL)
		return 1 << ROUTE_LOCAL;
	return is_anycast(t, e, addr) ? 1 << ROUTE_ANYCAST : 0;
}

uint16_t route_dev(const struct nat_topology *t, uint8_t family,
		   const struct route *r)
{
	return t->fib[fib_index(family)]->entry[r->number].dev;
}

uint32_t route_mtu(const struct nat_topology *t, uint16_t dev)
{
	return dev == DEV_LO ? MTU_MAX : t->ifs[dev].mtu;
}
