/* SPDX-License-Identifier: BSD-2-Clause
 * Datagrams to text. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

#include "pure/packet.h"
#include "pure/tuple.h"
#include "test/frames.h"

struct text {
	char *out;
	size_t used;
};

static void FORMAT(2, 3) say(struct text *t, const char *format, ...)
{
	size_t room = FRAME_TEXT - t->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->out + t->used, room, format, args);
	va_end(args);
	if (n > 0)
		t->used += min_u32((uint32_t)n, (uint32_t)room - 1);
}

static void say_nonzero(struct text *t, const char *word, uint32_t n)
{
	if (n)
		say(t, " %s %u", word, n);
}

static const char *proto_word(uint8_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return "tcp";
	case PROTO_UDP:
		return "udp";
	case PROTO_UDPLITE:
		return "udplite";
	case PROTO_SCTP:
		return "sctp";
	case PROTO_GRE:
		return "gre";
	case PROTO_ICMP:
		return "icmp";
	case PROTO_ICMPV6:
		return "icmp6";
	default:
		return NULL;
	}
}

static void say_end(struct text *t, const struct packet *p, const uint8_t *a,
		    const uint8_t *port)
{
	bool brackets = p->family == 6 && port;
	char text[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(p->family == 6 ? AF_INET6 : AF_INET, a, text,
			sizeof(text));
	say(t, brackets ? " [%s]" : " %s", text);
	if (port)
		say(t, ":%u", load16_host(port));
}

/* @l4 NULL: no ports to tell. */
static void say_ends(struct text *t, const struct packet *p, const uint8_t *l4)
{
	say_end(t, p, packet_src(p), l4 ? l4 + PORT_SRC : NULL);
	say(t, " >");
	say_end(t, p, packet_dst(p), l4 ? l4 + PORT_DST : NULL);
}

static void say_tcp(struct text *t, const uint8_t *l4)
{
	static const char letter[] = "FSRPAUEC";
	uint8_t flags = l4[TCP_FLAG_BYTE];

	say(t, flags ? " " : " .");
	for (int i = 0; i < 8; i++)
		if (flags >> i & 1)
			say(t, "%c", letter[i]);
	say_nonzero(t, "seq", load32_host(l4 + TCP_SEQ));
	say_nonzero(t, "ack", load32_host(l4 + TCP_ACK_SEQ));
}

static void say_sctp(struct text *t, const uint8_t *l4)
{
	const uint8_t *chunk = l4 + SCTP_HEADER;

	say_nonzero(t, "tag", load32_host(l4 + SCTP_VTAG));
	say_nonzero(t, "chunk", chunk[0]);
	say_nonzero(t, "itag", load32_host(chunk + 4));
}

static void say_gre(struct text *t, const uint8_t *l4)
{
	say_nonzero(t, "version", l4[GRE_VERSION]);
	if (load16_host(l4 + GRE_PROTO) != GRE_PPP)
		say(t, " carries %u", load16_host(l4 + GRE_PROTO));
	say_nonzero(t, "id", load16_host(l4 + GRE_CALL));
}

/* How many bytes they are. */
static uint32_t say_tcp_options(struct text *t, const uint8_t *l4, uint32_t len)
{
	uint32_t header = (uint32_t)(l4[TCP_DOFF] >> 4) * 4;

	if (header <= TCP_HEADER || header > len)
		return 0;
	say(t, " opts ");
	for (uint32_t i = TCP_HEADER; i < header; i++)
		say(t, "%02x", l4[i]);
	return header - TCP_HEADER;
}

/* Extension headers but a fragment's, which has other words. */
static void say_ext(struct text *t, const struct packet *p)
{
	uint8_t next = p->ip[IPV6_NEXT];

	for (uint32_t at = IPV6_HEADER; at < p->l4;
	     next = p->ip[at], at += next == 44 ? 8 : (p->ip[at + 1] + 1u) * 8)
		if (next != 44)
			say(t, " ext %u", next);
}

