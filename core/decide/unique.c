/* SPDX-License-Identifier: BSD-2-Clause
 * Which address and port a connection gets. */
#include "decide/unique.h"

#include <arpa/inet.h>

#include "decide/choice.h"
#include "decide/zone.h"
#include "pure/hash.h"

enum { /* the port search: spec 7.5 */
       MAX_ATTEMPTS = 128,
       MIN_ATTEMPTS = 16,
       PROBES_AHEAD = 16, /* in flight together */
       HARDER_BELOW = 32, /* from here on a dying connection is robbed */
       RANDOM_FLAGS = RANGE_PROTO_RANDOM | RANGE_RANDOM_FULLY,
};

/* Everything here is said of the answer: who has it already is the question,
 * and what the packet itself will look like follows from it. */
struct search {
	struct walk *k;
	struct nat_tuple *answer;
	const struct nat_range *range;
	enum manip m;
};

/* What an answer has of the packet's end @m: it comes from its destination and
 * goes to its source. */
static struct nat_addr *end_addr(struct nat_tuple *answer, enum manip m)
{
	return m == MANIP_SRC ? &answer->dst : &answer->src;
}

/* ICMP has one id, which stays where it is in both directions. */
static uint16_t *end_id(struct nat_tuple *answer, enum manip m)
{
	return m == MANIP_SRC && !proto_is_icmp(answer->proto)
		       ? &answer->dst_id
		       : &answer->src_id;
}

static bool proto_has_id(uint8_t proto)
{
	return proto_has_ports(proto) || proto_is_icmp(proto);
}

/* A connection with our own original tuple is ourselves come twice (spec 7.3).
 */
static struct conn_ref unless_own(struct walk *k, struct conn_ref r)
{
	if (unlikely(conn_alike(r.conn, k->ct.conn, NAT_ORIGINAL)))
		return (struct conn_ref){0};
	k->w->stats.found++;
	return r;
}

/* Who has @answer already. */
static inline struct conn_ref user_of(struct walk *k,
				      const struct nat_tuple *answer)
{
	struct conn_ref r = zone_find_own_answer(k, answer);

	return likely(!r.conn) ? r : unless_own(k, r);
}

static bool used(struct walk *k, const struct nat_tuple *answer)
{
	return user_of(k, answer).conn;
}

