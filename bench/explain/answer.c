/* SPDX-License-Identifier: BSD-2-Clause
 * Answers, written as text that the notation turns into packets. */
#include "explain/answer.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>

#include "explain/notation.h"

enum {
	IP_HEADER = 20,
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	ICMP_HEADER = 8,
	FAR_SEQ = 500000, /* where the far end's sequence numbers begin */
	LINE = 200,
};

enum tcp_flag { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* A whole, unfragmented IPv4 packet. */
struct received {
	char src[INET_ADDRSTRLEN], dst[INET_ADDRSTRLEN];
	const uint8_t *l4;
	size_t l4_len;
	uint8_t protocol;
};

static uint16_t load16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t load32(const uint8_t *p)
{
	return (uint32_t)load16(p) << 16 | load16(p + 2);
}

static bool receive(struct received *r, const uint8_t *pkt, size_t len)
{
	size_t header = len ? 4 * (size_t)(pkt[0] & 15) : 0;

	if (len < IP_HEADER || pkt[0] >> 4 != 4 || header < IP_HEADER ||
	    header > len || load16(pkt + 2) != len || load16(pkt + 6) & 0x3fff)
		return false;
	inet_ntop(AF_INET, pkt + 12, r->src, sizeof(r->src));
	inet_ntop(AF_INET, pkt + 16, r->dst, sizeof(r->dst));
	r->l4 = pkt + header;
	r->l4_len = len - header;
	r->protocol = pkt[9];
	return true;
}

/* The other side of a segment: a SYN is accepted, data and FIN acknowledged,
 * a FIN returned. Bare acknowledgements and resets end the talk. */
static int answer_tcp(const struct received *r, char line[LINE])
{
	const uint8_t *tcp = r->l4;
	size_t header = r->l4_len < TCP_HEADER ? 0 : 4 * (size_t)(tcp[12] >> 4);
	uint32_t seq = FAR_SEQ, ack;
	const char *flags = "A";

	if (header < TCP_HEADER || header > r->l4_len || tcp[13] & RST)
		return 0;
	ack = load32(tcp + 4) + (uint32_t)(r->l4_len - header);
	ack += (tcp[13] & SYN ? 1u : 0) + (tcp[13] & FIN ? 1u : 0);
	if (ack == load32(tcp + 4))
		return 0;
	if (tcp[13] & ACK)
		seq = load32(tcp + 8);
	if (tcp[13] & SYN)
		flags = tcp[13] & ACK ? "A" : "SA";
	else if (tcp[13] & FIN)
		flags = "FA";
	return snprintf(line, LINE, "tcp %s:%u > %s:%u %s seq %u ack %u",
			r->dst, load16(tcp + 2), r->src, load16(tcp), flags,
			seq, ack);
}

static int answer_udp(const struct received *r, char line[LINE])
{
	if (r->l4_len < UDP_HEADER)
		return 0;
	return snprintf(line, LINE, "udp %s:%u > %s:%u len %zu", r->dst,
			load16(r->l4 + 2), r->src, load16(r->l4),
			r->l4_len - UDP_HEADER);
}

static int answer_icmp(const struct received *r, char line[LINE])
{
	static const struct {
		uint8_t query;
		const char *reply;
	} replies[] = {
		{8, "echo-reply"},
		{13, "timestamp-reply"},
		{15, "information-reply"},
		{17, "mask-reply"},
	};

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		if (r->l4_len >= ICMP_HEADER && r->l4[0] == replies[i].query)
			return snprintf(line, LINE,
					"icmp %s > %s %s id %u seq %u len %zu",
					r->dst, r->src, replies[i].reply,
					load16(r->l4 + 4), load16(r->l4 + 6),
					r->l4_len - ICMP_HEADER);
	return 0;
}

int answer_to(const uint8_t *pkt, size_t len, uint8_t *out, size_t cap)
{
	struct received r;
	struct nat_error err;
	char line[LINE];
	int n = 0;

	if (!receive(&r, pkt, len))
		return 0;
	if (r.protocol == IPPROTO_TCP)
		n = answer_tcp(&r, line);
	else if (r.protocol == IPPROTO_UDP)
		n = answer_udp(&r, line);
	else if (r.protocol == IPPROTO_ICMP)
		n = answer_icmp(&r, line);
	return n > 0 ? notation_parse(line, out, cap, &err) : 0;
}
