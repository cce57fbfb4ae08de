/* SPDX-License-Identifier: BSD-2-Clause
 * The way of a packet from hook to hook: walk.h, carried out. */
#include "decide/chains.h"
#include "decide/conntrack.h"
#include "decide/defrag.h"
#include "decide/emit.h"
#include "decide/local.h"
#include "decide/nat.h"
#include "decide/options.h"
#include "decide/path.h"
#include "decide/settled.h"
#include "decide/trace.h"
#include "decide/walk.h"
#include "pure/ipv6_ext.h"

static bool filter_by(struct walk *k, enum table_id table)
{
	struct chain_result res = chains_run(k, table);

	if (res.accept)
		return true;
	if (res.rule && res.rule->target.kind == TARGET_REJECT)
		emit_reject(k, res.rule->target.reject);
	return walk_drop(k, res.reason);
}

static NOINLINE bool filter_by_some(struct walk *k, unsigned tables)
{
	for (unsigned t = 0; t < N_TABLES; t++)
		if (tables >> t & 1 && !filter_by(k, (enum table_id)t))
			return false;
	return true;
}

/* Tables without NAT, those that have a chain at this hook, in order. */
enum {
	RAW = 1 << TABLE_RAW,
	MANGLE = 1 << TABLE_MANGLE,
	FILTER = 1 << TABLE_FILTER | 1 << TABLE_SECURITY,
};

static inline bool filter(struct walk *k, unsigned tables)
{
	unsigned there = walk_rules(k)->tables[k->hook] & tables;

	return likely(!there) || filter_by_some(k, there);
}

static bool nat(struct walk *k, enum manip m)
{
	return !walk_rules(k)->nat || nat_hook(k, m);
}

/* Only what has more than the plain headers of IPv6 can be a fragment. */
static bool may_be_fragment(const struct packet *p)
{
	return packet_is_fragment(p) || (p->family == 6 && p->l4 > IPV6_HEADER);
}

static bool gather(struct walk *k)
{
	return likely(!may_be_fragment(&k->p)) || defrag(k);
}

/* Connection tracking wants whole datagrams, but of those that it knows. */
static bool gather_to_track(struct walk *k)
{
	return !walk_rules(k)->conntrack || k->ct.conn ||
	       k->state == NAT_STATE_UNTRACKED || gather(k);
}

/* Hooks of connection tracking exist only while a rule needs them. */
static bool track(struct walk *k)
{
	const struct nat_engine *e = k->w->engine;
	bool verify = k->hook == NAT_HOOK_PREROUTING && e->sysctl.checksum;

	if (!walk_rules(k)->conntrack || k->ct.conn ||
	    k->state == NAT_STATE_UNTRACKED)
		return true;
	return conntrack_in(k, verify);
}

static bool no_route(struct walk *k, enum route_type type)
{
	static const struct icmp_fault fault[2][3] = {
		{{ICMP_UNREACHABLE, 0, 0},
		 {ICMP_UNREACHABLE, 1, 0},
		 {ICMP_UNREACHABLE, 13, 0}},
		{{ICMP6_UNREACHABLE, 0, 0},
		 {ICMP6_UNREACHABLE, 0, 0},
		 {ICMP6_UNREACHABLE, 1, 0}},
	};
	enum { NET, HOST, PROHIBITED } why = NET;

	if (type == ROUTE_UNREACHABLE)
		why = HOST;
	else if (type == ROUTE_PROHIBIT)
		why = PROHIBITED;
	if (type != ROUTE_BLACKHOLE)
		emit_icmp_error(k, &fault[k->p.family == 6][why]);
	return walk_drop(k, NAT_DROP_NO_ROUTE);
}

/* What has to fit: the packet, or the fragments it came in. */
static uint32_t longest(const struct walk *k)
{
	return unlikely(k->reassembled) ? k->whole.longest : k->p.len;
}

static bool too_far(struct walk *k)
{
	static const struct icmp_fault fault[] = {
		{.type = ICMP_TIME_EXCEEDED},
		{.type = ICMP6_TIME_EXCEEDED},
	};

	emit_icmp_error(k, &fault[k->p.family == 6]);
	return walk_drop(k, NAT_DROP_TTL);
}

static bool too_big(struct walk *k, uint32_t mtu)
{
	enum { FRAGMENTATION_NEEDED = 4 };
	const struct icmp_fault fault[] = {
		{ICMP_UNREACHABLE, FRAGMENTATION_NEEDED, mtu},
		{ICMP6_TOO_BIG, 0, mtu},
	};

	emit_icmp_error(k, &fault[k->p.family == 6]);
	return walk_drop(k, NAT_DROP_TOO_BIG);
}

/* IPv6 sources that mean nothing beyond the link (RFC 4291 2.5.6). */
static bool beyond_scope(struct walk *k)
{
	enum { BEYOND_SCOPE = 2 };
	struct nat_addr src = packet_src_addr(&k->p);

	if (k->p.family != 6 || walk_came_by(k) == k->out_if)
		return false;
	if (addr_is_link_local(&src))
		emit_icmp_error(k, &(struct icmp_fault){ICMP6_UNREACHABLE,
							BEYOND_SCOPE, 0});
	return addr_is_link_local(&src) || addr_is_zero(&src);
}

