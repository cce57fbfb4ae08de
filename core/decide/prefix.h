/* SPDX-License-Identifier: BSD-2-Clause
 * An address with a length: a prefix, or an address within its subnet. */
#ifndef NAT_PREFIX_H
#define NAT_PREFIX_H

#include "decide/interval.h"
#include "natcore.h"
#include "pure/tuple.h"

struct prefix {
	struct nat_addr addr;
	uint8_t family; /* 4 or 6 */
	uint8_t len;
};

static inline addr_num prefix_num(const struct prefix *p)
{
	return addr_to_num(p->family, &p->addr);
}

static inline bool prefix_holds(const struct prefix *p,
				const struct nat_addr *a)
{
	addr_num differ = prefix_num(p) ^ addr_to_num(p->family, a);

	return !p->len || !(differ >> (family_bits(p->family) - p->len));
}

/* Without the host bits. */
static inline struct prefix prefix_network(const struct prefix *p)
{
	addr_num host = prefix_end(p->family, 0, p->len);
	struct prefix net = *p;

	net.addr = num_to_addr(p->family, prefix_num(p) & ~host);
	return net;
}

/* The one address alone. */
static inline struct prefix prefix_host(uint8_t family,
					const struct nat_addr *a)
{
	return (struct prefix){*a, family, family_bits(family)};
}

static inline bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->len == b->len && a->family == b->family &&
	       addr_equal(&a->addr, &b->addr);
}

#endif
