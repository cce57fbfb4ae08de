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
	default:
		return NULL;
	}
}

static void say_address(struct text *t, const uint8_t *a)
{
	say(t, " %u.%u.%u.%u", a[0], a[1], a[2], a[3]);
}

/* @l4 NULL: no ports to tell. */
static void say_ends(struct text *t, const uint8_t *ip, const uint8_t *l4)
{
	say_address(t, ip + IPV4_SRC);
	if (l4)
		say(t, ":%u", load16_host(l4 + PORT_SRC));
	say(t, " >");
	say_address(t, ip + IPV4_DST);
	if (l4)
		say(t, ":%u", load16_host(l4 + PORT_DST));
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

static void say_header(struct text *t, const uint8_t *ip)
{
	uint16_t frag = load16_host(ip + IPV4_FRAG);

	if (ip[IPV4_TTL] != 64 && ip[IPV4_TTL] != 63)
		say(t, " ttl %u", ip[IPV4_TTL]);
	say_nonzero(t, "tos", ip[IPV4_TOS]);
	say_nonzero(t, "off", frag & IPV4_OFFSET);
	say(t, "%s%s", frag & IPV4_DF ? " df" : "",
	    frag & IPV4_MF ? " mf" : "");
}

static void print(struct text *t, const uint8_t *ip, uint32_t len,
		  bool is_quote);

static void say_icmp(struct text *t, const uint8_t *l4, uint32_t len)
{
	say(t, " type %u", l4[ICMP_TYPE]);
	say_nonzero(t, "code", l4[ICMP_CODE]);
	if (!icmp_is_error(l4[ICMP_TYPE])) {
		say_nonzero(t, "id", load16_host(l4 + ICMP_ID));
		return;
	}
	say_nonzero(t, "rest", load32_host(l4 + ICMP_ID));
	if (len < ICMP_HEADER + IPV4_HEADER)
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

static bool has_zero_sum(const uint8_t *ip, const uint8_t *l4)
{
	return ip[IPV4_PROTO] == PROTO_UDP && !load16(l4 + UDP_CHECK);
}

static void print(struct text *t, const uint8_t *ip, uint32_t len,
		  bool is_quote)
{
	uint32_t header = (ip[0] & 15u) * 4;
	uint32_t l4_len = len > header ? len - header : 0, payload = l4_len;
	const char *word = proto_word(ip[IPV4_PROTO]);
	const uint8_t *l4 = ip + header;

	if (l4_len < whole_header(ip[IPV4_PROTO]) ||
	    load16_host(ip + IPV4_FRAG) & IPV4_OFFSET)
		word = NULL;
	if (word)
		say(t, "%s", word);
	else
		say(t, "proto %u", ip[IPV4_PROTO]);
	say_ends(t, ip, word && proto_has_ports(ip[IPV4_PROTO]) ? l4 : NULL);
	if (word && ip[IPV4_PROTO] == PROTO_TCP)
		say_tcp(t, l4);
	say_header(t, ip);
	if (word && ip[IPV4_PROTO] == PROTO_SCTP)
		say_sctp(t, l4);
	if (word && ip[IPV4_PROTO] == PROTO_GRE)
		say_gre(t, l4);
	if (word)
		payload -= whole_header(ip[IPV4_PROTO]);
	if (word && ip[IPV4_PROTO] == PROTO_ICMP) {
		if (icmp_is_error(l4[ICMP_TYPE]))
			payload = 0;
		say_icmp(t, l4, l4_len);
	}
	say_nonzero(t, "len", payload);
	if (word && has_zero_sum(ip, l4))
		say(t, " nosum");
	else if (word && !is_quote && !frame_is_sound(ip, len))
		say(t, " badsum");
}

void frame_print(const uint8_t *ip, uint32_t len, char out[FRAME_TEXT])
{
	struct text t = {.out = out};

	*out = '\0';
	print(&t, ip, len, false);
}
