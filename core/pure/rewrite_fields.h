/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Header fields that rules change, with the sums that cover them. As in
 * pure/rewrite.h, sums are updated by difference.
 */
#ifndef NAT_REWRITE_FIELDS_H
#define NAT_REWRITE_FIELDS_H

#include "pure/packet.h"

/* TOS or traffic class. */
void rewrite_tos(const struct packet *p, uint8_t tos);
/* TTL or hop limit. */
void rewrite_hops(const struct packet *p, uint8_t hops);

/* A sum of TCP that is zero becomes its other zero. */
void rewrite_tcp_zero_sum(const struct packet *p);

enum { TCP_MSS_OPTION = 4 }; /* bytes */

/* Where the MSS option is in @l4, a TCP header of @header bytes; 0: nowhere.
 * Linux looks behind the end of options, too. */
uint32_t tcp_find_mss(const uint8_t *l4, uint32_t header);

/* The value of the option at @at becomes @mss, in host order. */
void rewrite_mss(const struct packet *p, uint32_t at, uint16_t mss);

/* An option more, before the others. Context: the packet ends with its TCP
 * header, and there are TCP_MSS_OPTION bytes behind it. */
void rewrite_insert_mss(struct packet *p, uint16_t mss);

#endif
