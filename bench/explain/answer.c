/* SPDX-License-Identifier: BSD-2-Clause
 * Answers, written as text that the notation turns into packets. */
#include "explain/answer.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>

#include "explain/notation.h"

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	ICMP_HEADER = 8,
	FAR_SEQ = 500000, /* where the far end's sequence numbers begin */
	LINE = 200,
};

enum tcp_flag { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

enum { END = INET6_ADDRSTRLEN + 2 };

/* A whole, unfragmented packet; addresses as the notation has them. */
struct received {
	char src[END], dst[END];
	const uint8_t *l4;
	size_t l4_len;
	uint8_t protocol;
	bool icmp; /* that of its IP version */
};

static uint16_t load16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t load32(const uint8_t *p)
{
	return (uint32_t)load16(p) << 16 | load16(p + 2);
}

static void receive_ends(struct received *r, int family, const uint8_t *src,
			 const uint8_t *dst)
{
	bool ports = r->protocol == IPPROTO_TCP || r->protocol == IPPROTO_UDP;
	bool brackets = ports && family == AF_INET6;
	char text[2][INET6_ADDRSTRLEN] = {"", ""};

	(void)inet_ntop(family, src, text[0], sizeof(text[0]));
	(void)inet_ntop(family, dst, text[1], sizeof(text[1]));
	(void)snprintf(r->src, END, brackets ? "[%s]" : "%s", text[0]);
	(void)snprintf(r->dst, END, brackets ? "[%s]" : "%s", text[1]);
}

static bool receive4(struct received *r, const uint8_t *pkt, size_t len)
{
	size_t header = 4 * (size_t)(pkt[0] & 15);

	if (len < IPV4_HEADER || header < IPV4_HEADER || header > len ||
	    load16(pkt + 2) != len || load16(pkt + 6) & 0x3fff)
		return false;
	r->protocol = pkt[9];
	r->icmp = r->protocol == IPPROTO_ICMP;
	r->l4 = pkt + header;
	receive_ends(r, AF_INET, pkt + 12, pkt + 16);
	return true;
}

static bool receive6(struct received *r, const uint8_t *pkt, size_t len)
{
	if (len < IPV6_HEADER || IPV6_HEADER + (size_t)load16(pkt + 4) != len)
		return false;
	r->protocol = pkt[6];
	r->icmp = r->protocol == IPPROTO_ICMPV6;
	r->l4 = pkt + IPV6_HEADER;
	receive_ends(r, AF_INET6, pkt + 8, pkt + 24);
	return true;
}

static bool receive(struct received *r, const uint8_t *pkt, size_t len)
{
	unsigned version = len ? pkt[0] >> 4 : 0;

	if (!(version == 4 && receive4(r, pkt, len)) &&
	    !(version == 6 && receive6(r, pkt, len)))
		return false;
	r->l4_len = (size_t)(pkt + len - r->l4);
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
		uint8_t protocol, query;
		const char *word, *reply;
	} replies[] = {
		{IPPROTO_ICMP, 8, "icmp", "echo-reply"},
		{IPPROTO_ICMP, 13, "icmp", "timestamp-reply"},
		{IPPROTO_ICMP, 15, "icmp", "information-reply"},
		{IPPROTO_ICMP, 17, "icmp", "mask-reply"},
		{IPPROTO_ICMPV6, 128, "icmpv6", "echo-reply"},
	};

	for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++)
		if (r->l4_len >= ICMP_HEADER &&
		    r->protocol == replies[i].protocol &&
		    r->l4[0] == replies[i].query)
			return snprintf(line, LINE,
					"%s %s > %s %s id %u seq %u len %zu",
					replies[i].word, r->dst, r->src,
					replies[i].reply, load16(r->l4 + 4),
					load16(r->l4 + 6),
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
	else if (r.icmp)
		n = answer_icmp(&r, line);
	return n > 0 ? notation_parse(line, out, cap, &err) : 0;
}
