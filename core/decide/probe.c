/* SPDX-License-Identifier: BSD-2-Clause
 * Ids tried one after another. */
#include "decide/probe.h"

#include <arpa/inet.h>

#include "decide/search.h"
#include "decide/zone.h"
#include "shared/tsan.h"

enum {
	HARDER_BELOW = 32, /* from here on a dying connection is robbed */
	/* Blocks that are ahead: guessed, and aimed at, first and later. */
	GUESSED = 1,
	AIMED_FIRST = 1,
	AIMED = PROBE_BLOCKS - 1,
};

/* What a connection has whose port may be taken. */
static inline bool is_robbable(const struct conn *c, unsigned dir)
{
	uint16_t status = conn_status(c);

	return dir == NAT_REPLY && status & NAT_ST_SRC_NAT &&
	       !(status & (NAT_ST_FIXED_TIMEOUT | NAT_ST_DYING)) &&
	       c->proto == PROTO_TCP;
}

/* Looked at without entering, which takes a connection away from its worker for
 * good. */
static bool seems_over(const struct conn *c, const struct tcp_track *robber)
{
	bool may;

	tsan_glance_begin();
	may = tcp_may_evict(robber, conn_tcp(c));
	tsan_glance_end();
	return may;
}

/* Takes the port from a connection that is nearly over, for a SYN that can
 * only belong to a later one. */
static bool rob(struct walk *k, struct conn_ref r)
{
	const struct tcp_track *own = conn_tcp(k->ct.conn);
	bool may, locked;

	if (!is_robbable(r.conn, r.dir) || !seems_over(r.conn, own))
		return false;
	locked = conns_enter(&k->w->view, r.conn);
	may = tcp_may_evict(own, conn_tcp(r.conn));
	conns_leave(r.conn, locked);
	return may && conns_kill(&k->w->view, r);
}

/* True of a SYN: late in its search it may rob. */
static bool is_robber(const struct walk *k)
{
	const struct conn *c = k->ct.conn;

	return c->proto == PROTO_TCP && tcp_state(conn_tcp(c)) == TCPS_SYN_SENT;
}

bool probe_used(const struct probes *p, const struct nat_tuple *answer,
		bool robber)
{
	struct walk *k = p->k;
	struct conn_ref r;

	if (!robber || !p->robber)
		return search_used(k, answer);
	r = zone_find(k, answer, zone_of_conn(k->ct.conn));
	return r.conn && !rob(k, r);
}

static NOINLINE bool look_up(const struct probes *p, uint32_t ids, bool robber)
{
	const struct conns *all = p->k->w->view.all;
	struct nat_tuple answer = p->answer;

	if (!p->zoned &&
	    table_lacks(&all->table, hash_with_ids(&all->key, &p->stem, ids)))
		return false;
	memcpy(&answer.src_id, &ids, sizeof(ids));
	return probe_used(p, &answer, robber);
}

/* Before the ids, which are the last word of a key. */
static void pack_ends(uint64_t ends[4], const struct nat_tuple *t)
{
	const uint32_t two[2] = {t->src.w[0], t->dst.w[0]};

	if (t->family == 4) {
		memcpy(ends, two, sizeof(two));
	} else {
		memcpy(ends, &t->src, sizeof(t->src));
		memcpy(ends + 2, &t->dst, sizeof(t->dst));
	}
}
static_assert(offsetof(struct conn_key4, src_id) == sizeof(uint64_t) &&
		      offsetof(struct conn_key6, src_id) ==
			      4 * sizeof(uint64_t) &&
		      sizeof(struct conn_key6) == 4 * sizeof(uint64_t) + 4,
	      "ends, then ids");

static struct probe_sight sight_of(const struct walk *k,
				   const struct nat_tuple *answer)
{
	const struct conns_view *v = &k->w->view;
	struct probe_sight s = {
		.head = conn_head_of(0, 0, answer->proto, answer->family),
		.head_mask = conn_head_of(NAT_ST_DYING, 0, UINT8_MAX,
					  CONN_FAMILY | CONN_ZONE),
		.now = ticks_reached(v->now, v->others) ? v->now : v->others,
	};
	struct nat_tuple own;

	pack_ends(s.ends, answer);
	conn_tuple(k->ct.conn, NAT_ORIGINAL, &own);
	s.own_ids = hash_ids(own.src_id, own.dst_id);
	return s;
}

