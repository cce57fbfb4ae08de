/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes to packet: the only place of the core that reads wire bytes. Every
 * function here is given bytes an attacker chose and reads none outside them.
 *
 * Offsets are from the first byte of the IP header. Sources: RFC 791, 768,
 * 792, 4443, 8200, 9293 and what Linux makes of them, spec sections 1.2, 2, 3
 * and 8.
 */
#ifndef NAT_PACKET_H
#define NAT_PACKET_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "natcore.h"
#include "pure/csum.h"
#include "pure/tcp.h"
#include "pure/tuple.h"
#include "util.h"

enum {
	IPV4_HEADER = 20,
	IPV4_DF = 0x4000,
	IPV4_MF = 0x2000,
	IPV4_OFFSET = 0x1fff,
	IPV4_FRAGMENT = 0x7fff, /* them all: without the reserved bit */
	IPV6_HEADER = 40,
	IPV6_MTU_MIN = 1280,
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	ICMP_HEADER = 8,
	SCTP_HEADER = 12,
};

enum { /* offsets in the headers */
       IPV4_TOS = 1,
       IPV4_LEN = 2,
       IPV4_ID = 4,
       IPV4_FRAG = 6,
       IPV4_TTL = 8,
       IPV4_PROTO = 9,
       IPV4_CHECK = 10,
       IPV4_SRC = 12,
       IPV4_DST = 16,
       IPV6_LEN = 4,
       IPV6_NEXT = 6,
       IPV6_HOPS = 7,
       IPV6_SRC = 8,
       IPV6_DST = 24,
       PORT_SRC = 0,
       PORT_DST = 2,
       UDP_LEN = 4,
       UDP_CHECK = 6,
       TCP_SEQ = 4,
       TCP_ACK_SEQ = 8,
       TCP_DOFF = 12,
       TCP_FLAG_BYTE = 13,
       TCP_WINDOW = 14,
       TCP_CHECK = 16,
       ICMP_TYPE = 0,
       ICMP_CODE = 1,
       ICMP_CHECK = 2,
       ICMP_ID = 4,
       ICMP_SEQ = 6,
       SCTP_VTAG = 4,
       SCTP_CHECK = 8,
       GRE_VERSION = 1,
       GRE_PROTO = 2,
       GRE_CALL = 6,
};

enum { /* GRE version 1, as PPTP has it (RFC 2637) */
       GRE_VERSION_MASK = 7,
       GRE_PPTP = 1,
       GRE_PPP = 0x880b, /* what it carries */
       GRE_LEAST = 4,
       GRE_PPTP_LEAST = 8,
};

enum icmp_type {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_REDIRECT = 5,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER = 12,
	ICMP_TIMESTAMP = 13,
	ICMP_TIMESTAMP_REPLY = 14,
	ICMP_INFO = 15,
	ICMP_INFO_REPLY = 16,
	ICMP_ADDRESS = 17,
	ICMP_ADDRESS_REPLY = 18,
	ICMP_LAST_TYPE = ICMP_ADDRESS_REPLY,
};

enum icmp6_type {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER = 4,
	ICMP6_INFORMATIONAL = 128, /* from here on; below are errors */
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_NEIGHBOUR_FIRST = 130, /* MLD, ND */
	ICMP6_NEIGHBOUR_LAST = 136,
	ICMP6_REDIRECT = 137,
	ICMP6_NODE_INFO = 139,
	ICMP6_NODE_INFO_REPLY = 140,
	ICMP6_MLDV2_REPORT = 143,
	ICMP6_MRD_FIRST = 151, /* RFC 4286 */
	ICMP6_MRD_LAST = 152,
};

/* IPv6 in the terms of IPv4: a packet that no router fragments has IPV4_DF,
 * and its fragment header is told in frag. */
