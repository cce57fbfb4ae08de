/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connection tracking at PREROUTING and OUTPUT, and confirmation at
 * POSTROUTING and INPUT (spec 1.5, 3, 4).
 */
#ifndef NAT_CONNTRACK_H
#define NAT_CONNTRACK_H

#include "decide/walk.h"

/* Finds or makes the packet's connection and lets its protocol's tracker
 * judge the packet. INVALID packets go on without one. @verify: look at
 * transport checksums. False: dropped, the table is full. */
bool conntrack_in(struct walk *k, bool verify);

/* Would a plain packet, whose sum is right, begin a connection? A datagram
 * does, and of segments a SYN. */
static inline bool conntrack_opens(const struct packet *p)
{
	const uint8_t ends = TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN;
	bool tcp = p->proto == PROTO_TCP;

	return packet_plain_l4_fits(p->ip, tcp) &&
	       (!tcp || (packet_l4(p)[TCP_FLAG_BYTE] & ends) == TCP_SYN);
}

/* Makes the connection that such a packet begins, where conns_are_plain() and
 * there is none. conn NULL: not so simple; nothing has changed. */
struct conn_ref conntrack_open(struct nat_worker *w, const struct packet *p,
			       uint64_t hash);

/* The packet leaves: its new connection enters the table (spec 4.3). */
bool conntrack_confirm(struct walk *k);

#endif
