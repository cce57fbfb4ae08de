/* SPDX-License-Identifier: BSD-2-Clause
 *
 * IP with TCP, UDP and ICMP echo, field by field. */
#include "capture/gen_frame.h"

#include <netinet/in.h>
#include <string.h>

#include "capture/inet_sum.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, TTL = 64 };

static uint8_t *put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v);
}

/* A checksum, in the byte order it was summed in. */
static void put_sum(uint8_t *at, uint64_t sum)
{
	uint16_t v = inet_sum_finish(sum);

	memcpy(at, &v, sizeof(v));
}

uint32_t frame_ip_header(unsigned family)
{
	return family == 6 ? IPV6_HEADER : IPV4_HEADER;
}

static void put_ipv4(uint8_t *p, const struct frame_ends *e, uint8_t proto,
		     uint32_t len)
{
	enum { VERSION_IHL = 0x4500, DONT_FRAGMENT = 0x4000 };
	uint8_t *at = put16(p, VERSION_IHL);

	at = put16(at, IPV4_HEADER + len);
	at = put16(at, e->ip_id);
	at = put16(at, DONT_FRAGMENT);
	at = put16(at, (uint32_t)TTL << 8 | proto);
	at = put16(at, 0);
	at = put32(at, e->src);
	put32(at, e->dst);
	put_sum(p + 10, inet_sum(0, p, IPV4_HEADER));
}

static uint8_t *put_address6(uint8_t *p, uint32_t host)
{
	return put32(put32(put32(put32(p, FRAME_NET6), 0), 0), host);
}

static void put_ipv6(uint8_t *p, const struct frame_ends *e, uint8_t proto,
		     uint32_t len)
{
	uint8_t *at = put32(p, UINT32_C(6) << 28);

	at = put16(at, len);
	at = put16(at, (uint32_t)proto << 8 | TTL);
	at = put_address6(at, e->src);
	put_address6(at, e->dst);
}

/* The header before @len bytes. Returns where those begin. */
static uint8_t *put_ip(uint8_t *p, const struct frame_ends *e, uint8_t proto,
		       uint32_t len)
{
	if (e->family == 6)
		put_ipv6(p, e, proto, len);
	else
		put_ipv4(p, e, proto, len);
	return p + frame_ip_header(e->family);
}

static void put_payload(uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)i;
}

/* Of the pseudo header, whose addresses end the IP header at @l4. */
static uint64_t pseudo_sum(const struct frame_ends *e, const uint8_t *l4,
			   uint8_t proto, uint32_t len)
{
	uint32_t addresses = e->family == 6 ? 32 : 8;
	uint8_t rest[4] = {0, proto};

	put16(rest + 2, len);
	return inet_sum(inet_sum(0, l4 - addresses, addresses), rest,
			sizeof(rest));
}

uint32_t frame_tcp(uint8_t *out, const struct frame_ends *e, uint32_t seq,
		   uint32_t ack, uint8_t flags, uint32_t payload)
{
	enum { WINDOW = 65535, MSS_OPTION = 0x0204, MSS = 1500 - 20 };
	uint32_t options = flags & FRAME_SYN ? 4 : 0;
	uint32_t header = FRAME_TCP_HEADER + options, len = header + payload;
	uint8_t *tcp = put_ip(out, e, IPPROTO_TCP, len), *p = tcp;

	p = put16(p, e->src_port);
	p = put16(p, e->dst_port);
	p = put32(p, seq);
	p = put32(p, ack);
	p = put16(p, header / 4 << 12 | flags);
	p = put16(p, WINDOW);
	p = put32(p, 0); /* checksum, urgent pointer */
	if (options)
		p = put16(put16(p, MSS_OPTION),
			  MSS - frame_ip_header(e->family));
	put_payload(p, payload);
	put_sum(tcp + 16,
		inet_sum(pseudo_sum(e, tcp, IPPROTO_TCP, len), tcp, len));
	return frame_ip_header(e->family) + len;
}

uint32_t frame_udp(uint8_t *out, const struct frame_ends *e, uint32_t payload)
{
	uint32_t len = FRAME_UDP_HEADER + payload;
	uint8_t *udp = put_ip(out, e, IPPROTO_UDP, len), *p = udp;

	p = put16(p, e->src_port);
	p = put16(p, e->dst_port);
	p = put16(p, len);
	p = put16(p, 0);
	put_payload(p, payload);
	put_sum(udp + 6,
		inet_sum(pseudo_sum(e, udp, IPPROTO_UDP, len), udp, len));
	if (!udp[6] && !udp[7]) /* zero would mean: none */
		put16(udp + 6, 0xffff);
	return frame_ip_header(e->family) + len;
}

static const struct icmp {
	uint8_t proto, echo[2]; /* type of request, of reply */
} icmp4 = {IPPROTO_ICMP, {8, 0}}, icmp6 = {IPPROTO_ICMPV6, {128, 129}};

uint32_t frame_echo(uint8_t *out, const struct frame_ends *e, bool reply,
		    uint32_t payload)
{
	const struct icmp *of = e->family == 6 ? &icmp6 : &icmp4;
	uint32_t len = FRAME_ICMP_HEADER + payload;
	uint8_t *icmp = put_ip(out, e, of->proto, len), *p = icmp;
	uint64_t sum = 0;

	p = put16(p, (uint32_t)of->echo[reply] << 8);
	p = put16(p, 0);
	p = put16(p, e->src_port);
	p = put16(p, e->dst_port);
	put_payload(p, payload);
	if (e->family == 6)
		sum = pseudo_sum(e, icmp, of->proto, len);
	put_sum(icmp + 2, inet_sum(sum, icmp, len));
	return frame_ip_header(e->family) + len;
}
