/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A topology compiled for packets, one per family. Who asks (an interface a
 * packet came in by, or the router itself) and the source address pick a
 * policy: the list of rules that apply. Each policy has its whole answer laid
 * out as interval maps, rules, tables, metrics and martians already applied.
 * Constant once made.
 */
#ifndef NAT_FIB_H
#define NAT_FIB_H

#include "decide/topology.h"

/* The maps of a policy. FIB_ROUTE and FIB_INPUT map a destination to an index
 * in fib.entry: routes alone, and with the special destinations of received
 * packets over them. The others map a source address to 0 (it may be) or to
 * the enum route_verdict that it turns the packet's into; which of them counts
 * depends on where the packet goes. */
enum fib_map {
	FIB_ROUTE,
	FIB_INPUT,
	FIB_SOURCE,           /* of what is forwarded or local */
	FIB_SOURCE_BROADCAST, /* of what goes to 255.255.255.255 */
	FIB_SOURCE_MULTICAST,
	FIB_SOURCE_NO_ROUTE,
	FIB_SOURCE_TO_ZERO, /* of what goes to 0.0.0.0 */
	N_FIB_MAPS,
};

/* A route's outcome. */
struct fib_entry {
	/* the map for the source of who takes this route; NULL: it depends on
	 * the destination too, ask fib_policy() */
	const struct interval_map *sources;
	struct nat_addr gateway, source;
	uint32_t number; /* its index */
	uint16_t dev;
	uint16_t out_if; /* dev if packets leave by it, else NAT_NO_IF */
	uint8_t verdict; /* enum route_verdict */
	uint8_t type;    /* enum route_type */
	uint8_t check;   /* enum fib_map: for the source */
	bool via;
	bool has_source; /* in IPv6 only where a route says so */
};

struct fib_policy {
	const struct interval_map *map[N_FIB_MAPS];
};

struct fib_vantage {
	const struct interval_map *input; /* NULL: it depends on the source */
	const struct interval_map *by_source; /* to an index in fib.policy */
	uint32_t policy;                      /* where by_source is NULL */
};

struct fib_map_node;

struct fib {
	uint8_t family;
	struct fib_entry *entry; /* by route, then the special ones */
	struct fib_policy *policy;
	struct fib_vantage *vantage; /* by device, lo last */
	size_t n_policies, policy_room;
	uint32_t lo;                      /* index of lo's vantage */
	const struct interval_map *local; /* table local alone, as FIB_ROUTE */
	struct fib_map_node *maps; /* every map above, for who frees them */
};

static inline unsigned fib_index(uint8_t family)
{
	return family == 6;
}

/* NULL: @err says why. */
struct fib *fib_new(const struct nat_topology *t, uint8_t family,
		    struct nat_error *err);
void fib_free(struct fib *fib);

static inline const struct fib_vantage *fib_vantage(const struct fib *fib,
						    uint16_t dev)
{
	return &fib->vantage[dev == DEV_LO ? fib->lo : dev];
}

static inline const struct fib_policy *
fib_policy(const struct fib *fib, uint16_t dev, const struct nat_addr *src)
{
	const struct fib_vantage *v = fib_vantage(fib, dev);
	uint32_t policy = v->policy;

	if (v->by_source)
		policy = interval_find(v->by_source, fib->family, src);
	return &fib->policy[policy];
}

/* The map to look for the destination in. */
static inline const struct interval_map *
fib_input(const struct fib *fib, uint16_t dev, const struct nat_addr *src)
{
	const struct fib_vantage *v = &fib->vantage[dev];

	if (likely(v->input))
		return v->input;
	return fib_policy(fib, dev, src)->map[FIB_INPUT];
}

/* The map to look for the source in: it is asked as the destination of an
 * answer, which would come in where the packet leaves. */
static inline const struct interval_map *fib_sources(const struct fib *fib,
						     const struct fib_entry *e,
						     const struct nat_addr *dst)
{
	if (likely(e->sources))
		return e->sources;
	return fib_policy(fib, e->out_if, dst)->map[e->check];
}

#endif
