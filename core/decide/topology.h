/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Interfaces, addresses, routes and policy rules as data, with what the kernel
 * adds by itself: the routes of an address, 127/8 on lo, the three rules that
 * always exist, the preference of a rule that names none. Text to topology is
 * text/topology_parse.c; what a packet asks is decide/route.h.
 *
 * The kernel refuses what makes no sense at the moment it is told, so order
 * matters here as there: an address before the route through it.
 */
#ifndef NAT_TOPOLOGY_H
#define NAT_TOPOLOGY_H

#include <assert.h>

#include "decide/prefix.h"
#include "natcore.h"
#include "util.h"

enum {
	TOPOLOGY_MAX_IFS = 250,
	TOPOLOGY_IF_LEN = 16, /* with its NUL, as the kernel's IFNAMSIZ */
	MTU_MIN = 68,
	MTU_MAX = 65535,
	MTU_DEFAULT = 1500,
};

/* Devices are indices; lo is none of the topology's interfaces, for packets
 * neither enter nor leave by it. */
enum { DEV_LO = NAT_NO_IF, DEV_ANY = NAT_NO_IF - 1 };

/* What rules know of devices: lo has a name, and where there is no device there
 * is none. */
enum { RULE_DEV_LO = 0xfe, RULE_DEV_NONE = 0xff };
static_assert((int)TOPOLOGY_MAX_IFS < (int)RULE_DEV_LO, "numbers of a byte");

static inline const char *rule_dev_name(const struct nat_topology *t,
					unsigned dev)
{
	return dev == RULE_DEV_LO ? "lo" : nat_topology_if_name(t, dev);
}

/* The values of this and the next enum are rtnetlink's. */
enum route_type {
	ROUTE_UNSPEC,
	ROUTE_UNICAST,
	ROUTE_LOCAL,
	ROUTE_BROADCAST,
	ROUTE_ANYCAST,
	ROUTE_MULTICAST,
	ROUTE_BLACKHOLE,
	ROUTE_UNREACHABLE,
	ROUTE_PROHIBIT,
	ROUTE_THROW,
	ROUTE_NAT,
	ROUTE_XRESOLVE,
};

enum route_scope {
	SCOPE_GLOBAL = 0,
	SCOPE_SITE = 200,
	SCOPE_LINK = 253,
	SCOPE_HOST = 254,
	SCOPE_NOWHERE = 255,
};

enum { TABLE_DEFAULT = 253, TABLE_MAIN = 254, TABLE_LOCAL = 255 };

struct topology_if {
	char name[TOPOLOGY_IF_LEN];
	uint16_t mtu;
	/* what topology_select_addr() says of it in IPv4, scope global, whoever
	 * is near; not known: it depends, or there is no address */
	bool knows_source;
	struct nat_addr source;
};

struct topology_addr {
	struct prefix prefix; /* the address itself, with its host bits */
	struct nat_addr broadcast;
	uint16_t dev;
	uint8_t scope;        /* enum route_scope */
	bool has_broadcast;   /* brd was given */
	bool no_prefix_route; /* noprefixroute was given */
	bool secondary;       /* another address has its subnet already */
};

struct topology_route {
	struct prefix dst;
	uint8_t type;  /* enum route_type */
	uint8_t scope; /* enum route_scope */
	uint16_t dev;
	bool via, has_source;
	bool via_own; /* the gateway is the router: next hop is who it is for */
	bool automatic; /* made by the kernel for an address */
	bool onlink;
	struct nat_addr gateway, source;
	uint32_t table, metric;
	unsigned line;
};

struct topology_rule {
	struct prefix from, to; /* len 0: any */
	uint8_t family;
	uint16_t iif; /* DEV_ANY: any; DEV_LO: what the router itself sends */
	uint32_t mark, mark_mask; /* fwmark; mask 0: any */
	uint32_t table, pref;
	bool has_pref;
};

struct fib;
struct fib_marks;

/* Addresses stand in the kernel's order, rules in that of their preference,
 * routes as they came. */