static void say_header(struct text *t, const struct packet *p)
{
	bool v4 = p->family == 4;

	if (packet_hops(p) != 64 && packet_hops(p) != 63)
		say(t, " ttl %u", packet_hops(p));
	say_nonzero(t, "tos", packet_tos(p));
	if (!v4) {
		say_nonzero(t, "label", load32_host(p->ip) & 0xfffff);
		say_ext(t, p);
	}
	say_nonzero(t, "off", p->frag & IPV4_OFFSET);
	say(t, "%s%s", v4 && p->frag & IPV4_DF ? " df" : "",
	    p->frag & IPV4_MF ? " mf" : "");
}

static void print(struct text *t, const uint8_t *ip, uint32_t len,
		  bool is_quote);

static bool quotes(const struct packet *p)
{
	uint8_t type = packet_l4(p)[ICMP_TYPE];

	return p->family == 6 ? type < ICMP6_INFORMATIONAL
			      : icmp_is_error(type);
}

static void say_icmp(struct text *t, const struct packet *p)
{
	const uint8_t *l4 = packet_l4(p);
	uint32_t len = packet_l4_len(p);

	say(t, " type %u", l4[ICMP_TYPE]);
	say_nonzero(t, "code", l4[ICMP_CODE]);
	if (!quotes(p)) {
		say_nonzero(t, "id", load16_host(l4 + ICMP_ID));
		return;
	}
	say_nonzero(t, "rest", load32_host(l4 + ICMP_ID));
	if (len < ICMP_HEADER + ip_header_len(p->family))
		return;
	say(t, " (");
	print(t, l4 + ICMP_HEADER, len - ICMP_HEADER, true);
	say(t, ")");
}

static uint32_t whole_header(uint8_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return TCP_HEADER;
	case PROTO_SCTP:
		return SCTP_HEADER + FRAME_INIT_CHUNK;
	default:
		return UDP_HEADER;
	}
}

static bool has_zero_sum(const struct packet *p)
{
	return p->proto == PROTO_UDP && !load16(packet_l4(p) + UDP_CHECK);
}

static bool has_ones(const struct packet *p)
{
	return p->proto == PROTO_TCP &&
	       load16(packet_l4(p) + TCP_CHECK) == 0xffff;
}

/* What follows the header, whose protocol @word names. */
static void say_rest(struct text *t, const struct packet *p, const char *word)
{
	uint32_t payload = p->len > p->l4 ? packet_l4_len(p) : 0;

	if (word)
		payload -= whole_header(p->proto);
	if (word && p->proto == PROTO_TCP)
		payload -= say_tcp_options(t, packet_l4(p), packet_l4_len(p));
	if (word && packet_is_icmp(p)) {
		if (quotes(p))
			payload = 0;
		say_icmp(t, p);
	}
	say_nonzero(t, "len", payload);
}

static void print(struct text *t, const uint8_t *ip, uint32_t len,
		  bool is_quote)
{
	const char *word;
	struct packet p;

	frame_view(&p, ip, len);
	word = proto_word(p.proto);
	if (len < p.l4 + whole_header(p.proto) || p.frag & IPV4_OFFSET)
		word = NULL;
	if (word)
		say(t, "%s", word);
	else
		say(t, "proto %u", p.proto);
	say_ends(t, &p,
		 word && proto_has_ports(p.proto) ? packet_l4(&p) : NULL);
	if (word && p.proto == PROTO_TCP)
		say_tcp(t, packet_l4(&p));
	say_header(t, &p);
	if (word && p.proto == PROTO_SCTP)
		say_sctp(t, packet_l4(&p));
	if (word && p.proto == PROTO_GRE)
		say_gre(t, packet_l4(&p));
	say_rest(t, &p, word);
	if (word && has_zero_sum(&p))
		say(t, " nosum");
	else if (word && !is_quote && !frame_is_sound(ip, len))
		say(t, " badsum");
	if (word && has_ones(&p))
		say(t, " ones");
}

void frame_print(const uint8_t *ip, uint32_t len, char out[FRAME_TEXT])
{
	struct text t = {.out = out};

	*out = '\0';
	print(&t, ip, len, false);
}
