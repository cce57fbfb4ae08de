/* SPDX-License-Identifier: BSD-2-Clause
 * What the router answers to packets of its own. */
#include "decide/local.h"

#include "decide/defrag.h"
#include "decide/emit.h"
#include "decide/path.h"
#include "decide/source.h"
#include "pure/ipv6_ext.h"
#include "pure/packet_ipv6.h"
#include "pure/tcp_options.h"
#include "pure/tuple.h"

enum { PORT_UNREACHABLE = 3, PROTO_UNREACHABLE = 2 };
enum { PORT_UNREACHABLE6 = 4, UNKNOWN_HEADER6 = 1 };
enum { PROTO_PIM = 103 };
enum { SHORTEST_TIMESTAMP = ICMP_HEADER + 4 };

static void unreachable(struct walk *k, const struct packet *about,
			const struct icmp_fault *fault)
{
	struct nat_addr src = packet_dst_addr(&k->p);

	emit_icmp_error_about(k, about, fault, &src);
}

static void port_unreachable(struct walk *k, const struct packet *about)
{
	static const struct icmp_fault fault[] = {
		{ICMP_UNREACHABLE, PORT_UNREACHABLE, 0},
		{ICMP6_UNREACHABLE, PORT_UNREACHABLE6, 0},
	};

	unreachable(k, about, &fault[about->family == 6]);
}

static void proto_unreachable(struct walk *k)
{
	static const struct icmp_fault fault = {ICMP_UNREACHABLE,
						PROTO_UNREACHABLE, 0};

	unreachable(k, &k->p, &fault);
}

/* @named: where. */
static void header_unknown(struct walk *k, uint32_t named)
{
	const struct icmp_fault fault = {ICMP6_PARAMETER, UNKNOWN_HEADER6,
					 named};

	unreachable(k, &k->p, &fault);
}

/* An address that others have too, or a group's, answers with one of the
 * router's own on that link. */
static bool answer_source(const struct walk *k, bool own, struct nat_addr *src)
{
	const struct nat_topology *t = k->w->engine->topology;
	const struct nat_addr none = {{0}};
	struct nat_addr to = packet_src_addr(&k->p);

	*src = packet_dst_addr(&k->p);
	return own || (topology_on_link(t, DEV_LO, k->in_if, &none, &to, 0) &&
		       source6_select(t, k->in_if, &to, src));
}

static void answer_echo(struct walk *k, bool own)
{
	uint16_t id = ++k->w->ip_id;
	struct nat_addr src;
	uint8_t *out;

	if (!answer_source(k, own, &src))
		return;
	out = emit_room(k, k->p.len);
	if (out)
		(own ? emit_local : emit_on_link)(
			k, out, build_echo_reply(out, &k->p, &src, id));
}

static void answer_timestamp(struct walk *k)
{
	uint16_t id = ++k->w->ip_id;
	uint8_t *out;

	if (packet_l4_len(&k->p) < SHORTEST_TIMESTAMP)
		return;
	out = emit_room(k, BUILD_TIMESTAMP_LEN);
	if (out)
		emit_local(k, out,
			   build_timestamp_reply(out, &k->p, id,
						 walk_ms_of_day(k)));
}

/* Closed: every segment but a reset is reset (RFC 9293 3.10.7.1). */
static void answer_tcp(struct walk *k)
{
	enum { ECN = 3 };
	const uint8_t *l4 = packet_l4(&k->p);
	uint32_t header = (uint32_t)(l4[TCP_DOFF] >> 4) * 4;
	uint8_t *out;

	if (l4[TCP_FLAG_BYTE] & TCP_RST ||
	    tcp_options_forbid_reset(l4 + TCP_HEADER, header - TCP_HEADER,
				     k->p.family))
		return;
	out = emit_room(k, build_reset_len(k->p.family));
	if (out)
		emit_local(k, out,
			   build_tcp_reset(out, &k->p,
					   packet_tos(&k->p) & (uint8_t)~ECN));
}

/* Linux looks for a socket without the connection, so that the error has to
 * find it again, and does not where a zone hides it. */
static void port_closed(struct walk *k, const struct packet *about)
{
	struct conn_ref held = k->ct;

	k->ct = (struct conn_ref){0};
	port_unreachable(k, about);
	k->ct = held;
}

/* What follows the datagram in its packet is not quoted. */
static void answer_udp(struct walk *k)
{
	struct packet about = k->p;
	uint32_t len = load16_host(packet_l4(&about) + UDP_LEN);

	if (about.family == 6)
		len = packet_udp6_len(&about);
	about.len = about.l4 + len;
	port_closed(k, &about);
}

/* UDP takes what its header says and no more. */
static struct packet trimmed(const struct packet *p)
{
	struct packet udp = *p;
	uint32_t said;

