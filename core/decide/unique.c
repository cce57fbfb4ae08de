/* SPDX-License-Identifier: BSD-2-Clause
 * Which address and port a connection gets. */
#include "decide/unique.h"

#include <arpa/inet.h>

#include "decide/search.h"

void unique_look(struct walk *k)
{
	struct nat_tuple reply;

	if (likely(table_lacks(&k->w->view.all->table, walk_answer_hash(k))))
		return;
	conn_tuple(k->ct.conn, NAT_REPLY, &reply);
	(void)search_user(k, &reply);
}

/* One address for all, a socket that has no connection yet, its port free
 * there: so are most. */
bool unique_keeps_port(struct walk *k, const struct nat_range *range)
{
	const struct conns *s = k->w->view.all;
	struct conn *c = k->ct.conn;
	struct conn_key4 *reply = (struct conn_key4 *)conn_keys(c) + NAT_REPLY;
	struct conn_key4 now = *reply;
	uint64_t hash;

	if (!k->plain || !unique_is_address(range))
		return false;
	now.dst = range->addr_min.w[0];
	if (now.dst == reply->dst ||
	    bysource_may_have(&s->bysource, walk_source_hash(k)))
		return false;
	hash = conn_key4_hash(&s->key,
			      hash_ipv4_meta(c->proto, conn_zone(c, NAT_REPLY)),
			      &now);
	if (!table_lacks(&s->table, hash))
		return false;
	*reply = now;
	k->answer = hash;
	return true;
}

/* As search_used(), but two hosts that opened the same untranslated connection
 * towards each other at once do not stand in each other's way. */
static bool used_by_other(struct walk *k, const struct nat_tuple *answer)
{
	enum { TRANSLATED = NAT_ST_SRC_NAT | NAT_ST_DST_NAT };
	struct conn_ref r = search_user(k, answer);
	struct nat_tuple reply;

	if (!r.conn)
		return false;
	if (!proto_tolerates_clash(answer->proto) ||
	    conn_status(k->ct.conn) & (TRANSLATED | NAT_ST_SEQ_ADJUST) ||
	    conn_status(r.conn) & TRANSLATED)
		return true;
	conn_tuple(k->ct.conn, NAT_REPLY, &reply);
	return !conn_matches(r.conn, NAT_ORIGINAL, &reply);
}

static bool id_in(struct nat_tuple *answer, const struct nat_range *range,
		  enum manip m)
{
	uint16_t id = ntohs(*search_id_of(answer, m));

	return !search_has_id(answer->proto) ||
	       (range->port_min <= id && id <= range->port_max);
}

static bool source_in(struct nat_tuple *answer, const struct nat_range *range)
{
	if (range->flags & RANGE_MAP_IPS &&
	    !addr_between(&answer->dst, &range->addr_min, &range->addr_max))
		return false;
	return !(range->flags & RANGE_PROTO_SPECIFIED) ||
	       id_in(answer, range, MANIP_SRC);
}

/* What another connection of the same inside socket was given. One whose time
 * is over counts no more, however long its memory may wait to be swept: Linux's
 * may, until its next round. */
struct reuse {
	const struct conns_view *view;
	const struct nat_range *range;
	struct nat_tuple answer; /* in: ours; out: to that source */
	uint16_t zone;           /* zone_of_socket() */
	bool found;
};

static bool try_reuse(void *ctx, const struct conn *c)
{
	struct reuse *r = ctx;
	struct nat_tuple theirs, ours = r->answer;

	if (zone_of_socket(zone_of_conn(c)) != r->zone ||
	    conn_expired(c, conns_now(r->view, c)))
		return false;
	conn_tuple(c, NAT_REPLY, &theirs);
	ours.dst = theirs.dst;
	*search_id_of(&ours, MANIP_SRC) = *search_id_of(&theirs, MANIP_SRC);
	if (!source_in(&ours, r->range))
		return false;
	r->answer = ours;
	r->found = true;
	return true;
}

