/* SPDX-License-Identifier: BSD-2-Clause
 * Packets that the router sends because of another. */
#include "decide/emit.h"

#include <stdlib.h>

#include "decide/options.h"
#include "decide/path.h"
#include "decide/trace.h"
#include "pure/rewrite_fields.h"

/* Bytes live in blocks that never move, for walks point into them. */
struct emit_block {
	struct emit_block *next;
	size_t used;
	uint8_t bytes[2 * 65536];
};

void emit_reset(struct originated *o)
{
	o->n = 0;
	for (struct emit_block *b = o->blocks; b; b = b->next)
		b->used = 0;
}

void emit_fini(struct originated *o)
{
	while (o->blocks) {
		struct emit_block *b = o->blocks;

		o->blocks = b->next;
		free(b);
	}
	free(o->pkt);
	o->pkt = NULL;
}

uint8_t *emit_room(struct walk *k, uint32_t len)
{
	struct originated *o = &k->w->originated;
	struct emit_block *b = o->blocks;

	len += packet_options_len(&k->p);
	while (b && sizeof(b->bytes) - b->used < len)
		b = b->next;
	if (!b) {
		b = malloc(sizeof(*b));
		if (!b)
			return NULL;
		b->used = 0;
		b->next = o->blocks;
		o->blocks = b;
	}
	b->used += len;
	return b->bytes + b->used - len;
}

void emit_packet(const struct walk *k)
{
	struct originated *o = &k->w->originated;

	if (o->n == o->room) {
		size_t room = o->room ? 2 * o->room : 64;
		struct nat_packet *p = realloc(o->pkt, room * sizeof(*p));

		if (!p)
			return;
		o->pkt = p;
		o->room = room;
	}
	o->pkt[o->n++] = (struct nat_packet){
		.data = k->p.ip,
		.len = k->p.len,
		.mark = k->mark,
		.in_if = NAT_NO_IF,
		.out_if = k->out_if,
		.verdict = NAT_FORWARD,
		.state = k->state,
		.dir = k->ct.dir,
		.manip = k->manip,
		.cause = k->cause,
	};
	k->w->stats.originated++;
}

static void track_alone(struct walk *k)
{
	if (!packet_tuple(&k->p, &k->tuple))
		return;
	k->hash = conns_hash(&k->w->view, &k->tuple);
	k->hashed = true;
}

/* Part of the cause's connection, in the other direction, whatever becomes of
 * it: the cause holds it. */
static void track_with(struct walk *k, const struct walk *cause)
{
	if (!cause->ct.conn)
		return;
	k->ct = cause->ct;
	k->ct.dir = !cause->ct.dir;
	k->state = NAT_STATE_RELATED;
	k->icmp_related = packet_is_icmp(&k->p);
	k->inherited = true;
}

/* Linux leaves some resets' sums to the device, which writes no zeros: those
 * of its own IPv6, and of rules about IPv4. */
static bool is_summed_late(const struct walk *k)
{
	return k->p.proto == PROTO_TCP && (k->p.family == 6) != k->no_socket;
}

/* What a packet has to do with its cause. */
enum errand {
	ANSWER,
	ANSWER_ON_LINK, /* that the question came by */
	RELATED,        /* part of the connection: an error, a rule's reset */
};

/* An echo goes back the way it came, if there are two alike; what a rule makes
 * knows of no link. */
static struct route way(const struct walk *k, const struct walk *cause,
			enum errand errand)
{
	const struct nat_topology *t = k->w->engine->topology;
	struct nat_addr src = packet_src_addr(&k->p);
	struct nat_addr dst = packet_dst_addr(&k->p);
	uint16_t link = k->no_socket ? (uint16_t)DEV_ANY : cause->in_if;

	if (errand == ANSWER_ON_LINK)
		return route_on_link(t, link, &src, &dst);
	if (k->p.proto == PROTO_ICMPV6 && errand == ANSWER && k->p.family == 6)
		return route_back(t, link, &src, &dst);
	return route_output(t, link, k->p.family, &src, &dst, 0);
}

