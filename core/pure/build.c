/* SPDX-License-Identifier: BSD-2-Clause
 * Packets that a router makes itself, byte by byte. */
#include "pure/build.h"

#include "pure/csum.h"
#include "pure/tuple.h"

static void put16(uint8_t *p, uint16_t host)
{
	p[0] = (uint8_t)(host >> 8);
	p[1] = (uint8_t)host;
}

static void put32(uint8_t *p, uint32_t host)
{
	put16(p, (uint16_t)(host >> 16));
	put16(p + 2, (uint16_t)host);
}

static void put_check(uint8_t *field, uint64_t sum)
{
	uint16_t check = csum_finish(sum);

	memcpy(field, &check, sizeof(check));
}

struct ipv4 {
	uint32_t src, dst;
	uint16_t len, id, frag;
	uint8_t tos, proto;
};

static void put_ipv4(uint8_t *out, const struct ipv4 *h)
{
	memset(out, 0, IPV4_HEADER);
	out[0] = 0x45;
	out[IPV4_TOS] = h->tos;
	put16(out + IPV4_LEN, h->len);
	put16(out + IPV4_ID, h->id);
	put16(out + IPV4_FRAG, h->frag);
	out[IPV4_TTL] = BUILD_TTL;
	out[IPV4_PROTO] = h->proto;
	memcpy(out + IPV4_SRC, &h->src, sizeof(h->src));
	memcpy(out + IPV4_DST, &h->dst, sizeof(h->dst));
	put_check(out + IPV4_CHECK, csum_partial(0, out, IPV4_HEADER));
}

/* An answer goes from where the packet went to, back to its sender. */
static struct ipv4 answer_to(const struct packet *p, uint8_t proto,
			     uint32_t len)
{
	return (struct ipv4){
		.src = load32(p->ip + IPV4_DST),
		.dst = load32(p->ip + IPV4_SRC),
		.len = (uint16_t)len,
		.proto = proto,
	};
}

static void put_icmp_check(uint8_t *icmp, uint32_t len)
{
	memset(icmp + ICMP_CHECK, 0, 2);
	put_check(icmp + ICMP_CHECK, csum_partial(0, icmp, len));
}

uint32_t build_icmp_error(uint8_t *out, const struct packet *about,
			  const struct icmp_fault *fault, uint32_t src,
			  uint16_t id)
{
	enum { PRECEDENCE_INTERNETWORK = 0xc0, TOS_KEPT = 0x1e };
	uint32_t quoted = min_u32(about->len, BUILD_QUOTE_MAX);
	uint32_t len = IPV4_HEADER + ICMP_HEADER + quoted;
	struct ipv4 h = answer_to(about, PROTO_ICMP, len);
	uint8_t *icmp = out + IPV4_HEADER;

	h.src = src;
	h.id = id;
	h.tos = (about->ip[IPV4_TOS] & TOS_KEPT) | PRECEDENCE_INTERNETWORK;
	put_ipv4(out, &h);
	icmp[ICMP_TYPE] = fault->type;
	icmp[ICMP_CODE] = fault->code;
	put32(icmp + ICMP_ID, fault->rest);
	memcpy(icmp + ICMP_HEADER, about->ip, quoted);
	put_icmp_check(icmp, ICMP_HEADER + quoted);
	return len;
}

uint32_t build_echo_reply(uint8_t *out, const struct packet *p, uint16_t id)
{
	uint32_t body = packet_l4_len(p);
	struct ipv4 h = answer_to(p, PROTO_ICMP, IPV4_HEADER + body);
	uint8_t *icmp = out + IPV4_HEADER;

	h.id = id;
	h.tos = p->ip[IPV4_TOS];
	put_ipv4(out, &h);
	memcpy(icmp, packet_l4(p), body);
	icmp[ICMP_TYPE] = ICMP_ECHO_REPLY;
	put_icmp_check(icmp, body);
	return IPV4_HEADER + body;
}

