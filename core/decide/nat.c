/* SPDX-License-Identifier: BSD-2-Clause
 * NAT at a hook. */
#include "decide/nat.h"

#include <arpa/inet.h>

#include "decide/chains.h"
#include "decide/trace.h"
#include "decide/unique.h"

enum { NAT_BOTH = NAT_ST_SRC_NAT | NAT_ST_DST_NAT };

static uint16_t done_bit(enum manip m)
{
	return m == MANIP_SRC ? NAT_ST_SRC_NAT_DONE : NAT_ST_DST_NAT_DONE;
}

static uint16_t nat_bit(enum manip m)
{
	return m == MANIP_SRC ? NAT_ST_SRC_NAT : NAT_ST_DST_NAT;
}

/* What @m at this hook means for a packet of this direction: replies undo
 * with the destination what the source was given. */
static bool translates(const struct walk *k, enum manip m)
{
	uint16_t bit = nat_bit(m);

	if (k->ct.dir == NAT_REPLY)
		bit ^= NAT_BOTH;
	return conn_status(k->ct.conn) & bit;
}

/* Decides @m of the connection: what its packets look like from here on. */
static void setup(struct walk *k, const struct nat_range *range, enum manip m)
{
	struct conn *c = k->ct.conn;
	struct nat_tuple reply, chosen;
	uint16_t bits = done_bit(m);

	if (m == MANIP_SRC && unique_keeps_port(k, range)) {
		conn_note_status(c, bits | NAT_ST_SRC_NAT);
		return;
	}
	conn_tuple(c, NAT_REPLY, &reply);
	chosen = reply;
	unique_answer(k, &chosen, range, m);
	if (!tuple_equal(&chosen, &reply)) {
		conn_set_tuple(c, NAT_REPLY, &chosen);
		k->answer = 0;
		bits |= nat_bit(m);
	}
	conn_note_status(c, bits);
}

/* No rule asked for anything: the address stays, and the source port too
 * unless somebody has it already. Of destinations only ICMP's id is changed
 * then; ports are looked for, and stay. */
static NOINLINE void bind_to_itself(struct walk *k, enum manip m)
{
	struct nat_range range = {.flags = RANGE_MAP_IPS};
	struct nat_tuple reply;

	conn_tuple(k->ct.conn, NAT_REPLY, &reply);
	range.addr_min = m == MANIP_SRC ? reply.dst : reply.src;
	range.addr_max = range.addr_min;
	setup(k, &range, m);
}

static bool null_binding(struct walk *k, enum manip m)
{
	if (likely(m == MANIP_DST && !proto_is_icmp(k->ct.conn->proto))) {
		unique_look(k);
		conn_note_status(k->ct.conn, done_bit(m));
	} else {
		bind_to_itself(k, m);
	}
	trace(k, NAT_STEP_MANIP, "null binding");
	return true;
}

/* The network half from the rule, the host half from the packet. */
static void netmap_range(const struct walk *k, enum manip m,
			 struct nat_range *r)
{
	struct nat_addr cur = m == MANIP_SRC ? packet_src_addr(&k->p)
					     : packet_dst_addr(&k->p);

	for (unsigned i = 0; i < ARRAY_LEN(cur.w); i++) {
		uint32_t mask = ~(r->addr_min.w[i] ^ r->addr_max.w[i]);

		cur.w[i] = (cur.w[i] & ~mask) | (r->addr_min.w[i] & mask);
	}
	r->addr_min = cur;
	r->addr_max = cur;
	r->flags |= RANGE_MAP_IPS;
}

static bool masquerade_range(struct walk *k, struct nat_range *r)
{
	struct nat_addr dst = packet_dst_addr(&k->p);

	if (!route_masquerade(k->w->engine->topology, k->out_if, k->p.family,
			      k->p.family == 4 ? &k->next_hop : &dst,
			      &r->addr_min))
		return walk_drop(k, NAT_DROP_NAT_ADDRESS);
	r->addr_max = r->addr_min;
	r->flags |= RANGE_MAP_IPS;
	k->ct.conn->masq_if = (uint8_t)(k->out_if + 1);
	return true;
}

static struct nat_addr loopback(uint8_t family)
{
	return family == 4 ? addr_v4(htonl(INADDR_LOOPBACK))
			   : (struct nat_addr){.w = {[3] = htonl(1)}};
}

static bool redirect_range(struct walk *k, struct nat_range *r)
{
	struct nat_addr dst = packet_dst_addr(&k->p);

	if (k->hook == NAT_HOOK_OUTPUT)
		r->addr_min = loopback(k->p.family);
	else if (!route_redirect(k->w->engine->topology, k->in_if, k->p.family,
				 &dst, &r->addr_min))
		return walk_drop(k, NAT_DROP_NAT_ADDRESS);
	r->addr_max = r->addr_min;
	r->flags |= RANGE_MAP_IPS;
	return true;
}

/* The range that a NAT target means here and now (spec 7.6). */
static bool target_range(struct walk *k, const struct target *t, enum manip m,
			 struct nat_range *r)
{
	*r = t->range;
	if (t->kind == TARGET_MASQUERADE)
		return masquerade_range(k, r);
	if (t->kind == TARGET_REDIRECT)
		return redirect_range(k, r);
	if (t->kind == TARGET_NETMAP)
		netmap_range(k, m, r);
	return true;
}