/* Step 1: keep the source, or give the socket the source it has already. */
static bool keep_or_reuse(const struct search *s)
{
	const struct conn *c = s->k->ct.conn;
	struct bysource *sockets = &s->k->w->engine->conns.bysource;
	bool icmp = proto_is_icmp(s->answer->proto);
	struct nat_tuple socket;
	struct reuse r;

	if (source_in(s->answer, s->range))
		return !used_by_other(s->k, s->answer);
	if (likely(!icmp &&
		   !bysource_may_have(sockets, walk_source_hash(s->k))))
		return false;
	conn_tuple(c, NAT_ORIGINAL, &socket);
	if (icmp) /* its one id is what DNAT has made of it */
		socket.src_id = s->answer->src_id;
	r.view = &s->k->w->view;
	r.range = s->range;
	r.answer = *s->answer;
	r.zone = zone_of_socket(zone_of_conn(c));
	r.found = false;
	bysource_walk(sockets, &socket, try_reuse, &r);
	if (!r.found || search_used(s->k, &r.answer))
		return false;
	*s->answer = r.answer;
	return true;
}

/* What an answer has of the packet's end @m: it comes from its destination and
 * goes to its source. */
static struct nat_addr *end_addr(struct nat_tuple *answer, enum manip m)
{
	return m == MANIP_SRC ? &answer->dst : &answer->src;
}

/* Makes the end @m the address of @range that the hash @j points at, word by
 * word: within the bounds while it is on the upper one, else anywhere. A word
 * of the destination counts for the next as it has become. */
static void put_address(const struct nat_range *range, struct nat_tuple *answer,
			enum manip m, uint32_t j)
{
	unsigned words = answer->family == 4 ? 1 : 4;
	struct nat_addr *a = end_addr(answer, m);
	bool full = false;

	for (unsigned i = 0; i < words; i++) {
		uint32_t min = full ? 0 : ntohl(range->addr_min.w[i]);
		uint32_t max = ntohl(range->addr_max.w[i]);
		/* all of them are none to Linux */
		uint32_t dist = full ? UINT32_MAX : max - min + 1;

		a->w[i] = htonl(min + (uint32_t)((uint64_t)j * dist >> 32));
		if (a->w[i] != range->addr_max.w[i])
			full = true;
		if (!(range->flags & RANGE_PERSISTENT))
			j ^= answer->src.w[i];
	}
}

/* Step 2: the address, by a hash that spreads sources over the pool and is
 * the same for everyone (spec 7.4). */
static void choose_address(const struct search *s)
{
	const struct nat_range *range = s->range;
	const struct nat_tuple *t = s->answer;
	uint32_t last = t->src.w[t->family == 4 ? 0 : 3];
	uint32_t initval = 0;

	if (!(range->flags & RANGE_MAP_IPS))
		return;
	if (addr_equal(&range->addr_min, &range->addr_max)) {
		*end_addr(s->answer, s->m) = range->addr_min;
		return;
	}
	if (!(range->flags & RANGE_PERSISTENT))
		initval = last ^ zone_id(zone_of_conn(s->k->ct.conn));
	put_address(range, s->answer, s->m,
		    hash_jenkins(t->dst.w, ARRAY_LEN(t->dst.w), initval));
}

/* Step 3: is there any need to look for another port? */
static bool id_will_do(const struct search *s)
{
	const struct nat_range *r = s->range;

	if (r->flags & RANGE_RANDOM)
		return false;
	if (!(r->flags & RANGE_PROTO_SPECIFIED))
		return !search_used(s->k, s->answer);
	return !(r->flags & RANGE_PROTO_OFFSET) && id_in(s->answer, r, s->m) &&
	       (r->port_min == r->port_max || !search_used(s->k, s->answer));
}

void unique_answer(struct walk *k, struct nat_tuple *answer,
		   const struct nat_range *range, enum manip m)
{
	struct search s = {k, answer, range, m};

	if (m == MANIP_SRC && !(range->flags & RANGE_RANDOM) &&
	    keep_or_reuse(&s))
		return;
	choose_address(&s);
	if (id_will_do(&s))
		return;
	search_id(&s);
}