void unique_look(struct walk *k)
{
	struct nat_tuple reply;

	if (likely(table_lacks(&k->w->view.all->table, walk_answer_hash(k))))
		return;
	conn_tuple(k->ct.conn, NAT_REPLY, &reply);
	(void)user_of(k, &reply);
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

	if (!k->plain || range->flags != RANGE_MAP_IPS ||
	    !addr_equal(&range->addr_min, &range->addr_max))
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

/* As used(), but two hosts that opened the same untranslated connection
 * towards each other at once do not stand in each other's way. */
static bool used_by_other(struct walk *k, const struct nat_tuple *answer)
{
	enum { TRANSLATED = NAT_ST_SRC_NAT | NAT_ST_DST_NAT };
	struct conn_ref r = user_of(k, answer);
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

/* Takes the port from a connection that is nearly over, for a SYN that can
 * only belong to a later one. */
static bool rob(struct walk *k, struct conn_ref r)
{
	uint16_t status = conn_status(r.conn);
	bool may, locked;

	if (r.dir != NAT_REPLY || !(status & NAT_ST_SRC_NAT) ||
	    status & (NAT_ST_FIXED_TIMEOUT | NAT_ST_DYING) ||
	    r.conn->proto != PROTO_TCP)
		return false;
	locked = conns_enter(&k->w->view, r.conn);
	may = tcp_may_evict(conn_tcp(k->ct.conn), conn_tcp(r.conn));
	conns_leave(r.conn, locked);
	return may && conns_kill(&k->w->view, r);
}

static bool used_harder(struct walk *k, const struct nat_tuple *answer,
			uint32_t attempts_left)
{
	struct conn_ref r;

	if (attempts_left > HARDER_BELOW || answer->proto != PROTO_TCP ||
	    tcp_state(conn_tcp(k->ct.conn)) != TCPS_SYN_SENT)
		return used(k, answer);
	r = zone_find(k, answer, zone_of_conn(k->ct.conn));
	return r.conn && !rob(k, r);
}

static bool id_in(struct nat_tuple *answer, const struct nat_range *range,
		  enum manip m)
{
	uint16_t id = ntohs(*end_id(answer, m));

	return !proto_has_id(answer->proto) ||
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

/* What another connection of the same inside socket was given. */
struct reuse {
	const struct nat_range *range;
	struct nat_tuple answer; /* in: ours; out: to that source */
	uint16_t zone;           /* zone_of_socket() */
	bool found;
};

static bool try_reuse(void *ctx, const struct conn *c)
{
	struct reuse *r = ctx;
	struct nat_tuple theirs, ours = r->answer;

	if (zone_of_socket(zone_of_conn(c)) != r->zone)
		return false;
	conn_tuple(c, NAT_REPLY, &theirs);
	ours.dst = theirs.dst;
	*end_id(&ours, MANIP_SRC) = *end_id(&theirs, MANIP_SRC);
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
	r.range = s->range;
	r.answer = *s->answer;
	r.zone = zone_of_socket(zone_of_conn(c));
	r.found = false;
	bysource_walk(sockets, &socket, try_reuse, &r);
	if (!r.found || used(s->k, &r.answer))
		return false;
	*s->answer = r.answer;
	return true;
}

/* The address of @range that the hash @j points at, word by word: within the
 * bounds while it is on the upper one, else anywhere. */
static struct nat_addr address_at(const struct nat_range *range,
				  const struct nat_tuple *answer, uint32_t j)
{
	unsigned words = answer->family == 4 ? 1 : 4;
	struct nat_addr a = {{0}};
	bool full = false;

	for (unsigned i = 0; i < words; i++) {
		uint32_t min = full ? 0 : ntohl(range->addr_min.w[i]);
		uint32_t max = ntohl(range->addr_max.w[i]);
		uint64_t dist = full ? UINT32_MAX : (uint64_t)max - min + 1;

		a.w[i] = htonl(min + (uint32_t)(j * dist >> 32));
		if (a.w[i] != range->addr_max.w[i])
			full = true;
		if (!(range->flags & RANGE_PERSISTENT))
			j ^= answer->src.w[i];
	}
	return a;
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
	*end_addr(s->answer, s->m) = address_at(
		range, t, hash_jenkins(t->dst.w, ARRAY_LEN(t->dst.w), initval));
}

/* Step 3: is there any need to look for another port? */
static bool id_will_do(const struct search *s)
{
	const struct nat_range *r = s->range;

	if (r->flags & RANDOM_FLAGS)
		return false;
	if (!(r->flags & RANGE_PROTO_SPECIFIED))
		return !used(s->k, s->answer);
	return !(r->flags & RANGE_PROTO_OFFSET) && id_in(s->answer, r, s->m) &&
	       (r->port_min == r->port_max || !used(s->k, s->answer));
}

struct window {
	uint32_t min, size;
};

/* Unspecified, a port stays in its class: privileged ports privileged. */
static struct window source_class(uint16_t port)
{
	if (port < 512)
		return (struct window){1, 511};
	if (port < 1024)
		return (struct window){600, 1023 - 600 + 1};
	return (struct window){1024, 65535 - 1024 + 1};
}

static bool search_window(const struct search *s, struct window *w)
{
	const struct nat_range *r = s->range;

	if (!proto_has_id(s->answer->proto))
		return false;
	if (r->flags & RANGE_PROTO_SPECIFIED) {
		uint32_t a = r->port_min, b = r->port_max;

		*w = (struct window){a < b ? a : b,
				     (a < b ? b - a : a - b) + 1};
		return true;
	}
	if (proto_is_icmp(s->answer->proto)) {
		*w = (struct window){0, 65536};
		return true;
	}
	if (s->m == MANIP_DST)
		return false;
	*w = source_class(ntohs(*end_id(s->answer, s->m)));
	return true;
}

/* Where the first round begins; true: anywhere, at random. */
static bool first_offset(const struct search *s, uint16_t *offset)
{
	const struct nat_range *r = s->range;

	*offset = 0;
	if (r->flags & RANGE_PROTO_OFFSET)
		*offset = (uint16_t)(ntohs(*end_id(s->answer, s->m)) -
				     r->port_base);
	else
		return r->flags & RANDOM_FLAGS || s->m == MANIP_SRC;
	return false;
}

/* Takes the id that somebody else has drawn, if that was free. */
static bool chosen(const struct search *s, const struct window *w)
{
	uint16_t *id = end_id(s->answer, s->m), own = *id;
	int other = choice_id(s->k, s->m, (uint16_t)w->min,
			      (uint16_t)(w->min + w->size - 1));

	if (likely(other < 0))
		return false;
	*id = htons((uint16_t)other);
	if (!used_harder(s->k, s->answer, 0))
		return true;
	*id = own;
	return false;
}

/* The next probes' buckets, then what those name, are on their way before the
 * first is looked at. */
static void fetch_ahead(const struct search *s, const struct window *w,
			uint16_t offset, uint32_t n)
{
	const struct conns *all = s->k->w->view.all;
	uint64_t buckets = table_buckets(&all->table), hash[PROBES_AHEAD];
	const struct bucket *bucket[PROBES_AHEAD];
	struct nat_tuple probe = *s->answer;
	uint16_t *id = end_id(&probe, s->m);
	struct conn_ref none;

	for (uint32_t i = 0; i < n; i++, offset++) {
		*id = htons((uint16_t)(w->min + offset % w->size));
		hash[i] = conns_hash(&s->k->w->view, &probe);
		bucket[i] = table_aim(&all->table, buckets, hash[i]);
	}
	for (uint32_t i = 0; i < n; i++)
		(void)conns_guess(all, bucket[i], hash[i], &none);
}

/* Step 4: rounds of probes, each from another place and half as long. The
 * last key tried stays, free or not. */
static void search_id(const struct search *s)
{
	uint16_t *id = end_id(s->answer, s->m);
	struct window w;
	uint32_t attempts;
	uint16_t offset;
	bool anywhere;

	if (!search_window(s, &w))
		return;
	anywhere = first_offset(s, &offset);
	attempts = min_u32(w.size, MAX_ATTEMPTS);
	for (;; anywhere = true) {
		if (anywhere && chosen(s, &w))
			return;
		if (anywhere)
			offset = random_u16(&s->k->w->random);
		for (uint32_t i = 0; i < attempts; i++, offset++) {
			if (i % PROBES_AHEAD == 1)
				fetch_ahead(
					s, &w, offset,
					min_u32(attempts - i, PROBES_AHEAD));
			*id = htons((uint16_t)(w.min + offset % w.size));
			if (!used_harder(s->k, s->answer, attempts - i))
				return;
		}
		if (attempts >= w.size || attempts < MIN_ATTEMPTS)
			return;
		attempts /= 2;
	}
}

void unique_answer(struct walk *k, struct nat_tuple *answer,
		   const struct nat_range *range, enum manip m)
{
	struct search s = {k, answer, range, m};

	if (m == MANIP_SRC && !(range->flags & RANDOM_FLAGS) &&
	    keep_or_reuse(&s))
		return;
	choose_address(&s);
	if (id_will_do(&s))
		return;
	search_id(&s);
}