void probes_init(struct probes *p, struct walk *k,
		 const struct nat_tuple *answer, struct id_window window,
		 bool last)
{
	p->k = k;
	p->answer = *answer;
	p->window = window;
	p->stem = hash_stem_of(answer);
	p->ids = last ? hash_ids(answer->src_id, 0)
		      : hash_ids(0, answer->dst_id);
	p->id_unit = last ? hash_ids(0, 1) : hash_ids(1, 0);
	p->robber = is_robber(k);
	p->zoned = zone_in_use(k);
	p->n_rounds = 0;
	p->next_round = p->next_at = 0;
	p->aimed = p->guessed = p->looked = 0;
	p->sight = sight_of(k, answer);
}

static inline uint32_t id_at(const struct probes *p, uint16_t offset)
{
	return p->window.min + offset % p->window.size;
}

/* So many of @n are tried before the rest may rob. */
static inline uint32_t peaceful(const struct probes *p, uint32_t n)
{
	return p->robber ? n - min_u32(n, HARDER_BELOW) : n;
}

/* How many to take together, from number @at of a round on: in a row, alike,
 * and more, the more were in vain. */
static inline uint32_t block_size(const struct probes *p, struct probe_round r,
				  uint32_t at)
{
	const uint32_t most = 1u << min_u32(p->aimed, PROBE_BLOCK_LOG);
	const uint32_t alike = peaceful(p, r.n);
	const uint32_t offset = (uint16_t)(r.offset + at);
	const uint32_t size = p->window.size;
	uint32_t n = min_u32(most, (at < alike ? alike : r.n) - at);

	n = min_u32(n, UINT16_MAX + 1 - offset);
	return min_u32(n, size - offset % size);
}

/* The ids of a block, from @id on, and the hashes of the answers that have
 * them; whole rows of both. */
static inline void fill(const struct probes *p, struct probe_block *b,
			uint32_t id)
{
	const struct hash_key key = p->k->w->view.all->key;
	const struct hash_stem *stem = &p->stem;
	const uint32_t other = p->ids, unit = p->id_unit;
	const lanes4 nth = {0, 1, 2, 3};

	for (size_t i = 0, n = b->n; i < n; i += HASH_ROW) {
		lanes4 row =
			lanes4_htons(nth + (id + (uint32_t)i)) * unit + other;

		lanes4_store(b->ids + i, row);
		hash_with_row(&key, stem, row, b->hash + i);
	}
}

/* Takes what is tried next; nothing, if that is all. */
static inline void take(struct probes *p, struct probe_block *b)
{
	struct probe_round r;

	b->n = 0;
	if (p->next_round == p->n_rounds)
		return;
	r = p->round[p->next_round];
	b->at = p->next_at;
	b->n = block_size(p, r, b->at);
	b->robber = b->at >= peaceful(p, r.n);
	p->next_at += b->n;
	if (p->next_at == r.n) {
		p->next_at = 0;
		p->next_round++;
	}
	fill(p, b, id_at(p, (uint16_t)(r.offset + b->at)));
}

/* Fetches the buckets of what is tried next. */
static inline void aim(struct probes *p, struct probe_block *b)
{
	const struct table *t = &p->k->w->view.all->table;
	const uint64_t buckets = table_buckets(t);

	take(p, b);
	for (size_t i = 0, n = b->n; i < n; i++)
		b->to[i].bucket = table_aim(t, buckets, b->hash[i]);
}

/* Fetches what these most likely name, as far as it is looked at: an answer
 * nearly always is somebody's answer. */
static inline void guess(const struct probes *p, struct probe_block *b)
{
	const struct conns *all = p->k->w->view.all;
	const size_t size =
		sizeof(struct conn) + conn_keys_size(p->answer.family);
	const size_t last =
		size - 1 + (b->robber ? sizeof(struct tcp_track) : 0);

	for (size_t i = 0, n = b->n; i < n; i++) {
		uint32_t ref =
			table_guess(&all->table, b->to[i].bucket, b->hash[i]);
		const struct conn *c = pool_at(&all->pool, ref >> 1);

		b->to[i].conn = likely(ref & NAT_REPLY) ? c : NULL;
		__builtin_prefetch(c);
		__builtin_prefetch((const char *)c + last);
	}
}