struct packet {
	uint8_t *ip;
	uint32_t len;  /* of the datagram; of a quoted one: what is there */
	uint16_t l4;   /* offset of the transport header */
	uint16_t frag; /* host order: IPV4_DF, IPV4_MF, offset / 8 */
	uint8_t family;
	uint8_t proto;
	/* IPv6: what follows the header does not lead to a transport header;
	 * proto is then the last that was named */
	bool lost;
};

static inline uint16_t load16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t load32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint16_t load16_host(const uint8_t *p)
{
	uint16_t v = load16(p);

	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap16(v)
							 : v;
}

static inline uint32_t load32_host(const uint8_t *p)
{
	uint32_t v = load32(p);

	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap32(v)
							 : v;
}

static inline uint8_t *packet_l4(const struct packet *p)
{
	return p->ip + p->l4;
}

static inline uint32_t packet_l4_len(const struct packet *p)
{
	return p->len - p->l4;
}

static inline bool packet_is_multicast6(const struct packet *p)
{
	return p->family == 6 && p->ip[IPV6_DST] == 0xff;
}

/* Without options or extension headers. */
static inline uint32_t ip_header_len(uint8_t family)
{
	return likely(family == 4) ? IPV4_HEADER : IPV6_HEADER;
}

/* Bytes of IPv4 options. */
static inline uint32_t packet_options_len(const struct packet *p)
{
	return likely(p->family == 4) ? p->l4 - (uint32_t)IPV4_HEADER : 0;
}

/* Addresses are as long as the family has them, source before destination. */
static inline uint8_t *packet_src(const struct packet *p)
{
	return p->ip + (likely(p->family == 4) ? IPV4_SRC : IPV6_SRC);
}

static inline uint8_t *packet_dst(const struct packet *p)
{
	return p->ip + (likely(p->family == 4) ? IPV4_DST : IPV6_DST);
}

static inline struct nat_addr load_addr(const uint8_t *field, uint8_t family)
{
	struct nat_addr a = {{0}};

	if (likely(family == 4))
		a.w[0] = load32(field);
	else
		memcpy(&a, field, sizeof(a));
	return a;
}

static inline struct nat_addr packet_src_addr(const struct packet *p)
{
	return load_addr(packet_src(p), p->family);
}

static inline struct nat_addr packet_dst_addr(const struct packet *p)
{
	return load_addr(packet_dst(p), p->family);
}

/* TTL or hop limit. */
static inline uint8_t packet_hops(const struct packet *p)
{
	return p->ip[likely(p->family == 4) ? IPV4_TTL : IPV6_HOPS];
}

/* TOS or traffic class. */
static inline uint8_t packet_tos(const struct packet *p)
{
	if (likely(p->family == 4))
		return p->ip[IPV4_TOS];
	return (uint8_t)(p->ip[0] << 4 | p->ip[1] >> 4);
}

static inline uint8_t icmp_proto(uint8_t family)
{
	return family == 4 ? PROTO_ICMP : PROTO_ICMPV6;
}

/* ICMP of the packet's own family. */
static inline bool packet_is_icmp(const struct packet *p)
{
	return p->proto == icmp_proto(p->family);
}

static inline bool packet_is_fragment(const struct packet *p)
{
	return p->frag & (IPV4_MF | IPV4_OFFSET);
}

enum packet_family { PACKET_BAD = 0, PACKET_IPV4 = 4, PACKET_IPV6 = 6 };

/* What IP itself demands of a received packet (spec 1.2 step 1); sets len to
 * the datagram's. PACKET_BAD: dropped before any hook, as are addresses that
 * an IPv6 packet on a wire cannot have. */
MUST_USE enum packet_family packet_parse(struct packet *p, uint8_t *bytes,
					 uint32_t len);

/* The tuple (spec section 2), zone 0. False: INVALID. */
MUST_USE bool packet_tuple(const struct packet *p, struct nat_tuple *t);

/* The datagram that an ICMP error quotes. False: not parsable. */
MUST_USE bool packet_quoted(const struct packet *p, struct packet *quoted);

