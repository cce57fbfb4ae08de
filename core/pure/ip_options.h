/* SPDX-License-Identifier: BSD-2-Clause
 *
 * IP options (RFC 791 3.1, RFC 2113, RFC 7126): what a router checks in them
 * and writes into them, on arrival, on departure and into its own answers.
 *
 * The IP checksum covers options, but is made right on departure and not
 * before: what is quoted on the way has it as it came. So does Linux.
 */
#ifndef NAT_IP_OPTIONS_H
#define NAT_IP_OPTIONS_H

#include <stdbool.h>

#include "pure/packet.h"

enum {
	IP_OPTIONS_MAX = 40,
	/* ip_options.done */
	IP_RECORDED = 1 << 0, /* an address in the record route */
	IP_STAMPED = 1 << 1,  /* the timestamp option */
};

/* Options of a packet that arrived: offsets in the header (0: none) and what
 * was found and done. All zero: nothing. */
struct ip_options {
	uint8_t record_route, timestamp, source_route, cipso;
	uint8_t done;
};

/* What the router writes of itself. */
struct ip_visit {
	uint32_t addr;
	uint32_t ms; /* since midnight UT */
	/* is it the address of some host, neither ours nor a broadcast's? */
	bool (*foreign)(const void *ctx, uint32_t addr);
	const void *ctx;
};

/* Checks the options of a packet that arrived and writes the visit into them.
 * @o is all zero. Returns 0, or the offset of the byte that is wrong: @o and
 * the packet are then what they became by the options before it. */
MUST_USE uint8_t ip_options_arrive(const struct packet *p,
				   const struct ip_visit *v,
				   struct ip_options *o);

/* False between an option written and departure; IPv6 has no such sum. */
MUST_USE bool ip_options_sum_ok(const struct packet *p);

/* Before it leaves: the address recorded is that of the exit, and the checksum
 * is right. */
void ip_options_depart(const struct packet *p, const struct ip_options *o,
		       uint32_t exit);

/* Bytes that ip_options_answer() adds; at most the options of the packet. */
uint32_t ip_options_answer_len(const struct packet *p,
			       const struct ip_options *o);

/* Where an answer to @p goes first: back to the last host of its source route,
 * or to its source. In memory order. */
uint32_t ip_options_answer_to(const struct packet *p,
			      const struct ip_options *o);

/* Puts the options that an answer to @p bears into @answer, a datagram of
 * @len bytes without any, and where it goes first; the answer is a visit of its
 * own. A source route is that of @p backwards, to its source. Returns its new
 * length. 0: an option has no room left where it should, so that there is to
 * be no answer. */
MUST_USE uint32_t ip_options_answer(uint8_t *answer, uint32_t len,
				    const struct packet *p,
				    const struct ip_options *o,
				    const struct ip_visit *v);

#endif