static bool forward(struct walk *k)
{
	uint32_t mtu = k->p.family == 4
			       ? path_mtu_forward(k)
			       : route_mtu(k->w->engine->topology, k->out_if);

	if (unlikely(packet_hops(&k->p) <= 1))
		return too_far(k);
	if (unlikely(beyond_scope(k)))
		return walk_drop(k, NAT_DROP_SCOPE);
	if (unlikely(k->p.len > mtu && k->p.frag & IPV4_DF && longest(k) > mtu))
		return too_big(k, mtu);
	rewrite_hops_down(&k->p);
	k->hook = NAT_HOOK_FORWARD;
	trace(k, NAT_STEP_FORWARD, "TTL down");
	return filter(k, MANGLE | FILTER);
}

/* SRC nat, confirm, out: the end of whatever leaves. */
static void post(struct walk *k)
{
	k->hook = NAT_HOOK_POSTROUTING;
	if (!filter(k, MANGLE) || !nat(k, MANIP_SRC) || !conntrack_confirm(k))
		return;
	settled_expect(k);
	k->verdict = NAT_FORWARD;
}

static void input(struct walk *k, enum route_verdict to)
{
	if (k->p.family == 4 && !gather(k))
		return;
	k->hook = NAT_HOOK_INPUT;
	if (!filter(k, MANGLE | FILTER) || !nat(k, MANIP_SRC) ||
	    !conntrack_confirm(k))
		return;
	k->verdict = NAT_LOCAL;
	local_deliver(k, to);
}

static struct route route_of(const struct walk *k)
{
	const struct nat_topology *t = k->w->engine->topology;
	struct nat_addr src = packet_src_addr(&k->p);
	struct nat_addr dst = packet_dst_addr(&k->p);

	if (likely(k->p.family == 4))
		return route_input_of(t, k->in_if, 4, &src, &dst, k->mark);
	return route_input(t, k->in_if, 6, &src, &dst, k->mark);
}

static void routed(struct walk *k, const struct route *r)
{
	switch ((enum route_verdict)r->verdict) {
	case ROUTE_TO_FORWARD:
		k->out_if = r->out_if;
		k->route = r->number;
		k->next_hop = r->next_hop;
		settled_remember(k);
		trace(k, NAT_STEP_ROUTE, "forward");
		if (!forward(k))
			return;
		if (unlikely(packet_options_len(&k->p)))
			options_depart(k);
		post(k);
		return;
	case ROUTE_TO_LOCAL:
	case ROUTE_TO_BROADCAST:
	case ROUTE_TO_MULTICAST:
	case ROUTE_TO_ANYCAST:
		trace(k, NAT_STEP_ROUTE, "to the router itself");
		input(k, (enum route_verdict)r->verdict);
		return;
	case ROUTE_NOT_OURS:
		(void)walk_drop(k, NAT_DROP_NOT_OURS);
		return;
	case ROUTE_MARTIAN_SOURCE:
		(void)walk_drop(k, NAT_DROP_MARTIAN_SOURCE);
		return;
	case ROUTE_MARTIAN_DEST:
		(void)walk_drop(k, NAT_DROP_MARTIAN_DEST);
		return;
	case ROUTE_NONE:
		(void)no_route(k, (enum route_type)r->type);
		return;
	}
}

/* The end: a connection that never made it into the table goes with its
 * packet. */
static void finish(struct walk *k)
{
	if (unlikely(k->w->trace))
		trace(k, NAT_STEP_VERDICT,
		      nat_drop_name((enum nat_drop)k->reason));
	if (unlikely(k->reassembled))
		defrag_finish(k);
	if (unlikely(k->ct.conn && !walk_confirmed(k) && !k->inherited))
		conns_discard(&k->w->view, k->ct);
}

/* What others have told is known late, and too late to ask the rules. */
static bool fits_path(struct walk *k)
{
	uint32_t mtu;

	if (k->p.family == 4 || likely(k->p.len <= IPV6_MTU_MIN))
		return true;
	mtu = path_mtu_forward(k);
	return k->p.len <= mtu || longest(k) <= mtu || too_big(k, mtu);
}

static void tracked(struct walk *k)
{
	struct route r;

	if (!filter(k, MANGLE) || !nat(k, MANIP_DST))
		return;
	r = route_of(k);
	k->to_many = r.verdict == ROUTE_TO_BROADCAST ||
		     (r.verdict == ROUTE_TO_MULTICAST && k->p.family == 4);
	if (unlikely(packet_options_len(&k->p)) && !options_arrive(k, &r))
		return;
	routed(k, &r);
	if (k->verdict != NAT_FORWARD || !fits_path(k))
		return;
	if (unlikely(k->reassembled))
		emit_whole(k);
	else if (k->p.len > path_mtu_forward(k))
		emit_fragments(k);
}

