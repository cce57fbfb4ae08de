/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets that a router makes itself: ICMP errors (RFC 792, 1812 4.3), echo
 * replies, TCP resets (RFC 9293 3.10.7.1) and fragments (RFC 791). Whole
 * datagrams with valid checksums, written into the caller's buffer.
 */
#ifndef NAT_BUILD_H
#define NAT_BUILD_H

#include "pure/packet.h"
#include "pure/reassembly.h"

enum {
	BUILD_ERROR_MAX = 576, /* of an ICMP error, quote included */
	BUILD_QUOTE_MAX = BUILD_ERROR_MAX - IPV4_HEADER - ICMP_HEADER,
	BUILD_RESET_LEN = IPV4_HEADER + TCP_HEADER,
	BUILD_TTL = 64,
};

/* What may follow a bad packet: whose quote it is and what is wrong. */
struct icmp_fault {
	uint8_t type, code;
	uint32_t rest; /* the four bytes after the checksum, host order */
};

/* An ICMP error from @src to the sender of @about; @out has room for
 * BUILD_ERROR_MAX. Returns its length. */
uint32_t build_icmp_error(uint8_t *out, const struct packet *about,
			  const struct icmp_fault *fault, uint32_t src,
			  uint16_t id);

/* The answer to an echo request; @out has room for @p->len. */
uint32_t build_echo_reply(uint8_t *out, const struct packet *p, uint16_t id);

/* The answer to a timestamp request at @ms since midnight UT. */
enum { BUILD_TIMESTAMP_LEN = IPV4_HEADER + 20 };
uint32_t build_timestamp_reply(uint8_t *out, const struct packet *p,
			       uint16_t id, uint32_t ms);

/* The reset that answers the segment @p, whose header is complete; @out has
 * room for BUILD_RESET_LEN. */
uint32_t build_tcp_reset(uint8_t *out, const struct packet *p, uint8_t tos);

/* Fragment of @p that begins at payload byte @from, a multiple of 8, and
 * carries @n bytes; @out has room for the header and @n. Options that are not
 * to be copied (RFC 791 3.1) become no-operations but in the first. */
uint32_t build_fragment(uint8_t *out, const struct packet *p, uint32_t from,
			uint32_t n);

/* The datagram of which all is there: the header of its first fragment, every
 * payload in turn. @out has room for build_whole_len(). */
static inline uint32_t build_whole_len(const struct reassembly *r)
{
	return r->first->header + r->total;
}
uint32_t build_whole(uint8_t *out, const struct reassembly *r);

#endif
