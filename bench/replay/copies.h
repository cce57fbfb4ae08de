/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A capture several times side by side, to have more flows: copy number c has
 * c, read backwards bit by bit, folded into the highest host bits of every
 * address. So copies are far apart, each address stays in its private or test
 * network (10/8, 172.16/12, 192.168/16, 100.64/10, 198.18/15) or else in its
 * /8, and checksums stay as right as they were. Multicast, loopback and
 * 0.0.0.0/8 stay as they are. */
#ifndef NATBENCH_COPIES_H
#define NATBENCH_COPIES_H

#include <stdint.h>

#include "capture/store.h"

enum { COPIES_MOST = 1 << 15 };

/* Moves the ends of a packet, quoted ones included. */
void copies_shift(uint8_t *p, uint32_t len, unsigned copy);

/* store_append() of @n copies, the packet itself the first. 0, or -ENOMEM. */
int copies_append(struct store *s, const struct capture_record *rec,
		  uint16_t iface, unsigned n);

#endif