/* Hop-by-hop options come before any hook. */
static bool hop_options(struct walk *k)
{
	struct icmp_fault fault = {.type = ICMP6_PARAMETER};
	struct ext_fault f;

	if (likely(k->p.family == 4) || ipv6_hop_options_ok(&k->p, &f))
		return true;
	fault.code = f.code;
	fault.rest = f.pointer;
	if (f.tell)
		emit_icmp_error(k, &fault);
	return walk_drop(k, NAT_DROP_IP_OPTIONS);
}

void walk_receive(struct walk *k)
{
	k->hook = NAT_HOOK_PREROUTING;
	trace(k, NAT_STEP_RECEIVE, "IP header is sound");
	if (hop_options(k) && gather_to_track(k) && filter(k, RAW) && track(k))
		tracked(k);
	finish(k);
}

/* A packet of the router's own is not what it was when it was routed. */
static bool reroute(struct walk *k)
{
	const struct nat_topology *t = k->w->engine->topology;
	struct nat_addr src = packet_src_addr(&k->p);
	struct nat_addr dst = packet_dst_addr(&k->p);
	bool own =
		route_addr_type(t, k->p.family, &src, NAT_NO_IF) == ROUTE_LOCAL;
	struct route r = route_output(t, k->out_if, k->p.family,
				      own ? &src : NULL, &dst, k->mark);

	if (r.out_if == NAT_NO_IF && !route_is_own(&r))
		return walk_drop(k, NAT_DROP_NO_ROUTE);
	k->out_if = r.out_if;
	k->route = r.number;
	k->to_many = r.verdict == ROUTE_TO_BROADCAST;
	k->next_hop = r.next_hop;
	trace(k, NAT_STEP_ROUTE, "routed again");
	return true;
}

/* What it was to leave by. */
static uint16_t leave_by(struct walk *k, uint16_t out_if)
{
	uint16_t was = k->out_if;

	k->out_if = out_if;
	return was;
}

static bool mangle_output(struct walk *k)
{
	uint32_t mark = k->mark;

	return filter(k, MANGLE) && (k->mark == mark || reroute(k));
}

/* All rules of OUTPUT are told the exit with which the packet came there, even
 * if it was routed again since. */
static bool nat_output(struct walk *k, uint16_t told)
{
	struct nat_addr was = packet_dst_addr(&k->p), is;
	uint16_t exit = leave_by(k, told);
	bool ok = nat(k, MANIP_DST);

	(void)leave_by(k, exit);
	is = packet_dst_addr(&k->p);
	return ok && (addr_equal(&was, &is) || reroute(k));
}

static bool filter_output(struct walk *k, uint16_t told)
{
	uint16_t exit = leave_by(k, told);
	bool ok = filter(k, FILTER);

	(void)leave_by(k, exit);
	return ok;
}

/* What the router has sent to itself, or to all on a link, comes in again: as
 * part of the connection that it has, and no more routed. Nobody answers. */
static void hear(struct walk *k)
{
	k->in_if = k->out_if;
	k->out_if = NAT_NO_IF;
	k->hook = NAT_HOOK_PREROUTING;
	trace(k, NAT_STEP_RECEIVE, "the router hears itself");
	if (gather_to_track(k) && filter(k, RAW) && track(k) &&
	    filter(k, MANGLE) && nat(k, MANIP_DST))
		input(k, ROUTE_TO_BROADCAST);
}

/* All of it, or a fragment. */
static void hear_own(struct walk *k)
{
	if (packet_parse(&k->p, k->p.ip, k->p.len) == PACKET_BAD)
		return;
	hear(k);
	defrag_finish(k);
	k->reassembled = false;
}

/* What goes to all on a link: a copy for the router goes first. */
static void post_to_many(struct walk *k)
{
	struct walk own = *k;

	own.p.ip = emit_room(&own, k->p.len);
	if (!own.p.ip) {
		(void)walk_drop(k, NAT_DROP_NO_MEMORY);
		return;
	}
	memcpy(own.p.ip, k->p.ip, k->p.len);
	post(&own);
	k->ct = own.ct;
	post(k);
	if (own.verdict == NAT_FORWARD) {
		hear(&own);
		finish(&own);
	}
}

void walk_output(struct walk *k)
{
	uint16_t told = k->out_if;

	k->hook = NAT_HOOK_OUTPUT;
	trace(k, NAT_STEP_ORIGINATE, "the router's own");
	if (filter(k, RAW) && track(k) && mangle_output(k) &&
	    nat_output(k, told) && filter_output(k, told)) {
		if (unlikely(k->to_many))
			post_to_many(k);
		else
			post(k);
		if (k->verdict == NAT_FORWARD && k->out_if == NAT_NO_IF) {
			emit_own_to(k, hear_own);
			k->verdict = NAT_LOCAL;
		}
	}
	finish(k);
}
