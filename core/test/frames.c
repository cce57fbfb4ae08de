/* SPDX-License-Identifier: BSD-2-Clause
 * Datagrams written as text: the parser. What it builds is computed as
 * naively as can be, for the core is judged by it. */
#include "test/frames.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pure/packet.h"
#include "pure/tuple.h"
#include "test/check.h"

enum { MAX_EXT = 8, EXT_LEN = 8, EXT_FRAG = 44 };

/* What the text says, in host order. */
enum { OPTS_MAX = 40 };

struct spec {
	uint32_t proto, sport, dport;
	uint8_t family, src[16], dst[16];
	uint8_t ext[MAX_EXT]; /* extension headers */
	uint32_t n_ext;
	uint32_t ttl, tos, label, ipid, off, nops, len, cut;
	uint32_t flags, seq, ack, win, doff, ulen, sumproto;
	uint32_t type, code, id, rest;
	uint32_t tag, chunk, itag;
	uint32_t version, carries, extopt;
	bool df, mf, evil, badsum, nosum, ones, has_ulen;
	uint8_t opts[OPTS_MAX], ipopts[OPTS_MAX];
	uint32_t opts_len;
	const char *quoted; /* NULL: none */
};

static const struct {
	const char *word;
	size_t at;
} numbers[] = {
	{"ttl", offsetof(struct spec, ttl)},
	{"tos", offsetof(struct spec, tos)},
	{"label", offsetof(struct spec, label)},
	{"ipid", offsetof(struct spec, ipid)},
	{"off", offsetof(struct spec, off)},
	{"nops", offsetof(struct spec, nops)},
	{"extopt", offsetof(struct spec, extopt)},
	{"len", offsetof(struct spec, len)},
	{"cut", offsetof(struct spec, cut)},
	{"seq", offsetof(struct spec, seq)},
	{"ack", offsetof(struct spec, ack)},
	{"win", offsetof(struct spec, win)},
	{"doff", offsetof(struct spec, doff)},
	{"ulen", offsetof(struct spec, ulen)},
	{"sumproto", offsetof(struct spec, sumproto)},
	{"type", offsetof(struct spec, type)},
	{"code", offsetof(struct spec, code)},
	{"id", offsetof(struct spec, id)},
	{"rest", offsetof(struct spec, rest)},
	{"tag", offsetof(struct spec, tag)},
	{"chunk", offsetof(struct spec, chunk)},
	{"itag", offsetof(struct spec, itag)},
	{"version", offsetof(struct spec, version)},
	{"carries", offsetof(struct spec, carries)},
};

static const struct {
	const char *word;
	size_t at;
} flags[] = {
	{"df", offsetof(struct spec, df)},
	{"mf", offsetof(struct spec, mf)},
	{"evil", offsetof(struct spec, evil)},
	{"badsum", offsetof(struct spec, badsum)},
	{"nosum", offsetof(struct spec, nosum)},
	{"ones", offsetof(struct spec, ones)},
};

static bool take_word(const char **text, char *word, size_t size)
{
	size_t n;

	*text += strspn(*text, " ");
	n = strcspn(*text, " ");
	if (!n || n >= size)
		return false;
	memcpy(word, *text, n);
	word[n] = '\0';
	*text += n;
	return true;
}

static bool take_number(const char **text, uint32_t *n)
{
	char word[16], *end;

	if (!take_word(text, word, sizeof(word)))
		return false;
	*n = (uint32_t)strtoul(word, &end, 0);
	return !*end;
}

static bool take_proto(const char **text, struct spec *s)
{
	char word[16];

	if (!take_word(text, word, sizeof(word)))
		return false;
	if (!strcmp(word, "proto"))
		return take_number(text, &s->proto);
	s->proto = !strcmp(word, "icmp")      ? PROTO_ICMP
		   : !strcmp(word, "icmp6")   ? PROTO_ICMPV6
		   : !strcmp(word, "tcp")     ? PROTO_TCP
		   : !strcmp(word, "udp")     ? PROTO_UDP
		   : !strcmp(word, "udplite") ? PROTO_UDPLITE
		   : !strcmp(word, "sctp")    ? PROTO_SCTP
		   : !strcmp(word, "gre")     ? PROTO_GRE
					      : 0;
	return s->proto;
}