/* Nobody is told of an error who is nobody in particular. */
static bool has_receiver(const struct walk *k, const struct route *r,
			 bool related)
{
	struct nat_addr dst = packet_dst_addr(&k->p);

	if (related && proto_is_icmp(k->p.proto) &&
	    r->verdict == ROUTE_TO_ANYCAST)
		return false;
	return (r->out_if != NAT_NO_IF || route_is_own(r)) &&
	       (!addr_is_zero(&dst) || (!related && k->p.family == 6));
}

/* A rule resets the connection: it is over before the reset is on its way. */
static void close_rejected(struct walk *k)
{
	struct conn *c = k->ct.conn;
	struct tcp_result r;
	bool locked;

	if (!c || !walk_confirmed(k))
		return;
	locked = conns_enter(&k->w->view, c);
	r = tcp_set_closing(conn_tcp(c), &k->w->engine->tcp);
	if (r.actions & TCP_SET_TIMEOUT &&
	    !(conn_status(c) & NAT_ST_FIXED_TIMEOUT))
		conn_set_timeout(c, k->w->view.now + r.timeout);
	conns_leave(c, locked);
}

static void send(struct walk *cause, uint8_t *bytes, uint32_t len,
		 enum errand errand)
{
	bool related = errand == RELATED;
	struct walk k;
	struct route r;

	walk_init(&k, cause->w, cause->now_ns, cause->cause);
	if (packet_parse(&k.p, bytes, len) == PACKET_BAD)
		return;
	k.no_socket = related && k.p.proto == PROTO_TCP;
	r = way(&k, cause, errand);
	if (!has_receiver(&k, &r, related))
		return;
	k.out_if = r.out_if;
	k.route = r.number;
	k.to_many = r.verdict == ROUTE_TO_BROADCAST;
	k.next_hop = r.next_hop;
	if (related)
		track_with(&k, cause);
	if (k.no_socket)
		close_rejected(cause);
	if (!k.ct.conn)
		track_alone(&k);
	walk_output(&k);
	if (k.verdict != NAT_FORWARD)
		return;
	if (is_summed_late(&k))
		rewrite_tcp_zero_sum(&k.p);
	emit_own(&k);
}

/* The same, with the options that the cause asks for. */
static void answer(struct walk *cause, uint8_t *bytes, uint32_t len,
		   enum errand errand)
{
	if (unlikely(packet_options_len(&cause->p)))
		len = options_answer(cause, bytes, len);
	if (likely(len))
		send(cause, bytes, len, errand);
}

void emit_local(struct walk *cause, uint8_t *bytes, uint32_t len)
{
	answer(cause, bytes, len, ANSWER);
}

void emit_on_link(struct walk *cause, uint8_t *bytes, uint32_t len)
{
	answer(cause, bytes, len, ANSWER_ON_LINK);
}

static bool deserves_error4(const struct packet *p)
{
	static const uint32_t queries = 1u << ICMP_ECHO_REPLY |
					1u << ICMP_ECHO |
					0x3fu << ICMP_TIMESTAMP;
	uint8_t type;

	if (p->frag & IPV4_OFFSET)
		return false;
	if (p->proto != PROTO_ICMP)
		return true;
	if (!packet_l4_len(p))
		return false;
	type = packet_l4(p)[ICMP_TYPE];
	return type <= ICMP_LAST_TYPE && queries >> type & 1;
}

/* What many have received is not complained about, but for options whose
 * sender asks for that. */
static bool deserves_error6(const struct packet *p,
			    const struct icmp_fault *fault)
{
	enum { UNKNOWN_OPTION = 2 };

	if (packet_is_multicast6(p) &&
	    (fault->type != ICMP6_PARAMETER || fault->code != UNKNOWN_OPTION))
		return false;
	if (p->proto != PROTO_ICMPV6 || p->frag & IPV4_OFFSET)
		return true;
	if (!packet_l4_len(p))
		return packet_is_fragment(p);
	return packet_l4(p)[ICMP_TYPE] >= ICMP6_INFORMATIONAL;
}

