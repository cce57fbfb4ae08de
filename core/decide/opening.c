/* SPDX-License-Identifier: BSD-2-Clause
 *
 * First packets about which there is little to decide. Until the connection is
 * in the table nothing is changed that the walk would find otherwise. */
#include "decide/opening.h"

#include "decide/chains.h"
#include "decide/conntrack.h"
#include "decide/unique.h"
#include "pure/rewrite.h"

/* What a chain was asked, and its answer. */
struct hearing {
	const struct chain *chain; /* NULL: there is none at the hook */
	const struct rule *rule;   /* NULL: the policy */
};

struct opening {
	struct nat_worker *w;
	const struct ruleset *rules;
	const struct flight *f;
	const struct path *path; /* of engine.path */
	const struct packet *p;
	uint32_t src, new_src; /* the same: it stays */
	uint8_t masq_if;       /* as in struct conn */
	struct hearing pre, post;
};

/* Of no connection as it seems, with an answer that nobody waits for, and
 * alive when it leaves. */
ALWAYS_INLINE bool begins(const struct opening *o)
{
	const struct table *t = &o->w->view.all->table;

	return o->f->sum_ok && conntrack_opens(o->p) &&
	       o->p->ip[IPV4_TTL] > 1 && table_lacks(t, o->f->hash) &&
	       table_lacks(t, o->f->answer);
}

/* False: there is more to it than its policy or one rule. */
ALWAYS_INLINE bool hear(const struct opening *o, enum nat_hook hook,
			const struct screen_key *key, struct hearing *h)
{
	struct chain_glance g;

	h->chain = ruleset_base(o->rules, TABLE_NAT, hook);
	h->rule = NULL;
	if (!h->chain)
		return true;
	g = chains_glance(o->rules, h->chain, key);
	h->rule = g.rule;
	return g.known && (g.rule || !h->chain->drop);
}

ALWAYS_INLINE bool accepts(const struct hearing *h)
{
	return !h->rule || h->rule->target.kind == TARGET_ACCEPT;
}

/* The destination stays what it is. */
ALWAYS_INLINE bool keeps_destination(struct opening *o, uint16_t in_if)
{
	const struct screen_key key = {o->p, (uint8_t)in_if, RULE_DEV_NONE};

	return hear(o, NAT_HOOK_PREROUTING, &key, &o->pre) && accepts(&o->pre);
}

/* Forwarded, whole. */
ALWAYS_INLINE bool goes_on(struct opening *o, uint16_t in_if, struct route *r)
{
	struct nat_engine *e = o->w->engine;
	struct nat_addr src = addr_v4(o->src);
	struct nat_addr dst = packet_dst_addr(o->p);

	*r = route_input_of(e->topology, in_if, 4, &src, &dst, 0);
	if (unlikely(r->verdict != ROUTE_TO_FORWARD))
		return false;
	o->path = &e->path[settled_path(e, in_if, r->out_if)];
	return o->p->len <= path_room(o->path);
}

/* The address that the rule puts in. */
ALWAYS_INLINE bool address(struct opening *o, const struct route *r)
{
	const struct target *t = &o->post.rule->target;
	struct nat_addr own;

	if (likely(t->kind == TARGET_SNAT)) {
		o->new_src = t->range.addr_min.w[0];
		return unique_is_address(&t->range);
	}
	if (t->kind != TARGET_MASQUERADE || t->range.flags || !o->src ||
	    !route_masquerade(o->w->engine->topology, r->out_if, 4,
			      &r->next_hop, &own))
		return false;
	o->new_src = own.w[0];
	o->masq_if = (uint8_t)(r->out_if + 1);
	return true;
}

/* The source stays, or only its address changes: its socket has no connection
 * yet that says otherwise. */
ALWAYS_INLINE bool chooses_source(struct opening *o, uint16_t in_if,
				  const struct route *r)
{
	const struct screen_key key = {o->p, (uint8_t)in_if,
				       (uint8_t)r->out_if};
	const struct bysource *sockets = &o->w->view.all->bysource;

	if (!hear(o, NAT_HOOK_POSTROUTING, &key, &o->post))
		return false;
	o->new_src = o->src;
	o->masq_if = 0;
	return accepts(&o->post) ||
	       (address(o, r) && !bysource_may_have(sockets, o->f->source));
}

