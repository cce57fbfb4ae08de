/* SPDX-License-Identifier: BSD-2-Clause
 *
 * IPv4 with TCP, UDP and ICMP echo, field by field. */
#include "capture/gen_frame.h"

#include <netinet/in.h>
#include <string.h>

#include "capture/inet_sum.h"

enum { IP_HEADER = 20, TCP_HEADER = 20, UDP_HEADER = 8, ICMP_HEADER = 8 };

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

static void put_ip(uint8_t *p, const struct frame_ends *e, uint8_t proto,
		   uint32_t len)
{
	enum { VERSION_IHL = 0x4500, DONT_FRAGMENT = 0x4000, TTL = 64 };
	uint8_t *at = put16(p, VERSION_IHL);

	at = put16(at, len);
	at = put16(at, e->ip_id);
	at = put16(at, DONT_FRAGMENT);
	at = put16(at, (uint32_t)TTL << 8 | proto);
	at = put16(at, 0);
	at = put32(at, e->src);
	put32(at, e->dst);
	put_sum(p + 10, inet_sum(0, p, IP_HEADER));
}

static void put_payload(uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)i;
}

/* Of the pseudo header, whose addresses lie in the IP header. */
static uint64_t pseudo_sum(const uint8_t *ip, uint8_t proto, uint32_t len)
{
	uint8_t rest[4] = {0, proto};

	put16(rest + 2, len);
	return inet_sum(inet_sum(0, ip + 12, 8), rest, sizeof(rest));
}

uint32_t frame_tcp(uint8_t *out, const struct frame_ends *e, uint32_t seq,
		   uint32_t ack, uint8_t flags, uint32_t payload)
{
	enum { WINDOW = 65535, MSS_OPTION = 0x0204, MSS = 1460 };
	uint32_t options = flags & FRAME_SYN ? 4 : 0;
	uint32_t header = TCP_HEADER + options, len = header + payload;
	uint8_t *tcp = out + IP_HEADER, *p = tcp;

	put_ip(out, e, IPPROTO_TCP, IP_HEADER + len);
	p = put16(p, e->src_port);
	p = put16(p, e->dst_port);
	p = put32(p, seq);
	p = put32(p, ack);
	p = put16(p, header / 4 << 12 | flags);
	p = put16(p, WINDOW);
	p = put32(p, 0); /* checksum, urgent pointer */
	if (options)
		p = put16(put16(p, MSS_OPTION), MSS);
	put_payload(p, payload);
	put_sum(tcp + 16,
		inet_sum(pseudo_sum(out, IPPROTO_TCP, len), tcp, len));
	return IP_HEADER + len;
}

uint32_t frame_udp(uint8_t *out, const struct frame_ends *e, uint32_t payload)
{
	uint32_t len = UDP_HEADER + payload;
	uint8_t *udp = out + IP_HEADER, *p = udp;

	put_ip(out, e, IPPROTO_UDP, IP_HEADER + len);
	p = put16(p, e->src_port);
	p = put16(p, e->dst_port);
	p = put16(p, len);
	p = put16(p, 0);
	put_payload(p, payload);
	put_sum(udp + 6, inet_sum(pseudo_sum(out, IPPROTO_UDP, len), udp, len));
	if (!udp[6] && !udp[7]) /* zero would mean: none */
		put16(udp + 6, 0xffff);
	return IP_HEADER + len;
}

uint32_t frame_echo(uint8_t *out, const struct frame_ends *e, bool reply,
		    uint32_t payload)
{
	const uint32_t type = reply ? 0 : 8;
	uint32_t len = ICMP_HEADER + payload;
	uint8_t *icmp = out + IP_HEADER, *p = icmp;

	put_ip(out, e, IPPROTO_ICMP, IP_HEADER + len);
	p = put16(p, type << 8);
	p = put16(p, 0);
	p = put16(p, e->src_port);
	p = put16(p, e->dst_port);
	put_payload(p, payload);
	put_sum(icmp + 2, inet_sum(0, icmp, len));
	return IP_HEADER + len;
}
