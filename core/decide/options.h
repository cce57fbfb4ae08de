/* SPDX-License-Identifier: BSD-2-Clause
 * IP options of packets on their way: pure/ip_options.h with the router's
 * addresses and clock. Context of all: the packet has options. */
#ifndef NAT_OPTIONS_H
#define NAT_OPTIONS_H

#include "decide/walk.h"

/* Once it is known where the packet goes, and whatever that is. False: they
 * are malformed (ICMP 12/0) or route the packet themselves, so it is dropped.
 */
bool options_arrive(struct walk *k, const struct route *r);

/* The packet is let through to another host. */
void options_depart(const struct walk *k);

/* Puts into @answer, a datagram about the walk's packet, the options it is to
 * bear: at most as many bytes as the packet has. Its new length; 0: there is
 * to be no answer. */
MUST_USE uint32_t options_answer(const struct walk *k, uint8_t *answer,
				 uint32_t len);

#endif
