/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The router as a host: it has no open port, answers pings, and says so where
 * it cannot serve (RFC 1122).
 */
#ifndef NAT_LOCAL_H
#define NAT_LOCAL_H

#include "decide/walk.h"

/* The walk's packet has reached the router itself, as its route said. */
void local_deliver(struct walk *k, enum route_verdict to);

#endif