uint32_t build_timestamp_reply(uint8_t *out, const struct packet *p,
			       uint16_t id, uint32_t ms)
{
	enum { BODY = BUILD_TIMESTAMP_LEN - IPV4_HEADER };
	enum { ORIGINATE = 8, RECEIVE = 12, TRANSMIT = 16 };
	struct ipv4 h = answer_to(p, PROTO_ICMP, BUILD_TIMESTAMP_LEN);
	uint8_t *icmp = out + IPV4_HEADER;

	h.id = id;
	h.tos = p->ip[IPV4_TOS];
	put_ipv4(out, &h);
	memset(icmp, 0, BODY);
	memcpy(icmp, packet_l4(p), min_u32(packet_l4_len(p), RECEIVE));
	icmp[ICMP_TYPE] = ICMP_TIMESTAMP_REPLY;
	put32(icmp + RECEIVE, ms);
	put32(icmp + TRANSMIT, ms);
	put_icmp_check(icmp, BODY);
	return BUILD_TIMESTAMP_LEN;
}

static void put_tcp_check(uint8_t *ip)
{
	uint8_t *tcp = ip + IPV4_HEADER;
	const uint8_t pseudo[4] = {0, PROTO_TCP, 0, TCP_HEADER};
	uint64_t sum = (uint64_t)load32(ip + IPV4_SRC) + load32(pseudo);

	sum += load32(ip + IPV4_DST);
	put_check(tcp + TCP_CHECK, csum_partial(sum, tcp, TCP_HEADER));
}

uint32_t build_tcp_reset(uint8_t *out, const struct packet *p, uint8_t tos)
{
	struct ipv4 h = answer_to(p, PROTO_TCP, BUILD_RESET_LEN);
	const uint8_t *in = packet_l4(p);
	uint8_t *tcp = out + IPV4_HEADER;
	struct tcp_segment g;

	packet_tcp(p, &g);
	h.tos = tos;
	h.frag = IPV4_DF;
	put_ipv4(out, &h);
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
	put_tcp_check(out);
	return BUILD_RESET_LEN;
}

/* RFC 791: the high bit of an option says that every fragment has it. */
static void blank_uncopied_options(uint8_t *ip, uint32_t header)
{
	enum { END = 0, NOP = 1, COPIED = 0x80 };

	for (uint32_t i = IPV4_HEADER; i < header && ip[i] != END;) {
		uint32_t n = 1;

		if (ip[i] != NOP) {
			n = i + 1 < header ? ip[i + 1] : 0;
			if (n < 2 || i + n > header)
				return;
		}
		if (!(ip[i] & COPIED))
			memset(ip + i, NOP, n);
		i += n;
	}
}

uint32_t build_fragment(uint8_t *out, const struct packet *p, uint32_t from,
			uint32_t n)
{
	uint32_t header = p->l4;
	uint16_t frag = (uint16_t)(p->frag + from / 8);

	memcpy(out, p->ip, header);
	memcpy(out + header, p->ip + header + from, n);
	if (from)
		blank_uncopied_options(out, header);
	if (from + n < packet_l4_len(p))
		frag |= IPV4_MF;
	put16(out + IPV4_FRAG, frag);
	put16(out + IPV4_LEN, (uint16_t)(header + n));
	memset(out + IPV4_CHECK, 0, 2);
	put_check(out + IPV4_CHECK, csum_partial(0, out, header));
	return header + n;
}

uint32_t build_whole(uint8_t *out, const struct reassembly *r)
{
	const struct piece *head = r->first;
	uint32_t len = build_whole_len(r);

	memcpy(out, head->bytes, head->header);
	for (const struct piece *p = head; p; p = p->next)
		memcpy(out + head->header + p->offset, p->bytes + p->header,
		       p->len);
	if (reassembly_congested(r))
		out[IPV4_TOS] |= ECN_CE;
	put16(out + IPV4_LEN, (uint16_t)len);
	put16(out + IPV4_FRAG, reassembly_df(r) ? IPV4_DF : 0);
	memset(out + IPV4_CHECK, 0, 2);
	put_check(out + IPV4_CHECK, csum_partial(0, out, head->header));
	return len;
}
