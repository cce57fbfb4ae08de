/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets as a line of text, docs/packet-notation.md:
 *
 *	tcp 10.10.1.2:8888 > 192.168.0.102:8080 S seq 100
 *	icmp 192.0.2.1 > 10.0.0.5 unreachable port (udp 10.0.0.5:9 >
 *192.0.2.9:9) udp [2001:db8::1]:5353 > [2001:db8:1::53]:53 len 29
 *
 * Text says what differs from a plain valid packet; lengths and checksums
 * follow from the rest unless the text gives them.
 */
#ifndef NATBENCH_NOTATION_H
#define NATBENCH_NOTATION_H

#include "natcore.h"

enum { NOTATION_MAX = 40 + 65535 }; /* bytes of an IPv6 packet */

/* Text to packet. The packet's length, or -EINVAL (@err names the column and
 * the fault), -ENOSPC (longer than @cap), -ENOMEM. A value '*' counts as the
 * default. */
NAT_MUST_USE int notation_parse(const char *text, uint8_t *buf, size_t cap,
				struct nat_error *err);

enum notation_style {
	NOTATION_EXACT, /* parsing it gives the same bytes, always */
	NOTATION_BRIEF, /* what tells one packet from another */
};

/* Packet to text, as snprintf() does: at most @cap bytes with the NUL, and the
 * length that the whole text has. Any bytes have a text. -ENOMEM. */
NAT_MUST_USE int notation_print(const uint8_t *pkt, size_t len,
				enum notation_style style, char *out,
				size_t cap);

/* 1: @pkt is what @text says, where each '*' takes what @pkt has there.
 * 0: it is not. Negative: as notation_parse(). */
NAT_MUST_USE int notation_match(const char *text, const uint8_t *pkt,
				size_t len, struct nat_error *err);

#endif
