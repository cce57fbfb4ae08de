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

/* The packet leaves: its new connection enters the table (spec 4.3). */
bool conntrack_confirm(struct walk *k);

#endif
