/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets that a router makes itself: ICMP errors (RFC 792, 1812 4.3, 4443),
 * echo replies, TCP resets (RFC 9293 3.10.7.1) and fragments (RFC 791). Whole
 * datagrams with valid checksums, written into the caller's buffer.
 */
#ifndef NAT_BUILD_H
#define NAT_BUILD_H

#include "pure/packet.h"

enum { BUILD_TTL = 64 };

/* The most that an ICMP error may be long, and quote of what it is about. */
static inline uint32_t build_error_max(uint8_t family)
{
	return family == 4 ? 576 : IPV6_MTU_MIN;
}

static inline uint32_t build_quote_max(uint8_t family)
{
	return build_error_max(family) - ip_header_len(family) - ICMP_HEADER;
}

static inline uint32_t build_reset_len(uint8_t family)
{
	return ip_header_len(family) + TCP_HEADER;
}

/* What may follow a bad packet: whose quote it is and what is wrong. */
struct icmp_fault {
	uint8_t type, code;
	uint32_t rest; /* the four bytes after the checksum, host order */
};

/* All take the family of the packet they answer. @id is that of an IPv4
 * datagram. */

/* An ICMP error from @src to the sender of @about; @out has room for
 * build_error_max(). Returns its length. */
uint32_t build_icmp_error(uint8_t *out, const struct packet *about,
			  const struct icmp_fault *fault,
			  const struct nat_addr *src, uint16_t id);

/* The answer to an echo request, from @src; @out has room for the header and
 * what the request carries. */
uint32_t build_echo_reply(uint8_t *out, const struct packet *p,
			  const struct nat_addr *src, uint16_t id);

/* The answer to an IPv4 timestamp request at @ms since midnight UT. */
enum { BUILD_TIMESTAMP_LEN = IPV4_HEADER + 20 };
uint32_t build_timestamp_reply(uint8_t *out, const struct packet *p,
			       uint16_t id, uint32_t ms);

/* The reset that answers the segment @p, whose header is complete; @out has
 * room for build_reset_len(). */
uint32_t build_tcp_reset(uint8_t *out, const struct packet *p, uint8_t tos);

#endif