struct nat_topology {
	struct topology_if *ifs;
	struct topology_addr *addrs;
	struct topology_route *routes;
	struct topology_rule *rules;
	size_t n_ifs, n_addrs, n_routes, n_rules;
	size_t ifs_room, addrs_room, routes_room, rules_room;
	bool custom_rules;  /* beyond the three: source checks go further */
	bool custom_local;  /* a route of type local was added */
	struct fib *fib[2]; /* compiled, by fib_index(); for mark 0 */
	struct fib_marks *marks; /* for the rest; NULL: no rule asks for it */
};

/* Does the rule apply to packets with @mark? */
static inline bool topology_rule_marks(const struct topology_rule *r,
				       uint32_t mark)
{
	return !((r->mark ^ mark) & r->mark_mask);
}

/* An empty router with lo. NULL: no memory. */
struct nat_topology *topology_new(void);

/* Each returns 0 or fills @err (all but the line) and returns -EINVAL or
 * -ENOMEM. What they refuse, the kernel refuses. */
MUST_USE int topology_add_if(struct nat_topology *t, const char *name,
			     struct nat_error *err);
MUST_USE int topology_set_mtu(struct nat_topology *t, uint16_t dev,
			      uint32_t mtu, struct nat_error *err);
MUST_USE int topology_add_addr(struct nat_topology *t,
			       const struct topology_addr *a,
			       struct nat_error *err);
MUST_USE int topology_add_route(struct nat_topology *t,
				const struct topology_route *r,
				struct nat_error *err);
MUST_USE int topology_add_rule(struct nat_topology *t,
			       const struct topology_rule *r,
			       struct nat_error *err);
/* After the last line: makes the fibs. Fills the line too. */
MUST_USE int topology_finish(struct nat_topology *t, struct nat_error *err);

/* Without rules of the user's, IPv4 routes of table local and of table main are
 * searched as one table: the longer prefix wins, whichever it stands in, and
 * local does only where both have the prefix. Returns the table to look in. */
static inline uint32_t topology_table(const struct nat_topology *t,
				      uint8_t family, uint32_t table)
{
	bool one = family == 4 && !t->custom_rules && table == TABLE_LOCAL;

	return one ? TABLE_MAIN : table;
}

/* Once all addresses are there: fills in what interfaces know. */
void topology_know_sources(struct nat_topology *t);

/* IPv6: the route to an address on the link of @dev alone (RFC 4007 9), for a
 * packet from @src that came in by @iif; slow. NULL: there is none. */
const struct topology_route *topology_on_link(const struct nat_topology *t,
					      uint16_t iif, uint16_t dev,
					      const struct nat_addr *src,
					      const struct nat_addr *dst,
					      uint32_t mark);

/* IPv6: of the routes that are like @r but for their device, which addresses
 * alike bring along, that of @dev, or of any but @r's own (DEV_ANY); @r if
 * there is none. Slow. */
const struct topology_route *topology_near_route(const struct nat_topology *t,
						 const struct topology_route *r,
						 uint16_t dev);

static inline bool addr_is_link_local(const struct nat_addr *a)
{
	uint8_t b[2];

	memcpy(b, a, sizeof(b));
	return b[0] == 0xfe && (b[1] & 0xc0) == 0x80;
}

static inline bool addr_is_multicast6(const struct nat_addr *a)
{
	uint8_t first;

	memcpy(&first, a, sizeof(first));
	return first == 0xff;
}

/* Of IPv6, a host of its own; what maps IPv4 is none. */
static inline bool addr_is_host6(const struct nat_addr *a)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return !addr_is_multicast6(a) && !addr_is_zero(a) &&
	       memcmp(a, mapped, sizeof(mapped)) != 0;
}

/* The address @dev takes for what it sends towards @near (NULL: anything): the
 * first primary one no narrower than @scope whose subnet holds @near, else the
 * first such; else that of another device. False: there is none. */
bool topology_select_addr(const struct nat_topology *t, uint16_t dev,
			  uint8_t family, uint8_t scope,
			  const struct nat_addr *near, struct nat_addr *out);

#endif