/* ADDRESS or ADDRESS:PORT, an IPv6 address in brackets before a port. */
static bool take_end(const char **text, struct spec *s, uint8_t *addr,
		     uint32_t *port)
{
	char word[64], *at = word, *colon;

	if (!take_word(text, word, sizeof(word)))
		return false;
	colon = strrchr(word, ':');
	if (*word == '[') {
		at++;
		colon = strstr(word, "]:");
	} else if (colon && colon != strchr(word, ':')) {
		colon = NULL;
	}
	s->family = strchr(at, ':') && (*word == '[' || !colon) ? 6 : 4;
	if (colon) {
		*port = (uint32_t)strtoul(colon + 1 + (*word == '['), NULL, 10);
		*colon = '\0';
	}
	return inet_pton(s->family == 6 ? AF_INET6 : AF_INET, at, addr) == 1;
}

static bool take_tcp_flags(const char **text, struct spec *s)
{
	static const char letter[] = "FSRPAUEC"; /* from bit 0 */
	char word[16];

	if (!take_word(text, word, sizeof(word)))
		return false;
	for (const char *c = word; *c; c++) {
		const char *at = strchr(letter, *c);

		if (at)
			s->flags |= 1u << (at - letter);
		else if (*c != '.')
			return false;
	}
	return true;
}

/* Whole words, in hexadecimal digits. */
static bool take_opts(const char **text, uint8_t opts[OPTS_MAX], uint32_t *len)
{
	char word[2 * OPTS_MAX + 1];

	if (!take_word(text, word, sizeof(word)))
		return false;
	for (const char *c = word; *c; c += 2) {
		unsigned byte;

		if (!c[1] || sscanf(c, "%2x", &byte) != 1)
			return false;
		opts[(*len)++] = (uint8_t)byte;
	}
	return *len % 4 == 0;
}

static bool take_tcp_opts(const char **text, struct spec *s)
{
	if (!take_opts(text, s->opts, &s->opts_len))
		return false;
	s->doff = (TCP_HEADER + s->opts_len) / 4;
	return true;
}

static bool set_word(struct spec *s, const char *word, const char **text)
{
	if (!strcmp(word, "opts"))
		return take_tcp_opts(text, s);
	if (!strcmp(word, "ipopts"))
		return take_opts(text, s->ipopts, &s->nops);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (strcmp(word, numbers[i].word) != 0)
			continue;
		s->has_ulen |= numbers[i].at == offsetof(struct spec, ulen);
		return take_number(
			text, (uint32_t *)(void *)((char *)s + numbers[i].at));
	}
	if (!strcmp(word, "ext") && s->n_ext < MAX_EXT) {
		uint32_t type;

		if (!take_number(text, &type))
			return false;
		s->ext[s->n_ext++] = (uint8_t)type;
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (!strcmp(word, flags[i].word)) {
			*(bool *)((char *)s + flags[i].at) = true;
			return true;
		}
	return false;
}

/* Fragments of IPv6 have a header for it, last but for others that are said
 * after it. */
static void add_fragment_header(struct spec *s)
{
	if (s->family == 6 && (s->off || s->mf) && s->n_ext < MAX_EXT)
		s->ext[s->n_ext++] = EXT_FRAG;
}