static bool is_nat_target(const struct rule *r)
{
	return r && r->target.kind >= TARGET_SNAT;
}

/* A DHCP client's first packet has no address to be masqueraded. IPv6 does not
 * look. */
static bool nothing_to_masquerade(const struct walk *k, const struct rule *r)
{
	struct nat_tuple orig;

	if (r->target.kind != TARGET_MASQUERADE)
		return false;
	conn_tuple(k->ct.conn, NAT_ORIGINAL, &orig);
	return orig.family == 4 && addr_is_zero(&orig.src);
}

static NOINLINE bool decide_by_rules(struct walk *k, enum manip m)
{
	struct chain_result res = chains_run(k, TABLE_NAT);
	struct nat_range range;

	if (!res.accept)
		return walk_drop(k, res.reason);
	if (!is_nat_target(res.rule) || nothing_to_masquerade(k, res.rule))
		return null_binding(k, m);
	if (!target_range(k, &res.rule->target, m, &range))
		return false;
	setup(k, &range, m);
	chains_trace(k, NAT_STEP_MANIP, res.rule->text, res.chain, res.rule);
	return true;
}

static bool decide(struct walk *k, enum manip m)
{
	if (!ruleset_has(walk_rules(k), TABLE_NAT, (enum nat_hook)k->hook))
		return null_binding(k, m);
	if (chains_have_rules(k, TABLE_NAT))
		return decide_by_rules(k, m);
	return chains_policy(k, TABLE_NAT) ? null_binding(k, m)
					   : walk_drop(k, NAT_DROP_POLICY);
}

/* A masqueraded connection that is routed elsewhere now has an address that
 * is not its own: it ends, and the next packet begins another. */
static bool exit_changed(const struct walk *k)
{
	const struct conn *c = k->ct.conn;

	return c->masq_if && k->hook == NAT_HOOK_POSTROUTING &&
	       k->ct.dir == NAT_ORIGINAL && c->masq_if != k->out_if + 1;
}

/* The packet's own end as the other direction's tuple has it. */
static bool target_of(const struct walk *k, struct nat_tuple *other,
		      struct nat_tuple *target)
{
	conn_tuple(k->ct.conn, (enum nat_dir) !k->ct.dir, other);
	return tuple_invert(target, other);
}

static void apply_plain(struct walk *k, enum manip m)
{
	const struct conn_key4 *other =
		(const struct conn_key4 *)conn_keys(k->ct.conn) + !k->ct.dir;

	if (m == MANIP_SRC)
		rewrite_plain_end(&k->p, MANIP_SRC, other->dst, other->dst_id);
	else
		rewrite_plain_end(&k->p, MANIP_DST, other->src, other->src_id);
}

static NOINLINE bool apply_any(struct walk *k, enum manip m)
{
	struct nat_tuple other, target;

	return (target_of(k, &other, &target) &&
		rewrite_end(&k->p, m, &target)) ||
	       walk_drop(k, NAT_DROP_NAT);
}

static bool apply(struct walk *k, enum manip m)
{
	if (likely(k->plain))
		apply_plain(k, m);
	else if (!apply_any(k, m))
		return false;
	k->manip |= nat_bit(m);
	trace(k, NAT_STEP_REWRITE, m == MANIP_SRC ? "source" : "destination");
	return true;
}

/* A redirect names a next hop on the other side of a translation. */
static bool redirect_is_harmful(const struct walk *k)
{
	enum { DONE = NAT_ST_SRC_NAT_DONE | NAT_ST_DST_NAT_DONE };
	uint16_t status = conn_status(k->ct.conn);

	uint8_t redirect = k->p.family == 4 ? (uint8_t)ICMP_REDIRECT
					    : (uint8_t)ICMP6_REDIRECT;

	return packet_l4(&k->p)[ICMP_TYPE] == redirect &&
	       ((status & DONE) != DONE || status & NAT_BOTH);
}

static NOINLINE bool icmp_error(struct walk *k, enum manip m)
{
	struct nat_tuple other, target;

	if (packet_l4_len(&k->p) < ICMP_HEADER + ip_header_len(k->p.family) ||
	    packet_check_l4(&k->p, true) != L4_OK || redirect_is_harmful(k))
		return walk_drop(k, NAT_DROP_ICMP_ERROR);
	if (!translates(k, m))
		return true;
	if (!target_of(k, &other, &target) ||
	    !rewrite_icmp_error(&k->p, m, &other, &target))
		return walk_drop(k, NAT_DROP_ICMP_ERROR);
	k->manip |= nat_bit(m);
	trace(k, NAT_STEP_REWRITE,
	      m == MANIP_SRC ? "source, and the quoted destination"
			     : "destination, and the quoted source");
	return true;
}

bool nat_hook(struct walk *k, enum manip m)
{
	if (!k->ct.conn)
		return true;
	if (unlikely(k->icmp_related))
		return icmp_error(k, m);
	if (unlikely(k->state != NAT_STATE_ESTABLISHED && !walk_confirmed(k) &&
		     !(conn_status(k->ct.conn) & done_bit(m)))) {
		if (!decide(k, m))
			return false;
	} else if (unlikely(exit_changed(k))) {
		conns_kill(&k->w->view, k->ct);
		return walk_drop(k, NAT_DROP_OIF_CHANGED);
	}
	return likely(!translates(k, m)) || apply(k, m);
}
