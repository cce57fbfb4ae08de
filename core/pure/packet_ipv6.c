/* SPDX-License-Identifier: BSD-2-Clause
 * Bytes to packet: IPv6, and what leads from its header to the next layer. */
#include "pure/packet_ipv6.h"

enum { FRAGMENT_OFFSET = 2, EXT_SHORTEST = 8 };

/* Follows the chain from the IPv6 header; p->ip, len and family are set. A
 * later fragment ends it: what it names is said to be there. */
static void follow_chain(struct packet *p)
{
	uint32_t at = IPV6_HEADER;
	uint8_t next = p->ip[IPV6_NEXT];

	p->frag = IPV4_DF;
	p->lost = false;
	while (ext_is_header(next)) {
		const uint8_t *header = p->ip + at;
		uint32_t n;

		if (p->len - at < 2 ||
		    (next == EXT_FRAGMENT && p->len - at < EXT_SHORTEST)) {
			p->lost = true;
			break;
		}
		n = ext_len(next, header);
		if (next == EXT_FRAGMENT) {
			uint16_t v = load16_host(header + FRAGMENT_OFFSET);

			p->frag |= (uint16_t)(v >> 3 | (v & 1u) << 13);
		}
		next = header[0];
		at += min_u32(n, p->len - at);
		if (p->frag & IPV4_OFFSET)
			break;
	}
	p->lost |= next == EXT_NONE;
	p->proto = next;
	p->l4 = (uint16_t)at;
}

/* Addresses that are never on a wire: a multicast source, a loopback address,
 * groups that do not reach beyond the sender (RFC 4291 2.7). */
static bool addresses_fit(const uint8_t *ip)
{
	static const uint8_t loopback[16] = {[15] = 1};
	enum { MULTICAST = 0xff, SCOPE = 15, SCOPE_INTERFACE = 1 };
	const uint8_t *src = ip + IPV6_SRC, *dst = ip + IPV6_DST;

	return src[0] != MULTICAST &&
	       (dst[0] != MULTICAST || (dst[1] & SCOPE) > SCOPE_INTERFACE) &&
	       memcmp(src, loopback, sizeof(loopback)) != 0 &&
	       memcmp(dst, loopback, sizeof(loopback)) != 0;
}

enum packet_family packet_parse_ipv6(struct packet *p, uint8_t *bytes,
				     uint32_t len)
{
	uint32_t payload;

	if (len < IPV6_HEADER || len - IPV6_HEADER > UINT16_MAX ||
	    !addresses_fit(bytes))
		return PACKET_BAD;
	payload = load16_host(bytes + IPV6_LEN);
	if (payload > len - IPV6_HEADER)
		return PACKET_BAD;
	/* where a jumbo length might be, nothing is trimmed */
	if (payload || bytes[IPV6_NEXT] != EXT_HOP_OPTIONS)
		len = IPV6_HEADER + payload;
	p->ip = bytes;
	p->len = len;
	p->family = PACKET_IPV6;
	follow_chain(p);
	return PACKET_IPV6;
}

/* ------------------------------------------------------------------ ICMPv6 */

enum { /* RFC 4861 4.5, 4.6.3 */
       REDIRECT_OPTIONS = 40,
       OPTION_REDIRECTED = 4,
       OPTION_HEADER = 8,
};

/* A redirect quotes in its first option, other messages after their header. */
static uint32_t quote_offset(const struct packet *p)
{
	if (packet_l4(p)[ICMP_TYPE] == ICMP6_REDIRECT)
		return p->l4 + (uint32_t)REDIRECT_OPTIONS + OPTION_HEADER;
	return p->l4 + (uint32_t)ICMP_HEADER;
}

bool packet_quoted_ipv6(const struct packet *p, struct packet *quoted)
{
	uint32_t at = quote_offset(p);

	if (p->len < at + IPV6_HEADER)
		return false;
	quoted->ip = p->ip + at;
	quoted->len = p->len - at;
	quoted->family = PACKET_IPV6;
	follow_chain(quoted);
	return true;
}

/* A redirect comes from the router next door (RFC 4861 8.1). */
static bool redirect_is_sound(const struct packet *p)
{
	const uint8_t *src = packet_src(p);
	const uint8_t *option = packet_l4(p) + REDIRECT_OPTIONS;

	return src[0] == 0xfe && (src[1] & 0xc0) == 0x80 &&
	       packet_hops(p) == 255 &&
	       packet_l4_len(p) >= REDIRECT_OPTIONS + OPTION_HEADER &&
	       option[0] == OPTION_REDIRECTED && option[1];
}

enum icmp_kind packet_icmp6_kind(const struct packet *p)
{
	const uint8_t *l4 = packet_l4(p);
	uint8_t type = l4[ICMP_TYPE];

	if (type < ICMP6_INFORMATIONAL)
		return ICMP_QUOTES;
	if ((type >= ICMP6_NEIGHBOUR_FIRST && type <= ICMP6_NEIGHBOUR_LAST) ||
	    (type >= ICMP6_MRD_FIRST && type <= ICMP6_MRD_LAST) ||
	    type == ICMP6_MLDV2_REPORT)
		return ICMP_UNTRACKED;
	if (type != ICMP6_REDIRECT || l4[ICMP_CODE])
		return ICMP_PLAIN;
	return redirect_is_sound(p) ? ICMP_QUOTES : ICMP_MALFORMED;
}
