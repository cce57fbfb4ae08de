/* SPDX-License-Identifier: BSD-2-Clause
 * Which of its IPv6 addresses the router uses (RFC 6724). */
#ifndef NAT_SOURCE_H
#define NAT_SOURCE_H

#include "decide/topology.h"

/* The source for what leaves by @dev towards @dst. False: there is none. */
bool source6_select(const struct nat_topology *t, uint16_t dev,
		    const struct nat_addr *dst, struct nat_addr *out);

/* Will @a do for what was sent to @b? Only to narrow scopes it must be as
 * narrow. */
bool source6_same_scope(const struct nat_addr *a, const struct nat_addr *b);

#endif
