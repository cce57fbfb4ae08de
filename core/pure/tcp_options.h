/* SPDX-License-Identifier: BSD-2-Clause
 * What connection tracking, and who resets, want from TCP options. */
#ifndef NAT_TCP_OPTIONS_H
#define NAT_TCP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util.h"

struct tcp_offer {
	uint8_t flags; /* TCP_WSCALE, TCP_SACK_PERM */
	uint8_t scale; /* at most 14 (RFC 7323 2.3) */
};

/* What a SYN offers. A malformed option ends the walk. */
MUST_USE struct tcp_offer tcp_options_offer(const uint8_t *options,
					    uint32_t len);

/* True for NOP, NOP, timestamp: what most segments of data carry. */
static inline bool tcp_options_are_timestamp(const uint8_t *options,
					     uint32_t len)
{
	static const uint8_t head[] = {1, 1, 8, 10};

	return len == 12 && !memcmp(options, head, sizeof(head));
}

/* The highest right edge of the first well-formed SACK option, if after
 * @ack; else @ack. */
MUST_USE uint32_t tcp_options_sack(const uint8_t *options, uint32_t len,
				   uint32_t ack);

/* True: a signature (RFC 2385), or an authentication (RFC 5925) or something
 * malformed where there would be room for one. Linux resets no such segment,
 * for lack of a key; but over IPv6 an authentication that is alone, and not
 * empty, does not keep it from that. */
MUST_USE bool tcp_options_forbid_reset(const uint8_t *options, uint32_t len,
				       uint8_t family);

#endif