/* No error about an error, or to nobody in particular. */
static bool deserves_error(const struct packet *p,
			   const struct icmp_fault *fault)
{
	struct nat_addr src = packet_src_addr(p);

	if (addr_is_zero(&src) || (p->family == 6 && addr_is_multicast6(&src)))
		return false;
	return p->family == 4 ? deserves_error4(p) : deserves_error6(p, fault);
}

static bool is_own_addr6(const struct nat_topology *t, const struct nat_addr *a)
{
	enum route_type type = route_addr_type(t, 6, a, NAT_NO_IF);

	return type == ROUTE_LOCAL || type == ROUTE_ANYCAST;
}

/* Where an error goes first, which is not always who it is for. */
static struct nat_addr error_to(const struct walk *k,
				const struct packet *about)
{
	if (unlikely(k->options.source_route))
		return addr_v4(ip_options_answer_to(&k->p, &k->options));
	return packet_src_addr(about);
}

/* IPv6 complains as whom the packet was for, if that is the router. */
static bool error_source(const struct walk *k, const struct packet *about,
			 struct nat_addr *from)
{
	const struct nat_topology *t = k->w->engine->topology;
	struct nat_addr to = error_to(k, about);

	*from = packet_dst_addr(about);
	return (about->family == 6 && is_own_addr6(t, from)) ||
	       route_error_source(t, k->in_if, walk_came_by(k), about->family,
				  &to, from);
}

/* How much of a packet to quote, the error being no longer than 576 bytes and
 * what is known of the way back. */
static uint32_t quote_room(const struct walk *k, const struct packet *about)
{
	uint32_t most = build_error_max(about->family), mtu = most;
	struct nat_addr to = error_to(k, about);

	if (path_mtus_any(&k->w->engine->path_mtus) && about->family == 4) {
		struct route r = route_output(k->w->engine->topology, k->in_if,
					      4, NULL, &to, 0);

		mtu = path_mtu_of(k->w, &r, &to);
	}
	return build_quote_max(about->family) - (most - min_u32(most, mtu));
}

void emit_icmp_error_about(struct walk *k, const struct packet *about,
			   const struct icmp_fault *fault,
			   const struct nat_addr *src)
{
	struct nat_addr from;
	struct packet quoted = *about;
	uint32_t len = quote_room(k, about);
	uint8_t *out;

	if (k->to_many || !deserves_error(about, fault))
		return;
	if (!src && !error_source(k, about, &from))
		return;
	out = emit_room(k, build_error_max(about->family));
	if (!out)
		return;
	if (about->family == 4)
		len -= ip_options_answer_len(&k->p, &k->options);
	quoted.len = min_u32(quoted.len, len);
	len = build_icmp_error(out, &quoted, fault, src ? src : &from,
			       ++k->w->ip_id);
	answer(k, out, len, RELATED);
}

void emit_icmp_error(struct walk *k, const struct icmp_fault *fault)
{
	emit_icmp_error_about(k, &k->p, fault, NULL);
}

/* Connection tracking sums what it knows at PREROUTING. */
static bool sum_was_checked(const struct walk *k)
{
	return walk_rules(k)->conntrack && k->w->engine->sysctl.checksum &&
	       k->state != NAT_STATE_UNTRACKED;
}

/* The IP header is summed along with the rest, which options make wrong for a
 * while, unless the tracker's sum still counts: forwarding forgets it, but not
 * one that was looked at twice. */
static bool may_be_reset(const struct walk *k)
{
	bool counts = (k->hook == NAT_HOOK_INPUT || k->tracked_twice) &&
		      sum_was_checked(k);

	return (counts || ip_options_sum_ok(&k->p)) && packet_l4_csum_ok(&k->p);
}