static NOINLINE bool ends_are6(const struct probe_sight *s, const char *key)
{
	return !memcmp(key, s->ends, sizeof(s->ends));
}

/* True: who has the answer is plain to see, and keeps it. A robber does not
 * care whether that is ourselves come twice (spec 7.3). */
ALWAYS_INLINE bool is_used(const struct probe_sight *s, const struct conn *c,
			   uint32_t ids, const struct conn *own,
			   unsigned family, bool robber)
{
	const size_t size = family == 4 ? sizeof(struct conn_key4)
					: sizeof(struct conn_key6);
	const char *original = conn_keys(c), *answer = original + size;
	uint32_t its_ids, its_own;
	uint64_t end;

	if (unlikely(!c || (conn_head(c) ^ s->head) & s->head_mask))
		return false;
	memcpy(&end, answer, sizeof(end));
	memcpy(&its_ids, answer + size - sizeof(its_ids), sizeof(its_ids));
	if (unlikely((end ^ s->ends[0]) | (its_ids ^ ids)) ||
	    (family == 6 && !ends_are6(s, answer)) ||
	    unlikely(conn_expired(c, s->now)))
		return false;
	if (robber)
		return tcp_state((const void *)(answer + size)) <
		       TCPS_TIME_WAIT;
	memcpy(&its_own, original + size - sizeof(its_own), sizeof(its_own));
	return likely(its_own != s->own_ids) ||
	       !conn_alike(c, own, NAT_ORIGINAL);
}

/* The first from @i on of which that is not so. */
ALWAYS_INLINE uint32_t pass_used(const struct probes *p,
				 const struct probe_block *b, uint32_t i,
				 unsigned family, bool robber)
{
	const struct conn *own = p->k->ct.conn;
	const uint32_t n = b->n;

	while (i < n && likely(is_used(&p->sight, b->to[i].conn, b->ids[i], own,
				       family, robber)))
		i++;
	return i;
}

static inline uint32_t pass(const struct probes *p, const struct probe_block *b,
			    uint32_t i)
{
	const bool v4 = likely(p->answer.family == 4);
	uint32_t to;

	if (unlikely(p->zoned))
		return i;
	if (b->robber) {
		tsan_glance_begin();
		to = v4 ? pass_used(p, b, i, 4, true)
			: pass_used(p, b, i, 6, true);
		tsan_glance_end();
	} else {
		to = v4 ? pass_used(p, b, i, 4, false)
			: pass_used(p, b, i, 6, false);
		p->k->w->stats.found += to - i;
	}
	return to;
}

/* The first that is free, else how many there are. */
static inline uint32_t look(const struct probes *p, const struct probe_block *b)
{
	uint32_t i = 0;

	while ((i = pass(p, b, i)) < b->n && look_up(p, b->ids[i], b->robber))
		i++;
	return i;
}

static inline struct probe_block *block_at(struct probes *p, uint32_t i)
{
	return &p->block[i % PROBE_BLOCKS];
}

/* Runs ahead of what is looked at, further when much was in vain. */
static inline void run_ahead(struct probes *p)
{
	const uint32_t guessed = p->looked + 1 + GUESSED;
	const uint32_t aimed = p->looked + 1 +
			       (p->looked < PROBE_BLOCKS ? AIMED_FIRST : AIMED);

	if (!p->aimed)
		aim(p, block_at(p, p->aimed++));
	for (; p->guessed < min_u32(p->aimed, guessed); p->guessed++)
		guess(p, block_at(p, p->guessed));
	for (; p->aimed < aimed; p->aimed++)
		aim(p, block_at(p, p->aimed));
}

bool probes_find(struct probes *p, const struct probe_round *r, uint16_t *id)
{
	const struct probe_block *b;
	uint32_t at, found;

	do {
		run_ahead(p);
		b = block_at(p, p->looked++);
		found = look(p, b);
		at = b->at + found;
	} while (found == b->n && at < r->n);
	*id = htons((uint16_t)id_at(
		p, (uint16_t)(r->offset + min_u32(at, r->n - 1))));
	return at < r->n;
}
