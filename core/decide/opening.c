/* SPDX-License-Identifier: BSD-2-Clause
 *
 * First packets about which there is little to decide. Until the connection is
 * in the table nothing is changed that the walk would find otherwise. */
#include "decide/opening.h"

#include "decide/chains.h"
#include "decide/conntrack.h"
#include "decide/unique.h"
#include "pure/rewrite.h"

/* The list of its socket will be asked for, and the buckets of the answer:
 * before source NAT, and after it. Where that is a matter of one address, the
 * last connection's says which bucket that is. */
ALWAYS_INLINE void expect(const struct nat_worker *w, uint64_t n_buckets,
			  const uint8_t *ip, struct stranger *f)
{
	const struct conns *s = w->view.all;
	struct hash_opening h;

	f->new_source = w->new_source ? w->new_source : load32(ip + IPV4_SRC);
	h = hash_opening(&s->key, ip + IPV4_TTL, f->new_source);
	f->source = h.source;
	f->answer = table_spot(&s->table, n_buckets, h.answer);
	f->new_answer = table_spot(&s->table, n_buckets, h.new_answer);
}

void opening_expect(const struct nat_worker *w, uint64_t n_buckets,
		    const struct nat_packet *pkt, struct flights *f,
		    uint32_t strangers)
{
	const struct bysource *sockets = &w->view.all->bysource;

	for (uint32_t left = strangers; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctz(left);

		expect(w, n_buckets, pkt[i].data, &f->stranger[i]);
	}
	for (uint32_t left = strangers; left; left &= left - 1) {
		const struct stranger *at = &f->stranger[__builtin_ctz(left)];

		bysource_prefetch(sockets, at->source);
		__builtin_prefetch(at->answer.bucket);
		__builtin_prefetch(at->new_answer.bucket, 1);
	}
}

void opening_expect_on(const struct nat_worker *w, const struct flights *f,
		       uint32_t strangers)
{
	const struct table *t = &w->view.all->table;
	const struct bysource *sockets = &w->view.all->bysource;

	for (; strangers; strangers &= strangers - 1) {
		unsigned i = (unsigned)__builtin_ctz(strangers);
		const struct stranger *at = &f->stranger[i];

		bysource_prefetch_newest(sockets, at->source);
		(void)table_aim_on(t, f->bucket[i]);
		(void)table_aim_on(t, at->answer.bucket);
		(void)table_aim_on(t, at->new_answer.bucket);
	}
}

/* What a chain was asked, and its answer. */
struct hearing {
	const struct chain *chain; /* NULL: there is none at the hook */
	const struct rule *rule;   /* NULL: the policy */
};

struct opening {
	struct nat_worker *w;
	const struct table *table;
	const struct ruleset *rules;
	struct table_spot first; /* of the packet's own tuple */
	const struct stranger *f;
	const struct packet *p;
	uint64_t n_buckets; /* as the flight's spots were found */
	struct conn_spots at;
	uint32_t src, new_src; /* the same: it stays */
	uint8_t masq_if, path; /* as in struct conn */
	const struct fib_entry *route;
	struct hearing pre, post;
};

/* As it was found, or as it is now: buckets that are split move others. */
ALWAYS_INLINE struct table_spot spot_now(const struct opening *o,
					 const struct table_spot *found)
{
	uint64_t n = o->at.tuple.n_buckets;

	return likely(n == o->n_buckets) ? *found
					 : table_spot(o->table, n, found->hash);
}

/* Of no connection as it seems, with an answer that nobody waits for, and
 * alive when it leaves. */
