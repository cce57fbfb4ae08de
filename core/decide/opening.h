/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The short way of first packets: plain TCP or UDP that begins a connection
 * and is forwarded, in a router whose rules are NAT's alone, of which one look
 * at each chain tells what they say. What the walk (walk.h) would do to such a
 * packet is done here in one go, of the same parts, and comes to the same
 * bytes, the same connection and the same counters. Whatever has any
 * peculiarity takes the long way.
 */
#ifndef NAT_OPENING_H
#define NAT_OPENING_H

#include "decide/settled.h"

/* Of packets that have no connection as it seems, their bits in @strangers:
 * asks for the memory that beginning one takes, all of it in a row; and once
 * that has come, for what it names. The table had @n_buckets when their own
 * were found. */
void opening_expect(const struct nat_worker *w, uint64_t n_buckets,
		    const struct nat_packet *pkt, struct flights *f,
		    uint32_t strangers);
void opening_expect_on(const struct nat_worker *w, const struct flights *f,
		       uint32_t strangers);

/* Forwards such a packet, the @i-th of its group, the worker's clock being its
 * own. False: it needs the long way; nothing has changed. Context:
 * settled_possible(). */
MUST_USE bool opening_forward(struct nat_worker *w, uint64_t n_buckets,
			      struct nat_packet *pkt, const struct flights *f,
			      unsigned i);

#endif