/* True for ICMP types that quote a datagram (3 4 5 11 12). */
static inline bool icmp_is_error(uint8_t type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH ||
	       type == ICMP_REDIRECT || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETER;
}

/* How conntrack takes an ICMP message of the packet's family. */
enum icmp_kind {
	ICMP_PLAIN,
	ICMP_QUOTES, /* an error about the datagram that packet_quoted() finds
		      */
	ICMP_UNTRACKED, /* between neighbours */
	ICMP_MALFORMED, /* a redirect that no neighbour sends */
};
MUST_USE enum icmp_kind packet_icmp_kind(const struct packet *p);

/* Why conntrack calls a packet INVALID before it looks at any state. */
enum l4_fault {
	L4_OK,
	L4_SHORT,    /* header incomplete */
	L4_LENGTH,   /* length fields contradict each other */
	L4_CHECKSUM, /* wrong, and verification is on */
	L4_FLAGS,    /* TCP flags no sender combines */
	L4_TYPE,     /* ICMP type unknown */
	L4_FAMILY,   /* ICMP of the other IP version */
	L4_N_FAULTS
};
const char *l4_fault_name(enum l4_fault f);

/* Spec section 3. @verify: nf_conntrack_checksum, at PREROUTING only. */
MUST_USE enum l4_fault packet_check_l4(const struct packet *p, bool verify);

/* Full recomputation says that the L4 checksum is right (or absent), even that
 * of a header cut short. */
bool packet_l4_csum_ok(const struct packet *p);

/* UDP-Lite as RFC 3828 has it, and the router's own sockets. */
bool packet_udplite_ok(const struct packet *p);

/* SCTP's checksum as it is to lie in the header, all of which is there. */
PURE_FN uint32_t packet_sctp_sum(const struct packet *p);
/* Held to be summed over all there is, as whoever does not know its protocol
 * can only do. */
bool packet_whole_sum_ok(const struct packet *p);

/* A UDP datagram over IPv6 as its receiver sees it, not conntrack: the sum is
 * there and covers what UDP says it does (RFC 8200 8.1). Returns how long it
 * says it is; 0: not right. */
uint32_t packet_udp6_len(const struct packet *p);

/* The pseudo-header of an upper layer of @len bytes, to begin a sum with. */
static inline uint64_t packet_pseudo_sum(const struct packet *p, uint8_t proto,
					 uint32_t len)
{
	const uint8_t *src = packet_src(p);
	const uint8_t tail[4] = {(uint8_t)(len >> 16), proto,
				 (uint8_t)(len >> 8), (uint8_t)len};
	uint64_t sum = csum_add(csum_load(src), load32(tail));

	if (unlikely(p->family == 6))
		sum = csum_partial(sum, src + 8, 2 * 16 - 8);
	return sum;
}

/* The TCP header as the tracker wants it, where packet_check_l4() said L4_OK
 * and there is no SYN or FIN... */
static inline void packet_tcp_ack(const struct packet *p, struct tcp_segment *s)
{
	const uint8_t *l4 = packet_l4(p);
	uint32_t header = (uint32_t)(l4[TCP_DOFF] >> 4) * 4;

	s->seq = load32_host(l4 + TCP_SEQ);
	s->ack = load32_host(l4 + TCP_ACK_SEQ);
	s->win = load16_host(l4 + TCP_WINDOW);
	s->flags = l4[TCP_FLAG_BYTE];
	s->end = s->seq + packet_l4_len(p) - header;
	s->options = l4 + TCP_HEADER;
	s->options_len = (uint8_t)(header - TCP_HEADER);
}

/* ...and where there may be. */
static inline void packet_tcp(const struct packet *p, struct tcp_segment *s)
{
	packet_tcp_ack(p, s);
	s->end = tcp_segment_end(s->end, s->flags, 0);
}

/* A datagram with no peculiarities: IPv4 without options, whole, its header
 * sound, all of a TCP or UDP header there. What packet_parse() says of it
 * then needs no looking: header 20 bytes, length as in the header. */