static bool has_ends(const struct packet *p)
{
	struct nat_addr src = packet_src_addr(p), dst = packet_dst_addr(p);

	return p->family == 4 || (addr_is_host6(&src) && addr_is_host6(&dst));
}

static void reject_with_reset(struct walk *k)
{
	uint8_t *out;

	if (k->to_many || k->p.proto != PROTO_TCP ||
	    packet_l4_len(&k->p) < TCP_HEADER || !may_be_reset(k) ||
	    !has_ends(&k->p) || packet_l4(&k->p)[TCP_FLAG_BYTE] & TCP_RST)
		return;
	out = emit_room(k, build_reset_len(k->p.family));
	if (!out)
		return;
	send(k, out, build_tcp_reset(out, &k->p, 0), RELATED);
}

/* REJECT answers only what is intact, be that the transport's sum or the IP
 * header's, which options make wrong for a while; protocols it does not know
 * are held to have a sum over all they carry. */
static bool intact(const struct walk *k)
{
	enum { PROTO_ESP = 50, PROTO_AH = 51 };
	const struct packet *p = &k->p;

	switch (p->proto) {
	case PROTO_GRE:
	case PROTO_ESP:
	case PROTO_AH:
	case PROTO_SCTP:
	case PROTO_UDPLITE:
		return true;
	case PROTO_TCP:
	case PROTO_UDP:
		break;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		if (packet_is_icmp(p))
			break;
		__attribute__((fallthrough));
	default:
		return packet_whole_sum_ok(p);
	}
	return packet_l4_csum_ok(p) &&
	       (sum_was_checked(k) || ip_options_sum_ok(p));
}

/* Codes of unreachability, by family. */
static const uint8_t reject_code[2][REJECT_ROUTE + 1] = {
	{
		[REJECT_NET_UNREACH] = 0,
		[REJECT_HOST_UNREACH] = 1,
		[REJECT_PROTO_UNREACH] = 2,
		[REJECT_PORT_UNREACH] = 3,
		[REJECT_NET_PROHIBITED] = 9,
		[REJECT_HOST_PROHIBITED] = 10,
		[REJECT_ADMIN_PROHIBITED] = 13,
	},
	{
		[REJECT_NET_UNREACH] = 0,
		[REJECT_ADMIN_PROHIBITED] = 1,
		[REJECT_HOST_UNREACH] = 3,
		[REJECT_PORT_UNREACH] = 4,
		[REJECT_POLICY_FAIL] = 5,
		[REJECT_ROUTE] = 6,
	},
};

/* What everybody got nobody refuses. */
static bool is_everybodys(const struct walk *k, const struct nat_addr *dst)
{
	enum route_type type = route_addr_type(k->w->engine->topology,
					       k->p.family, dst, NAT_NO_IF);

	return type == ROUTE_BROADCAST || type == ROUTE_MULTICAST;
}

void emit_reject(struct walk *k, enum reject_with with)
{
	bool v6 = k->p.family == 6;
	const struct icmp_fault fault = {
		.type = v6 ? (uint8_t)ICMP6_UNREACHABLE
			   : (uint8_t)ICMP_UNREACHABLE,
		.code = reject_code[v6][with],
	};
	struct nat_addr dst = packet_dst_addr(&k->p);

	/* IPv6 looks for the transport first */
	if (v6 &&
	    (k->p.lost || k->p.frag & IPV4_OFFSET || !packet_l4_len(&k->p)))
		return;
	if (k->hook == NAT_HOOK_INPUT && is_everybodys(k, &dst))
		return;
	/* Linux is at it: one at a time */
	if (k->hook == NAT_HOOK_OUTPUT && packet_is_icmp(&k->p))
		return;
	if (with == REJECT_TCP_RESET)
		reject_with_reset(k);
	else if (intact(k))
		emit_icmp_error_about(k, &k->p, &fault,
				      k->hook == NAT_HOOK_INPUT ? &dst : NULL);
}