ALWAYS_INLINE bool begins(struct opening *o)
{
	struct table_pair *at = &o->at.tuple;

	at->n_buckets = table_buckets(o->table);
	at->spot[NAT_ORIGINAL] = spot_now(o, &o->first);
	at->spot[NAT_REPLY] = spot_now(o, &o->f->answer);
	return conntrack_opens(o->p) && o->p->ip[IPV4_TTL] > 1 &&
	       table_spot_lacks(o->table, at->n_buckets,
				at->spot[NAT_ORIGINAL]) &&
	       table_spot_lacks(o->table, at->n_buckets, at->spot[NAT_REPLY]);
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
	if (!h->chain->n_rules)
		return !h->chain->drop;
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
ALWAYS_INLINE bool goes_on(struct opening *o, uint16_t in_if)
{
	const struct nat_engine *e = o->w->engine;

	o->route = route_forward4(e->topology, &o->w->way, in_if, o->src,
				  load32(o->p->ip + IPV4_DST));
	if (unlikely(!o->route))
		return false;
	o->path = settled_path(e, in_if, o->route->out_if);
	return o->path &&
	       o->p->len <= path_room(&e->path_room, o->route->out_if);
}

/* The address that the rule puts in. */
ALWAYS_INLINE bool address(struct opening *o)
{
	const struct target *t = &o->post.rule->target;
	struct nat_addr dst, own;

	if (likely(t->kind == TARGET_SNAT)) {
		o->new_src = t->range.addr_min.w[0];
		return unique_is_address(&t->range);
	}
	dst = packet_dst_addr(o->p);
	if (t->kind != TARGET_MASQUERADE || t->range.flags || !o->src ||
	    !route_masquerade(o->w->engine->topology, o->route->out_if, 4,
			      route_next_hop(o->route, &dst), &own))
		return false;
	o->new_src = own.w[0];
	o->masq_if = (uint8_t)(o->route->out_if + 1);
	return true;
}

static bool is_any(void *found, const struct conn *c)
{
	(void)c;
	return *(bool *)found = true;
}

/* The list says that there may be one. */
static NOINLINE bool has_socket(struct bysource *sockets, const uint8_t *ip)
{
	struct nat_tuple t;
	bool found = false;

	packet_plain_tuple(ip, &t);
	bysource_walk(sockets, &t, is_any, &found);
	return found;
}

ALWAYS_INLINE bool is_first_of_socket(const struct opening *o)
{
	struct bysource *sockets = &o->w->view.all->bysource;

	return likely(!bysource_may_have(sockets, o->f->source)) ||
	       !has_socket(sockets, o->p->ip);
}

/* The source stays, or only its address changes: its socket has no connection
 * yet that says otherwise. */
ALWAYS_INLINE bool chooses_source(struct opening *o, uint16_t in_if)
{
	const struct screen_key key = {o->p, (uint8_t)in_if,
				       (uint8_t)o->route->out_if};

	if (!hear(o, NAT_HOOK_POSTROUTING, &key, &o->post))
		return false;
	o->new_src = o->src;
	o->masq_if = 0;
	return accepts(&o->post) || (address(o) && is_first_of_socket(o));
}

/* Where the answer to the packet belongs, as that will leave. */
ALWAYS_INLINE struct table_spot answer_spot(const struct opening *o,
					    const struct conn_key4 *answer)
{
	const struct hash_key *key = &o->w->view.all->key;
	uint32_t meta = hash_ipv4_meta(o->p->proto, 0);

	if (o->new_src == o->src)
		return o->at.tuple.spot[NAT_REPLY];
	if (likely(o->new_src == o->f->new_source))
		return spot_now(o, &o->f->new_answer);
	return table_spot(o->table, o->at.tuple.n_buckets,
			  conn_key4_hash(key, meta, answer));
}

/* Makes the connection and puts it in the table, provided that its answer is
 * not another's. */
ALWAYS_INLINE struct conn *connect(struct opening *o)
{
	enum { DONE = NAT_ST_SRC_NAT_DONE | NAT_ST_DST_NAT_DONE };
	struct conn_ref r = conntrack_open(o->w, o->p, o->first.hash), winner;
	struct conn_key4 *answer;

	if (unlikely(!r.conn))
		return NULL;
	answer = (struct conn_key4 *)conn_keys(r.conn) + NAT_REPLY;
	answer->dst = o->new_src;
	o->at.tuple.spot[NAT_REPLY] = answer_spot(o, answer);
	o->at.source = o->f->source;
	r.conn->masq_if = o->masq_if;
	conn_note_status(r.conn,
			 o->new_src == o->src ? DONE : DONE | NAT_ST_SRC_NAT);
	conn_set_path(r.conn, NAT_ORIGINAL, o->path);
	if (likely(conns_insert(&o->w->view, r, &o->at, &winner)))
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
	const struct departure d = {
		.out_if = o->route->out_if,
		.verdict = NAT_FORWARD,
		.state = NAT_STATE_NEW,
		.manip = o->new_src == o->src ? 0 : NAT_ST_SRC_NAT,
	};
	struct nat_stats *s = &o->w->stats;

	s->packets++;
	s->bytes += o->p->len;
	s->verdict[NAT_FORWARD]++;
	s->state[NAT_STATE_NEW]++;
	memcpy((char *)pkt + offsetof(struct nat_packet, out_if), &d,
	       sizeof(d));
	pkt->len = o->p->len;
}

/* What is found out later is set when it is: it is much, to be zeroed. */
ALWAYS_INLINE void opening_init(struct opening *o, struct nat_worker *w,
				uint64_t n_buckets, const struct flights *f,
				unsigned i)
{
	o->w = w;
	o->table = &w->view.all->table;
	o->rules = &w->engine->rules;
	o->first = (struct table_spot){f->hash[i], f->bucket[i]};
	o->f = &f->stranger[i];
	o->n_buckets = n_buckets;
}

bool opening_forward(struct nat_worker *w, uint64_t n_buckets,
		     struct nat_packet *pkt, const struct flights *f,
		     unsigned i)
{
	struct opening o;
	struct packet p;
	struct conn *c;

	if (unlikely(!conns_are_plain(&w->view)))
		return false;
	packet_parse_plain(&p, pkt->data);
	opening_init(&o, w, n_buckets, f, i);
	o.p = &p;
	o.src = load32(p.ip + IPV4_SRC);
	if (!begins(&o) || !keeps_destination(&o, pkt->in_if) ||
	    !goes_on(&o, pkt->in_if) || !chooses_source(&o, pkt->in_if))
		return false;
	c = connect(&o);
	if (unlikely(!c))
		return false;
	settled_expect_at(w, c, o.route->out_if);
	count(&o, &o.pre);
	count(&o, &o.post);
	rewrite(&o);
	leave(&o, pkt);
	return true;
}