static bool parse_spec(struct spec *s, const char *text)
{
	char word[16];

	*s = (struct spec){.ttl = 64,
			   .win = 10000,
			   .type = ICMP_ECHO,
			   .carries = GRE_PPP,
			   .extopt = 1};
	memset(s->ipopts, 1, sizeof(s->ipopts));
	if (!take_proto(&text, s) || !take_end(&text, s, s->src, &s->sport) ||
	    !take_word(&text, word, sizeof(word)) || strcmp(word, ">") != 0 ||
	    !take_end(&text, s, s->dst, &s->dport))
		return false;
	if (s->proto == PROTO_ICMPV6)
		s->type = ICMP6_ECHO;
	if (s->proto == PROTO_TCP && text[strspn(text, " ")] != 'o' &&
	    !take_tcp_flags(&text, s))
		return false;
	for (;;) {
		text += strspn(text, " ");
		if (*text == '(')
			s->quoted = text + 1;
		if (*text == '(' || !*text) {
			add_fragment_header(s);
			return true;
		}
		if (!take_word(&text, word, sizeof(word)) ||
		    !set_word(s, word, &text))
			return false;
	}
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

uint16_t frame_sum(uint32_t start, const uint8_t *bytes, size_t len)
{
	uint32_t sum = start;

	for (size_t i = 0; i < len; i++) {
		sum += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static uint32_t pseudo_header(const uint8_t *ip, uint32_t proto, uint32_t len)
{
	if (ip[0] >> 4 == 6)
		return frame_sum(proto + len, ip + IPV6_SRC, 32);
	return frame_sum(proto + len, ip + IPV4_SRC, 8);
}

static uint32_t l4_header_len(uint32_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return TCP_HEADER;
	case PROTO_UDP:
	case PROTO_UDPLITE:
	case PROTO_ICMP:
	case PROTO_GRE:
	case PROTO_ICMPV6:
		return UDP_HEADER;
	case PROTO_SCTP:
		return SCTP_HEADER + FRAME_INIT_CHUNK;
	default:
		return 0;
	}
}

/* A packet of one chunk, always as long as an INIT. */
static void put_sctp(const struct spec *s, uint8_t *l4)
{
	uint8_t *chunk = l4 + SCTP_HEADER;

	put32(l4 + SCTP_VTAG, s->tag);
	chunk[0] = (uint8_t)s->chunk;
	put16(chunk + 2, FRAME_INIT_CHUNK);
	put32(chunk + 4, s->itag);
}

static void put_l4(const struct spec *s, uint8_t *l4, uint32_t len)
{
	switch (s->proto) {
	case PROTO_TCP:
		put32(l4 + TCP_SEQ, s->seq);
		put32(l4 + TCP_ACK_SEQ, s->ack);
		l4[TCP_DOFF] = (uint8_t)((s->doff ? s->doff : 5) << 4);
		l4[TCP_FLAG_BYTE] = (uint8_t)s->flags;
		put16(l4 + TCP_WINDOW, s->win);
		break;
	case PROTO_UDP:
		put16(l4 + UDP_LEN, s->has_ulen ? s->ulen : len);
		break;
	case PROTO_UDPLITE:
		put16(l4 + UDP_LEN, s->ulen);
		break;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		l4[ICMP_TYPE] = (uint8_t)s->type;
		l4[ICMP_CODE] = (uint8_t)s->code;
		put32(l4 + ICMP_ID, s->rest);
		if (s->id)
			put16(l4 + ICMP_ID, s->id);
		return;
	case PROTO_SCTP:
		put_sctp(s, l4);
		break;
	case PROTO_GRE:
		l4[GRE_VERSION] = (uint8_t)s->version;
		put16(l4 + GRE_PROTO, s->carries);
		put16(l4 + GRE_CALL, s->id);
		return;
	default:
		return;
	}
	put16(l4 + PORT_SRC, s->sport);
	put16(l4 + PORT_DST, s->dport);
}

/* A bit at a time. */
static uint32_t naive_crc32c(const uint8_t *p, uint32_t len)
{
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void put_crc(uint8_t *l4, uint32_t len)
{
	uint32_t crc;

	memset(l4 + SCTP_CHECK, 0, 4);
	crc = naive_crc32c(l4, len);
	for (int i = 0; i < 4; i++)
		l4[SCTP_CHECK + i] = (uint8_t)(crc >> 8 * i);
}

/* Offset of the checksum; 0: the protocol has none. */
static uint32_t check_at(uint32_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return TCP_CHECK;
	case PROTO_UDP:
	case PROTO_UDPLITE:
		return UDP_CHECK;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		return ICMP_CHECK;
	default:
		return 0;
	}
}

static uint32_t start_sum(const uint8_t *ip, uint32_t proto, uint32_t sumproto,
			  uint32_t len)
{
	if (proto == PROTO_ICMP)
		return 0;
	if (proto == PROTO_UDPLITE && !sumproto)
		return pseudo_header(ip, PROTO_UDP,
				     ip[0] >> 4 == 6 ? len : len & 0xff);
	return pseudo_header(ip, sumproto ? sumproto : proto, len);
}

static void put_l4_sum(const struct spec *s, const uint8_t *ip, uint8_t *l4,
		       uint32_t len)
{
	uint32_t at = check_at(s->proto), covered = len, sum;

	if (s->proto == PROTO_SCTP && !s->nosum) {
		put_crc(l4, len);
		l4[SCTP_CHECK] ^= s->badsum;
	}
	if (!at || s->nosum)
		return;
	if (s->proto == PROTO_UDPLITE && s->ulen && s->ulen < len)
		covered = s->ulen;
	sum = start_sum(ip, s->proto, s->sumproto, len);
	sum = (uint16_t)~frame_sum(sum, l4, covered);
	if (!sum &&
	    (s->proto == PROTO_UDP || s->proto == PROTO_UDPLITE || s->ones))
		sum = 0xffff;
	put16(l4 + at, s->badsum ? sum ^ 0x0100 : sum);
}

static void put_ipv4(const struct spec *s, uint8_t *ip, uint32_t total)
{
	uint32_t header = IPV4_HEADER + s->nops;

	ip[0] = (uint8_t)(0x40 | header / 4);
	ip[IPV4_TOS] = (uint8_t)s->tos;
	put16(ip + IPV4_LEN, total);
	put16(ip + IPV4_ID, s->ipid);
	put16(ip + IPV4_FRAG, s->off | (s->df ? IPV4_DF : 0) |
				      (s->mf ? IPV4_MF : 0) |
				      (s->evil ? 0x8000u : 0));
	ip[IPV4_TTL] = (uint8_t)s->ttl;
	ip[IPV4_PROTO] = (uint8_t)s->proto;
	memcpy(ip + IPV4_SRC, s->src, 4);
	memcpy(ip + IPV4_DST, s->dst, 4);
	memcpy(ip + IPV4_HEADER, s->ipopts, s->nops);
	put16(ip + IPV4_CHECK, (uint16_t)~frame_sum(0, ip, header));
}

/* Eight bytes: options that are padding, a fragment header that says what it
 * has to, zeros. */
static void put_ext(const struct spec *s, uint8_t *at, uint8_t type)
{
	if (type == EXT_FRAG) {
		put16(at + 2, s->off << 3 | s->mf);
		put32(at + 4, s->ipid);
	} else if (type == 0 || type == 60) {
		at[2] = (uint8_t)s->extopt;
		at[3] = EXT_LEN - 4;
	}
}

static void put_ipv6(const struct spec *s, uint8_t *ip, uint32_t total)
{
	uint8_t *next = ip + IPV6_NEXT, *at = ip + IPV6_HEADER;

	put32(ip, 6u << 28 | s->tos << 20 | s->label);
	put16(ip + IPV6_LEN, total - IPV6_HEADER);
	ip[IPV6_HOPS] = (uint8_t)s->ttl;
	memcpy(ip + IPV6_SRC, s->src, 16);
	memcpy(ip + IPV6_DST, s->dst, 16);
	for (uint32_t i = 0; i < s->n_ext; i++, at += EXT_LEN) {
		*next = s->ext[i];
		put_ext(s, at, s->ext[i]);
		next = at;
	}
	*next = (uint8_t)s->proto;
}

static uint32_t header_len(const struct spec *s)
{
	return s->family == 6 ? IPV6_HEADER + s->n_ext * EXT_LEN
			      : IPV4_HEADER + s->nops;
}

static bool build(struct frame *f, const struct spec *s, bool is_quote);

/* The datagram in parentheses. */
static bool put_quoted(const char *text, uint8_t *at, uint32_t *len)
{
	char copy[FRAME_TEXT];
	struct frame f;
	struct spec s;
	size_t n = strlen(text);

	if (!n || text[n - 1] != ')' || n > sizeof(copy))
		return false;
	memcpy(copy, text, n - 1);
	copy[n - 1] = '\0';
	if (!parse_spec(&s, copy) || s.quoted || !build(&f, &s, true))
		return false;
	memcpy(at, f.bytes, f.len);
	*len = f.len;
	return true;
}

static bool build(struct frame *f, const struct spec *s, bool is_quote)
{
	uint32_t header = header_len(s), payload = s->len, l4_len;
	uint8_t *ip = f->bytes, *l4 = ip + header, *body;

	if (s->nops % 4 || s->nops > 40 || payload > FRAME_MAX / 2)
		return false;
	memset(ip, 0, sizeof(f->bytes));
	body = l4 + (s->off ? 0 : l4_header_len(s->proto));
	memcpy(body, s->opts, s->opts_len);
	body += s->opts_len;
	for (uint32_t i = 0; i < payload; i++)
		body[i] = (uint8_t)i;
	if (s->quoted && !put_quoted(s->quoted, body, &payload))
		return false;
	l4_len = (uint32_t)(body - l4) + payload;
	f->len = header + l4_len;
	if (s->family == 6)
		put_ipv6(s, ip, s->cut && !is_quote ? s->cut : f->len);
	else
		put_ipv4(s, ip, s->cut && !is_quote ? s->cut : f->len);
	if (!s->off) {
		put_l4(s, l4, l4_len);
		put_l4_sum(s, ip, l4, l4_len);
	}
	if (s->cut)
		f->len = min_u32(f->len, s->cut);
	return true;
}

bool frame_parse(struct frame *f, const char *text)
{
	struct spec s;

	return parse_spec(&s, text) && build(f, &s, false);
}

struct frame frame_of(const char *text)
{
	struct frame f;

	if (!frame_parse(&f, text))
		fail_msg("no datagram: %s", text);
	return f;
}

static bool crc_is_sound(const uint8_t *l4, uint32_t len)
{
	uint8_t copy[FRAME_MAX];

	if (len > sizeof(copy))
		return false;
	memcpy(copy, l4, len);
	put_crc(copy, len);
	return !memcmp(copy, l4, len);
}

void frame_view(struct packet *p, const uint8_t *ip, uint32_t len)
{
	*p = (struct packet){
		.ip = (uint8_t *)(uintptr_t)ip,
		.len = len,
		.l4 = (uint16_t)((ip[0] & 15u) * 4),
		.frag = load16_host(ip + IPV4_FRAG),
		.family = 4,
		.proto = ip[IPV4_PROTO],
	};
	if (ip[0] >> 4 != 6)
		return;
	p->l4 = IPV6_HEADER;
	p->frag = 0;
	p->family = 6;
	p->proto = ip[IPV6_NEXT];
	while ((p->proto == 0 || p->proto == 43 || p->proto == 60 ||
		p->proto == EXT_FRAG) &&
	       p->l4 + (uint32_t)EXT_LEN <= len) {
		const uint8_t *ext = ip + p->l4;

		if (p->proto == EXT_FRAG) {
			p->frag = load16_host(ext + 2) >> 3;
			if (ext[3] & 1)
				p->frag |= IPV4_MF;
		}
		p->l4 = (uint16_t)(p->l4 +
				   8 * (p->proto == EXT_FRAG ? 1 : ext[1] + 1));
		p->proto = ext[0];
	}
}

uint32_t frame_told_len(const uint8_t *ip)
{
	return ip[0] >> 4 == 6 ? IPV6_HEADER + load16_host(ip + IPV6_LEN)
			       : load16_host(ip + IPV4_LEN);
}

static bool l4_is_sound(const struct packet *p)
{
	const uint8_t *l4 = p->ip + p->l4;
	uint32_t at = check_at(p->proto), len = p->len - p->l4, covered = len;

	if (p->proto == PROTO_SCTP && len >= SCTP_HEADER)
		return crc_is_sound(l4, len);
	if (!at)
		return true;
	if (len < l4_header_len(p->proto))
		return false;
	if (p->proto == PROTO_UDP && !load16(l4 + at))
		return true;
	if (p->proto == PROTO_UDPLITE && load16(l4 + UDP_LEN))
		covered = min_u32(len, load16_host(l4 + UDP_LEN));
	return frame_sum(start_sum(p->ip, p->proto, 0, len), l4, covered) ==
	       0xffff;
}

bool frame_is_sound(const uint8_t *ip, uint32_t len)
{
	struct packet p;

	frame_view(&p, ip, len);
	return len >= p.l4 && frame_told_len(ip) == len &&
	       (p.family == 6 || frame_sum(0, ip, p.l4) == 0xffff) &&
	       (packet_is_fragment(&p) || l4_is_sound(&p));
}
