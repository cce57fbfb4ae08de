/* SPDX-License-Identifier: BSD-2-Clause
 * What packet.c asks about IPv6: header, extension headers (RFC 8200 4) and
 * the quotes of ICMPv6. */
#ifndef NAT_PACKET_IPV6_H
#define NAT_PACKET_IPV6_H

#include "pure/packet.h"

enum { /* next headers that are followed */
       EXT_HOP_OPTIONS = 0,
       EXT_ROUTING = 43,
       EXT_FRAGMENT = 44,
       EXT_AUTH = 51,
       EXT_NONE = 59,
       EXT_DEST_OPTIONS = 60,
};

static inline bool ext_is_header(uint8_t next)
{
	return next == EXT_HOP_OPTIONS || next == EXT_ROUTING ||
	       next == EXT_FRAGMENT || next == EXT_AUTH ||
	       next == EXT_DEST_OPTIONS;
}

/* Length of the extension header @next at @header, of which two bytes are
 * there. */
static inline uint32_t ext_len(uint8_t next, const uint8_t *header)
{
	if (next == EXT_FRAGMENT)
		return 8;
	return next == EXT_AUTH ? (header[1] + 2u) * 4 : (header[1] + 1u) * 8;
}

MUST_USE enum packet_family packet_parse_ipv6(struct packet *p, uint8_t *bytes,
					      uint32_t len);
MUST_USE bool packet_quoted_ipv6(const struct packet *p, struct packet *quoted);
MUST_USE enum icmp_kind packet_icmp6_kind(const struct packet *p);

#endif
