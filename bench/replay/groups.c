/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two open-addressed tables: conversations, and datagrams in fragments. */
#include "replay/groups.h"

#include <stdlib.h>
#include <string.h>

#include "replay/keymap.h"

/* How long the identification of a datagram means the same datagram. */
#define DATAGRAM_NS UINT64_C(30000000000)

struct datagram_key {
	struct nat_addr src, dst;
	uint32_t id;
	uint16_t period;
	uint8_t proto, family;
};

struct datagram {
	struct datagram_key key;
	uint32_t origin; /* struct origin, packed */
};

struct group { /* one cache line */
	struct group_key key;
	uint32_t contention; /* see struct member */
	bool first_high;     /* the first sender is the key's second end */
	_Alignas(8) uint8_t room[GROUPS_ROOM];
};

_Static_assert(sizeof(struct group_key) == KEYMAP_KEY &&
		       sizeof(struct datagram_key) == KEYMAP_KEY,
	       "keys of one size");

struct groups {
	struct keymap group, datagram;
};

struct groups *groups_new(void)
{
	struct groups *g = malloc(sizeof(*g));

	if (!g)
		return NULL;
	keymap_init(&g->group, sizeof(struct group));
	keymap_init(&g->datagram, sizeof(struct datagram));
	return g;
}

void groups_free(struct groups *g)
{
	if (!g)
		return;
	keymap_free(&g->group);
	keymap_free(&g->datagram);
	free(g);
}

uint32_t groups_count(const struct groups *g)
{
	return g->group.n;
}

/* Request and reply have one number, other pairs other numbers. */
static uint8_t query_pair(const struct wire *w)
{
	if (w->shape.kind != WIRE_QUERY)
		return 0;
	if (w->t.family == 6 || w->icmp_type < 13)
		return 1;
	return (uint8_t)((w->icmp_type + 1) / 2);
}

/* What a datagram's first fragment tells of the others: both ports, or the
 * identifier and the pair of types of a query. */
struct origin {
	uint16_t src_id, dst_id;
	uint8_t query;
};

static uint32_t origin_pack(const struct wire *w)
{
	uint8_t query = query_pair(w);

	return (uint32_t)w->t.src_id << 16 | (query ? query : w->t.dst_id);
}

static void origin_unpack(struct origin *o, uint32_t packed, uint8_t proto)
{
	enum { ICMP = 1, ICMP6 = 58 };
	bool query = proto == ICMP || proto == ICMP6;

	o->src_id = (uint16_t)(packed >> 16);
	o->dst_id = query ? o->src_id : (uint16_t)packed;
	o->query = query ? (uint8_t)packed : 0;
}

static struct datagram_key datagram_key(const struct wire *w, uint64_t period)
{
	return (struct datagram_key){
		.src = w->t.src,
		.dst = w->t.dst,
		.id = w->datagram,
		.period = (uint16_t)period,
		.proto = w->t.proto,
		.family = w->t.family,
	};
}

bool groups_scan(struct groups *g, const struct wire *w, uint64_t time_ns)
{
	struct datagram_key key;
	struct datagram *d;
	uint32_t at;
	bool fresh;

	if (w->fragment != WIRE_FIRST)
		return true;
	key = datagram_key(w, time_ns / DATAGRAM_NS);
	if (!keymap_get(&g->datagram, &key, keymap_hash(&key), &at, &fresh))
		return false;
	d = keymap_at(&g->datagram, at);
	d->origin = origin_pack(w);
	return true;
}

/* Of a later fragment: that of the first one of its datagram, sent in the same
 * period of time or one beside it. */
static void find_origin(const struct groups *g, struct origin *o,
			const struct wire *w, uint64_t time_ns)
{
	static const int beside[] = {0, -1, 1};
	uint64_t period = time_ns / DATAGRAM_NS;

	for (unsigned i = 0; i < 3; i++) {
		struct datagram_key key =
			datagram_key(w, period + (uint64_t)beside[i]);
		const struct datagram *d;
		uint32_t at;

		if (!keymap_find(&g->datagram, &key, keymap_hash(&key), &at))
			continue;
		d = keymap_at(&g->datagram, at);
		origin_unpack(o, d->origin, w->t.proto);
		return;
	}
}

/* Whether the source comes second where ends are in order. */
static bool source_is_high(const struct nat_tuple *t, const struct origin *o)
{
	for (int i = 0; i < 4; i++)
		if (t->src.w[i] != t->dst.w[i])
			return t->src.w[i] > t->dst.w[i];
	return o->src_id > o->dst_id;
}

void groups_prepare(const struct groups *g, struct seeker *s,
		    const struct wire *w, uint64_t time_ns)
{
	struct origin o = {w->t.src_id, w->t.dst_id, query_pair(w)};

	if (w->fragment == WIRE_LATER)
		find_origin(g, &o, w, time_ns);
	s->high = source_is_high(&w->t, &o);
	s->key.addr[s->high] = w->t.src;
	s->key.addr[!s->high] = w->t.dst;
	s->key.id[s->high] = o.src_id;
	s->key.id[!s->high] = o.dst_id;
	s->key.proto = w->t.proto;
	s->key.family = w->t.family;
	s->key.query = o.query;
	s->key.zero = 0;
	s->hash = keymap_hash(&s->key);
	keymap_aim(&g->group, s->hash);
}

void groups_fetch(const struct groups *g, const struct seeker *s)
{
	keymap_fetch(&g->group, s->hash);
}

/* Of what two conversations can have in common after their clients' addresses
 * have been translated to one. */
static uint32_t contention_hash(const struct seeker *first)
{
	struct group_key common = first->key;

	common.addr[0] = first->key.addr[!first->high];
	common.addr[1] = (struct nat_addr){.w = {0}};
	common.id[0] = first->key.id[!first->high];
	common.id[1] = first->key.id[first->high];
	return keymap_hash(&common);
}

/* What there is to say of a packet of group @i from the @high end. */
static struct member member_of(const struct groups *g, uint32_t i, bool high)
{
	struct group *one = keymap_at(&g->group, i);

	return (struct member){
		.room = one->room,
		.group = i,
		.hash = one->contention,
		.from_first = one->first_high == high,
	};
}

/* Joins an error to the conversation it quotes: the sender of the error is
 * on the side of who did not send the quoted packet. */
static bool find_quoted(const struct groups *g, const uint8_t *p,
			const struct wire *w, uint64_t time_ns,
			struct member *m)
{
	struct wire quoted;
	struct seeker s;
	uint32_t at;

	if (!wire_quoted(&quoted, w, p))
		return false;
	groups_prepare(g, &s, &quoted, time_ns);
	if (!keymap_find(&g->group, &s.key, s.hash, &at))
		return false;
	*m = member_of(g, at, !s.high);
	return true;
}

bool groups_find(struct groups *g, const struct seeker *s, const uint8_t *p,
		 const struct wire *w, uint64_t time_ns, struct member *m)
{
	struct group *one;
	uint32_t at;
	bool first;

	if (w->shape.kind == WIRE_ERROR && find_quoted(g, p, w, time_ns, m))
		return true;
	if (!keymap_get(&g->group, &s->key, s->hash, &at, &first))
		return false;
	if (first) {
		one = keymap_at(&g->group, at);
		one->first_high = s->high;
		one->contention = contention_hash(s);
	}
	*m = member_of(g, at, s->high);
	m->first = first;
	return true;
}
