/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fragments wait for the others, so that a datagram goes through the router as
 * one packet: before every other hook while connections are tracked, else on
 * arrival at the router itself (spec section 9).
 */
#ifndef NAT_DEFRAG_H
#define NAT_DEFRAG_H

#include "decide/walk.h"
#include "pure/ipv6_ext.h"

/* True: the walk's packet is a whole datagram now, or is not to be one. False:
 * it is held, or refused. */
bool defrag(struct walk *k);

/* The same for IPv6 that has arrived at the router itself, where @i is the
 * fragment header, and what follows it or the fragments then. Here senders are
 * told of what cannot be right (RFC 8200 4.5). @again: it was a fragment before
 * and must be none any more. */
bool defrag_arrived(struct walk *k, struct ext_place *i, bool again);

/* The end of a walk; frees the fragments that its packet may have come in. */
void defrag_finish(struct walk *k);

/* Datagrams that waited too long are given up. */
void defrag_expire(struct nat_worker *w, uint32_t cause);

#endif