/* The hash of the answer to the packet as it will leave. */
ALWAYS_INLINE uint64_t answer_hash(const struct opening *o,
				   const struct conn_key4 *answer)
{
	const struct conns *s = o->w->view.all;

	if (o->new_src == o->src)
		return o->f->answer;
	return conn_key4_hash(&s->key, hash_ipv4_meta(o->p->proto, 0), answer);
}

/* Makes the connection and puts it in the table, provided that its answer is
 * not another's. */
ALWAYS_INLINE struct conn *connect(const struct opening *o, uint16_t in_if)
{
	enum { DONE = NAT_ST_SRC_NAT_DONE | NAT_ST_DST_NAT_DONE };
	struct conn_ref r = conntrack_open(o->w, o->p, o->f->hash), winner;
	struct conn_hashes h = {{o->f->hash}, o->f->source};
	struct conn_key4 *answer;

	if (unlikely(!r.conn))
		return NULL;
	answer = (struct conn_key4 *)conn_keys(r.conn) + NAT_REPLY;
	answer->dst = o->new_src;
	h.tuple[NAT_REPLY] = answer_hash(o, answer);
	r.conn->masq_if = o->masq_if;
	conn_note_status(r.conn,
			 o->new_src == o->src ? DONE : DONE | NAT_ST_SRC_NAT);
	settled_keep(o->w->engine, r.conn, NAT_ORIGINAL, in_if,
		     o->path->exit.out_if);
	if (likely(conns_insert(&o->w->view, r, &h, &winner)))
		return r.conn;
	conns_discard(&o->w->view, r);
	return NULL;
}

ALWAYS_INLINE void count(const struct opening *o, const struct hearing *h)
{
	if (h->chain)
		chains_count(o->w, o->rules, h->chain, h->rule, o->p->len);
}

ALWAYS_INLINE void rewrite(const struct opening *o)
{
	uint8_t *ip = o->p->ip;
	uint32_t addrs[2] = {o->new_src, load32(ip + IPV4_DST)};
	uint64_t both;

	if (o->new_src == o->src) {
		rewrite_ttl_down(o->p);
		return;
	}
	memcpy(&both, addrs, sizeof(both));
	rewrite_plain(o->p, both, load32(ip + IPV4_HEADER));
}

ALWAYS_INLINE void leave(const struct opening *o, struct nat_packet *pkt)
{
	struct departure d = o->path->exit;
	struct nat_stats *s = &o->w->stats;

	s->packets++;
	s->bytes += o->p.len;
	s->verdict[NAT_FORWARD]++;
	s->state[NAT_STATE_NEW]++;
	d.state = NAT_STATE_NEW;
	d.manip = o->new_src == o->src ? 0 : NAT_ST_SRC_NAT;
	memcpy((char *)pkt + offsetof(struct nat_packet, out_if), &d,
	       sizeof(d));
	pkt->len = o->p->len;
}

bool opening_forward(struct nat_worker *w, struct nat_packet *pkt,
		     const struct flight *f)
{
	struct packet p;
	struct opening o = {
		.w = w,
		.p = &p,
		.rules = &w->engine->rules,
		.f = f,
		.src = load32(pkt->data + IPV4_SRC),
	};
	struct conn *c;
	struct route r;

	if (unlikely(!conns_are_plain(&w->view)))
		return false;
	packet_parse_plain(&p, pkt->data);
	if (!begins(&o) || !keeps_destination(&o, pkt->in_if) ||
	    !goes_on(&o, pkt->in_if, &r) || !chooses_source(&o, pkt->in_if, &r))
		return false;
	c = connect(&o, pkt->in_if);
	if (unlikely(!c))
		return false;
	settled_expect_at(w, c, r.out_if);
	count(&o, &o.pre);
	count(&o, &o.post);
	rewrite(&o);
	leave(&o, pkt);
	return true;
}
