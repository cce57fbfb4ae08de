/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two open-addressed tables: conversations, and datagrams in fragments. */
#include "replay/groups.h"

#include <stdlib.h>
#include <string.h>

#include "replay/keymap.h"

/* How long the identification of a datagram means the same datagram. */
#define DATAGRAM_NS UINT64_C(30000000000)

struct end {
	struct nat_addr addr;
	uint16_t id;
	uint16_t zero;
};

/* Every byte of a key is compared: all of it is set. */
struct group_key {
	struct end low, high;
	uint8_t proto, family;
	uint8_t query; /* ICMP: the pair of types, counted from 1 */
	uint8_t zero;
};

struct datagram_key {
	struct nat_addr src, dst;
	uint32_t id;
	uint16_t period;
	uint8_t proto, family;
};

struct groups {
	struct keymap group;    /* value: 1 where the first sender is high */
	struct keymap datagram; /* value: its struct origin, packed */
};

struct groups *groups_new(void)
{
	struct groups *g = malloc(sizeof(*g));

	if (!g)
		return NULL;
	keymap_init(&g->group, sizeof(struct group_key));
	keymap_init(&g->datagram, sizeof(struct datagram_key));
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
	uint32_t at;
	bool fresh;

	if (w->fragment != WIRE_FIRST)
		return true;
	key = datagram_key(w, time_ns / DATAGRAM_NS);
	if (!keymap_get(&g->datagram, &key, &at, &fresh))
		return false;
	*keymap_value(&g->datagram, at) = origin_pack(w);
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
		uint32_t at;

		if (keymap_find(&g->datagram, &key, &at)) {
			origin_unpack(o, *keymap_value(&g->datagram, at),
				      w->t.proto);
			return;
		}
	}
}

/* The key of what @w belongs to; true when the sender is the high end. */
static bool make_key(const struct groups *g, struct group_key *k,
		     const struct wire *w, uint64_t time_ns)
{
	struct origin o = {w->t.src_id, w->t.dst_id, query_pair(w)};
	struct end src, dst;
	bool swap;

	if (w->fragment == WIRE_LATER)
		find_origin(g, &o, w, time_ns);
	src = (struct end){w->t.src, o.src_id, 0};
	dst = (struct end){w->t.dst, o.dst_id, 0};
	swap = memcmp(&src, &dst, sizeof(src)) > 0;
	*k = (struct group_key){
		.low = swap ? dst : src,
		.high = swap ? src : dst,
		.proto = w->t.proto,
		.family = w->t.family,
		.query = o.query,
	};
	return swap;
}

/* Of what two conversations can have in common after their clients' addresses
 * have been translated to one. */
static uint64_t contention_hash(const struct groups *g,
				const struct group_key *k, bool first_is_high)
{
	struct group_key common = *k;

	common.low = first_is_high ? k->low : k->high;
	common.high = (struct end){
		.id = first_is_high ? k->high.id : k->low.id,
	};
	return keymap_hash(&g->group, &common);
}

/* What there is to say of a packet of group @i from the @high end. */
static struct member member_of(const struct groups *g, uint32_t i,
			       const struct group_key *k, bool high)
{
	bool first_is_high = *keymap_value(&g->group, i);

	return (struct member){
		.group = i,
		.hash = contention_hash(g, k, first_is_high),
		.from_first = first_is_high == high,
	};
}

/* Joins an error to the conversation it quotes: the sender of the error is
 * on the side of who did not send the quoted packet. */
static bool find_quoted(const struct groups *g, const uint8_t *p,
			const struct wire *w, uint64_t time_ns,
			struct member *m)
{
	struct wire quoted;
	struct group_key key;
	uint32_t at;
	bool high;

	if (!wire_quoted(&quoted, w, p))
		return false;
	high = make_key(g, &key, &quoted, time_ns);
	if (!keymap_find(&g->group, &key, &at))
		return false;
	*m = member_of(g, at, &key, !high);
	return true;
}

bool groups_find(struct groups *g, const uint8_t *p, const struct wire *w,
		 uint64_t time_ns, struct member *m)
{
	struct group_key key;
	bool high, first;
	uint32_t at;

	if (w->shape.kind == WIRE_ERROR && find_quoted(g, p, w, time_ns, m))
		return true;
	high = make_key(g, &key, w, time_ns);
	if (!keymap_get(&g->group, &key, &at, &first))
		return false;
	if (first)
		*keymap_value(&g->group, at) = high;
	*m = member_of(g, at, &key, high);
	m->first = first;
	return true;
}
