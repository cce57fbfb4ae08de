/* SPDX-License-Identifier: BSD-2-Clause
 * What the router answers to packets of its own. */
#include "decide/local.h"

#include "decide/emit.h"
#include "pure/tuple.h"

enum { PORT_UNREACHABLE = 3, PROTO_UNREACHABLE = 2 };
enum { PROTO_PIM = 103 };
enum { SHORTEST_TIMESTAMP = ICMP_HEADER + 4 };

static void unreachable(struct walk *k, const struct packet *about,
			uint8_t code)
{
	const struct icmp_fault fault = {ICMP_UNREACHABLE, code, 0};

	emit_icmp_error_about(k, about, &fault, load32(k->p.ip + IPV4_DST));
}

static void answer_icmp(struct walk *k)
{
	uint16_t id = ++k->w->ip_id;
	uint8_t *out;

	switch (packet_l4(&k->p)[ICMP_TYPE]) {
	case ICMP_ECHO:
		out = emit_room(k, k->p.len);
		if (out)
			emit_local(k, out, build_echo_reply(out, &k->p, id));
		return;
	case ICMP_TIMESTAMP:
		if (packet_l4_len(&k->p) < SHORTEST_TIMESTAMP)
			return;
		out = emit_room(k, BUILD_TIMESTAMP_LEN);
		if (out)
			emit_local(k, out,
				   build_timestamp_reply(out, &k->p, id,
							 walk_ms_of_day(k)));
		return;
	default:
		return;
	}
}

/* Closed: every segment but a reset is reset (RFC 9293 3.10.7.1). */
static void answer_tcp(struct walk *k)
{
	enum { ECN = 3 };
	const uint8_t *l4 = packet_l4(&k->p);
	uint8_t *out;

	if (l4[TCP_FLAG_BYTE] & TCP_RST)
		return;
	out = emit_room(k, BUILD_RESET_LEN);
	if (out)
		emit_local(k, out,
			   build_tcp_reset(out, &k->p,
					   k->p.ip[IPV4_TOS] & (uint8_t)~ECN));
}

/* Closed. What follows the datagram in its packet is not quoted. Linux looks
 * for a socket without the connection, so that the error has to find it again,
 * and does not where a zone hides it. */
static void answer_udp(struct walk *k)
{
	struct conn_ref held = k->ct;
	struct packet about = k->p;

	about.len =
		about.l4 + (uint32_t)load16_host(packet_l4(&about) + UDP_LEN);
	k->ct = (struct conn_ref){0};
	unreachable(k, &about, PORT_UNREACHABLE);
	k->ct = held;
}

/* The transport layer's own checks come before any answer; unlike the
 * tracker's they know nothing of flags. */
static bool sound(const struct packet *p)
{
	enum l4_fault f;

	if (p->proto == PROTO_SCTP) /* not spoken here */
		return true;
	if (p->proto == PROTO_UDPLITE)
		return packet_udplite_ok(p);
	f = packet_check_l4(p, true);
	return f == L4_OK || (f == L4_FLAGS && packet_l4_csum_ok(p));
}

void local_deliver(struct walk *k)
{
	if (k->p.frag & (IPV4_MF | IPV4_OFFSET) || !sound(&k->p))
		return;
	switch (k->p.proto) {
	case PROTO_ICMP:
		answer_icmp(k);
		return;
	case PROTO_TCP:
		answer_tcp(k);
		return;
	case PROTO_UDP:
		answer_udp(k);
		return;
	case PROTO_UDPLITE:
		unreachable(k, &k->p, PORT_UNREACHABLE);
		return;
	case PROTO_IGMP:
	case PROTO_PIM:
		return;
	default:
		unreachable(k, &k->p, PROTO_UNREACHABLE);
	}
}
