/* SPDX-License-Identifier: BSD-2-Clause
 * Packets that a router makes itself, byte by byte. */
#include "pure/build.h"

#include "pure/build_put.h"
#include "pure/tuple.h"

/* An IP header, of either version. */
struct header {
	struct nat_addr src, dst;
	uint32_t body;     /* bytes after it */
	uint16_t id, frag; /* IPv4 */
	uint8_t family, tos, proto;
};

static void put_ipv4(uint8_t *out, const struct header *h)
{
	memset(out, 0, IPV4_HEADER);
	out[0] = 0x45;
	out[IPV4_TOS] = h->tos;
	put16(out + IPV4_LEN, (uint16_t)(IPV4_HEADER + h->body));
	put16(out + IPV4_ID, h->id);
	put16(out + IPV4_FRAG, h->frag);
	out[IPV4_TTL] = BUILD_TTL;
	out[IPV4_PROTO] = h->proto;
	memcpy(out + IPV4_SRC, h->src.w, 4);
	memcpy(out + IPV4_DST, h->dst.w, 4);
	put_check(out + IPV4_CHECK, csum_partial(0, out, IPV4_HEADER));
}

static void put_ipv6(uint8_t *out, const struct header *h)
{
	put32(out, 6u << 28 | (uint32_t)h->tos << 20);
	put16(out + IPV6_LEN, (uint16_t)h->body);
	out[IPV6_NEXT] = h->proto;
	out[IPV6_HOPS] = BUILD_TTL;
	memcpy(out + IPV6_SRC, &h->src, sizeof(h->src));
	memcpy(out + IPV6_DST, &h->dst, sizeof(h->dst));
}

/* Returns where the body goes. */
static uint8_t *put_header(uint8_t *out, const struct header *h)
{
	if (h->family == 4)
		put_ipv4(out, h);
	else
		put_ipv6(out, h);
	return out + ip_header_len(h->family);
}

/* An answer goes from where the packet went to, back to its sender. */
static struct header answer_to(const struct packet *p, uint8_t proto,
			       uint32_t body)
{
	return (struct header){
		.src = packet_dst_addr(p),
		.dst = packet_src_addr(p),
		.body = body,
		.family = p->family,
		.proto = proto,
	};
}

static uint32_t length(const struct header *h)
{
	return ip_header_len(h->family) + h->body;
}

/* The sum of the body, which begins with its pseudo-header where it has one:
 * all but ICMP. */
static void put_body_check(uint8_t *ip, const struct header *h, uint32_t field)
{
	const struct packet p = {
		.ip = ip, .len = length(h), .family = h->family};
	uint8_t *body = ip + ip_header_len(h->family);
	uint64_t sum = 0;

	memset(body + field, 0, 2);
	if (h->proto != PROTO_ICMP)
		sum = packet_pseudo_sum(&p, h->proto, h->body);
	put_check(body + field, csum_partial(sum, body, h->body));
}

/* Internetwork control has its own precedence in IPv4 (RFC 1812 4.3.2.5). */
static uint8_t error_tos(const struct packet *about)
{
	enum { PRECEDENCE_INTERNETWORK = 0xc0, TOS_KEPT = 0x1e };

	if (about->family != 4)
		return 0;
	return (about->ip[IPV4_TOS] & TOS_KEPT) | PRECEDENCE_INTERNETWORK;
}

uint32_t build_icmp_error(uint8_t *out, const struct packet *about,
			  const struct icmp_fault *fault,
			  const struct nat_addr *src, uint16_t id)
{
	uint32_t quoted = min_u32(about->len, build_quote_max(about->family));
	struct header h = answer_to(about, icmp_proto(about->family),
				    ICMP_HEADER + quoted);
	uint8_t *icmp;

	h.src = *src;
	h.id = id;
	h.tos = error_tos(about);
	icmp = put_header(out, &h);
	icmp[ICMP_TYPE] = fault->type;
	icmp[ICMP_CODE] = fault->code;
	put32(icmp + ICMP_ID, fault->rest);
	memcpy(icmp + ICMP_HEADER, about->ip, quoted);
	put_body_check(out, &h, ICMP_CHECK);
	return length(&h);
}

uint32_t build_echo_reply(uint8_t *out, const struct packet *p,
			  const struct nat_addr *src, uint16_t id)
{
	struct header h = answer_to(p, icmp_proto(p->family), packet_l4_len(p));
	uint8_t *icmp;

	h.src = *src;
	h.id = id;
	h.tos = packet_tos(p);
	icmp = put_header(out, &h);
	memcpy(icmp, packet_l4(p), h.body);
	icmp[ICMP_TYPE] = p->family == 4 ? (uint8_t)ICMP_ECHO_REPLY
					 : (uint8_t)ICMP6_ECHO_REPLY;
	put_body_check(out, &h, ICMP_CHECK);
	return length(&h);
}

uint32_t build_timestamp_reply(uint8_t *out, const struct packet *p,
			       uint16_t id, uint32_t ms)
{
	enum { BODY = BUILD_TIMESTAMP_LEN - IPV4_HEADER };
	enum { ORIGINATE = 8, RECEIVE = 12, TRANSMIT = 16 };
	struct header h = answer_to(p, PROTO_ICMP, BODY);
	uint8_t *icmp;

	h.id = id;
	h.tos = packet_tos(p);
	icmp = put_header(out, &h);
	memset(icmp, 0, BODY);
	memcpy(icmp, packet_l4(p), min_u32(packet_l4_len(p), RECEIVE));
	icmp[ICMP_TYPE] = ICMP_TIMESTAMP_REPLY;
	put32(icmp + RECEIVE, ms);
	put32(icmp + TRANSMIT, ms);
	put_body_check(out, &h, ICMP_CHECK);
	return BUILD_TIMESTAMP_LEN;
}

uint32_t build_tcp_reset(uint8_t *out, const struct packet *p, uint8_t tos)
{
	struct header h = answer_to(p, PROTO_TCP, TCP_HEADER);
	const uint8_t *in = packet_l4(p);
	struct tcp_segment g;
	uint8_t *tcp;

	packet_tcp(p, &g);
	h.tos = tos;
	h.frag = IPV4_DF;
	tcp = put_header(out, &h);
	memset(tcp, 0, TCP_HEADER);
	memcpy(tcp + PORT_SRC, in + PORT_DST, 2);
	memcpy(tcp + PORT_DST, in + PORT_SRC, 2);
	tcp[TCP_DOFF] = TCP_HEADER / 4 << 4;
	tcp[TCP_FLAG_BYTE] = TCP_RST;
	if (g.flags & TCP_ACK) {
		put32(tcp + TCP_SEQ, g.ack);
	} else {
		tcp[TCP_FLAG_BYTE] |= TCP_ACK;
		put32(tcp + TCP_ACK_SEQ, g.end);
	}
	put_body_check(out, &h, TCP_CHECK);
	return length(&h);
}
