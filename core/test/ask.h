/* SPDX-License-Identifier: BSD-2-Clause
 * Datagrams that end at an unreadable page, so that a byte read too many ends
 * the test, and all that the core can be asked about them. */
#ifndef TEST_ASK_H
#define TEST_ASK_H

#include "pure/packet.h"

/* A datagram, copied and parsed; refused, the test fails. It lives until the
 * next call. */
struct frame;
struct packet packet_of_frame(const struct frame *f);
struct packet packet_of(const char *text); /* of frame_of() */

/* Makes the sum of an IPv4 header right, as far as there is a header. */
void resum(uint8_t *ip, uint32_t len);
/* Writes @len into the header, if all of it is there, and resums. */
void tell_len(uint8_t *ip, uint32_t len);

/* What is said of plain packets agrees with what is said of all. */
void ask_plain(const struct packet *p, uint32_t len);

/* Everything, of whatever bytes. */
void ask_all(uint8_t *ip, uint32_t len);

/* Everything of the datagram, cut anywhere, told so or not. */
void ask_at_any_length(const char *text);

#endif