	if (packet_l4_len(p) < UDP_HEADER)
		return udp;
	said = load16_host(packet_l4(p) + UDP_LEN);
	if (said >= UDP_HEADER && said < packet_l4_len(p))
		udp.len = udp.l4 + said;
	return udp;
}

/* The transport layer's own checks come before any answer; unlike the
 * tracker's they know nothing of flags. */
static bool sound(const struct packet *p)
{
	struct packet udp;
	enum l4_fault f;

	if (p->proto == PROTO_UDP && p->family == PACKET_IPV4) {
		udp = trimmed(p);
		return packet_check_l4(&udp, true) == L4_OK;
	}
	if (p->proto == PROTO_SCTP ||
	    ((p->proto == PROTO_ICMP || p->proto == PROTO_ICMPV6) &&
	     !packet_is_icmp(p)))
		return true; /* not spoken here, whatever it is like */
	if (p->proto == PROTO_UDPLITE)
		return packet_udplite_ok(p);
	if (p->family == 6 && p->proto == PROTO_UDP)
		return packet_udp6_len(p);
	f = packet_check_l4(p, true);
	return f == L4_OK || (f == L4_FLAGS && packet_l4_csum_ok(p));
}

static void answer_icmp(struct walk *k)
{
	enum { FRAGMENTATION_NEEDED = 4 };
	const uint8_t *l4 = packet_l4(&k->p);

	switch (l4[ICMP_TYPE]) {
	case ICMP_ECHO:
		answer_echo(k, true);
		return;
	case ICMP_TIMESTAMP:
		answer_timestamp(k);
		return;
	case ICMP_UNREACHABLE:
		if (l4[ICMP_CODE] == FRAGMENTATION_NEEDED)
			path_mtu_told(k);
		return;
	default:
		return;
	}
}

static void deliver4(struct walk *k)
{
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
		port_closed(k, &k->p);
		return;
	case PROTO_IGMP:
	case PROTO_PIM:
		return;
	default:
		proto_unreachable(k);
	}
}

/* Echo requests are answered whoever else got them. */
static void deliver6(struct walk *k, enum route_verdict to, uint32_t named)
{
	bool own = to == ROUTE_TO_LOCAL;

	switch (k->p.proto) {
	case PROTO_ICMPV6:
		if (packet_l4(&k->p)[ICMP_TYPE] == ICMP6_ECHO)
			answer_echo(k, own);
		else if (packet_l4(&k->p)[ICMP_TYPE] == ICMP6_TOO_BIG)
			path_mtu_told(k);
		return;
	case PROTO_TCP:
		if (own)
			answer_tcp(k);
		return;
	case PROTO_UDP:
		answer_udp(k);
		return;
	case PROTO_UDPLITE:
		port_closed(k, &k->p);
		return;
	case PROTO_PIM:
		return;
	default:
		header_unknown(k, named);
	}
}

/* Where the headers begin that the last node on the way looks at. What was
 * made whole for connection tracking is entered behind the headers that came
 * before its fragments, as if it were what the first of them is. */
static struct ext_place entry(const struct walk *k)
{
	struct ext_place i = ipv6_behind_hop_options(&k->p);

	if (k->reassembled && walk_rules(k)->conntrack)
		i.at = k->whole.first->before;
	return i;
}

/* What its headers ask of the last node on the way. */
static bool headers_ok(struct walk *k, struct ext_place *i)
{
	struct icmp_fault fault = {.type = ICMP6_PARAMETER};
	struct ext_fault f;

	if (ipv6_headers_ok(&k->p, i, &f))
		return true;
	fault.code = f.code;
	fault.rest = f.pointer;
	if (f.tell)
		unreachable(k, &k->p, &fault);
	return false;
}

/* A fragment may come behind any, but once. */
static bool read_headers(struct walk *k, struct ext_place *i)
{
	bool again = k->reassembled;

	while (headers_ok(k, i)) {
		if (k->p.ip[i->named] != EXT_FRAGMENT)
			return true;
		if (!defrag_arrived(k, i, again))
			return false;
		again = true;
	}
	return false;
}

static void arrive6(struct walk *k, enum route_verdict to)
{
	struct ext_place i = entry(k);

	if (!read_headers(k, &i))
		return;
	k->p.l4 = (uint16_t)i.at;
	k->p.proto = k->p.ip[i.named];
	if (sound(&k->p))
		deliver6(k, to, i.named);
}

void local_deliver(struct walk *k, enum route_verdict to)
{
	if (k->p.family == 6) {
		arrive6(k, to);
	} else if (to == ROUTE_TO_LOCAL && sound(&k->p)) {
		deliver4(k);
	}
}