ALWAYS_INLINE bool packet_is_plain(const uint8_t *ip, uint32_t len)
{
	enum { LEAST = IPV4_HEADER + TCP_HEADER };
	const uint64_t protos = UINT64_C(1) << PROTO_TCP | 1 << PROTO_UDP;
	uint32_t total;
	uint64_t sum;

	if (unlikely(len < LEAST || ip[0] != 0x45))
		return false;
	total = load16_host(ip + IPV4_LEN);
	if (unlikely(total > len || total < LEAST ||
		     load16_host(ip + IPV4_FRAG) & (IPV4_MF | IPV4_OFFSET)))
		return false;
	/* one test: which of the two it is no branch can foresee */
	if (unlikely(ip[IPV4_PROTO] > 63 || !(protos >> ip[IPV4_PROTO] & 1)))
		return false;
	sum = csum_add(csum_load(ip), csum_load(ip + 8));
	return likely(csum_right(csum_add(sum, load32(ip + 16))));
}

/* What packet_parse() makes of a plain packet. */
static inline void packet_parse_plain(struct packet *p, uint8_t *ip)
{
	*p = (struct packet){
		.ip = ip,
		.len = load16_host(ip + IPV4_LEN),
		.l4 = IPV4_HEADER,
		.frag = load16_host(ip + IPV4_FRAG),
		.family = PACKET_IPV4,
		.proto = ip[IPV4_PROTO],
	};
}

/* The tuple of a plain packet. */
static inline void packet_plain_tuple(const uint8_t *ip, struct nat_tuple *t)
{
	*t = (struct nat_tuple){
		.src.w[0] = load32(ip + IPV4_SRC),
		.dst.w[0] = load32(ip + IPV4_DST),
		.src_id = load16(ip + IPV4_HEADER + PORT_SRC),
		.dst_id = load16(ip + IPV4_HEADER + PORT_DST),
		.proto = ip[IPV4_PROTO],
		.family = PACKET_IPV4,
	};
}

/* The sum over what the transport checksum of a plain packet covers. The
 * length is that of the header, less what it has itself. */
ALWAYS_INLINE uint64_t packet_plain_sum(const uint8_t *ip, uint32_t len)
{
	/* what is between the protocol and the addresses is left out */
	static const uint8_t covered[LANES_BYTES] = {
		0,    0xff, 0,    0,    0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	return csum_from(ip, len, IPV4_TTL, lanes_load(covered)) +
	       load16(ip + IPV4_LEN) + (uint16_t)~csum_word(IPV4_HEADER);
}

/* A TCP header says how long it is, a UDP header how long all is: no less than
 * the header, which is there, and no more than @len. */
ALWAYS_INLINE bool l4_length_fits(const uint8_t *l4, uint32_t len, bool tcp)
{
	uint32_t header = tcp ? TCP_HEADER : UDP_HEADER;
	uint32_t says =
		tcp ? l4[TCP_DOFF] / 16 * 4u : load16_host(l4 + UDP_LEN);

	return likely(says - header <= len - header); /* huge if too little */
}

/* Of a plain packet: the same, and... */
ALWAYS_INLINE bool packet_plain_l4_fits(const uint8_t *ip, bool tcp)
{
	return l4_length_fits(ip + IPV4_HEADER,
			      load16_host(ip + IPV4_LEN) - IPV4_HEADER, tcp);
}

/* ...the checksum, if it is to be looked at, is right. */
ALWAYS_INLINE bool packet_plain_sum_ok(const uint8_t *ip, bool verify)
{
	uint32_t len = load16_host(ip + IPV4_LEN);

	return unlikely(!verify) ||
	       likely(csum_right(packet_plain_sum(ip, len))) ||
	       (ip[IPV4_PROTO] == PROTO_UDP &&
		!load16(ip + IPV4_HEADER + UDP_CHECK));
}

#endif
