/* SPDX-License-Identifier: BSD-2-Clause
 * Ids tried one after another. */
#include "decide/probe.h"

#include <arpa/inet.h>

#include "decide/search.h"
#include "decide/zone.h"
#include "shared/tsan.h"

enum {
	HARDER_BELOW = 32, /* from here on a dying connection is robbed */
	TOGETHER = 24,
};

/* The bucket is fetched, then what that most likely names, and both have come
 * when it is looked at. */
struct probe {
	uint64_t hash;
	const struct bucket *bucket;
	const struct conn *conn; /* NULL: no guess */
	uint32_t ids;            /* hash_ids() */
	uint32_t dir;            /* of @conn */
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
	struct nat_tuple answer = p->answer;

	memcpy(&answer.src_id, &ids, sizeof(ids));
	return probe_used(p, &answer, robber);
}

/* Before the ids, which are the last word of a key. */
static unsigned pack_ends(uint64_t ends[4], const struct nat_tuple *t)
{
	const uint32_t two[2] = {t->src.w[0], t->dst.w[0]};

	if (t->family == 4) {
		memcpy(ends, two, sizeof(two));
		return 1;
	}
	memcpy(ends, &t->src, sizeof(t->src));
	memcpy(ends + 2, &t->dst, sizeof(t->dst));
	return 4;
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
		.now = v->now,
		.others = v->others,
		.worker = v->id,
	};
	struct nat_tuple own;

	s.n_ends = pack_ends(s.ends, answer);
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
	p->ahead = 1;
	p->sight = sight_of(k, answer);
}

static inline size_t key_size(const struct probe_sight *s)
{
	return s->n_ends * sizeof(s->ends[0]) + sizeof(s->own_ids);
}

static inline uint32_t id_at(const struct probes *p, uint16_t offset)
{
	return p->window.min + offset % p->window.size;
}

/* Fetches the buckets of @n probes, from @offset on. */
static inline void aim(const struct probes *p, struct probe *a, uint32_t n,
		       uint16_t offset)
{
	const struct conns *all = p->k->w->view.all;
	const uint64_t buckets = table_buckets(&all->table);
	const struct hash_key key = all->key;
	const struct hash_stem stem = p->stem;
	const uint32_t end = p->window.min + p->window.size;
	const uint32_t ids = p->ids, unit = p->id_unit;
	uint32_t id = id_at(p, offset);

	for (uint32_t i = 0; i < n; i++) {
		a[i].ids = ids + htons((uint16_t)id) * unit;
		a[i].hash = hash_with_ids(&key, &stem, a[i].ids);
		a[i].bucket = table_aim(&all->table, buckets, a[i].hash);
		if (unlikely(!++offset || ++id == end))
			id = id_at(p, offset);
	}
}

/* Fetches what these most likely name, as far as it is looked at. */
static inline void guess(const struct probes *p, struct probe *a, uint32_t n,
			 bool robber)
{
	const struct conns *all = p->k->w->view.all;
	const size_t size =
		sizeof(struct conn) + NAT_N_DIRS * key_size(&p->sight);
	const size_t last = size - 1 + (robber ? sizeof(struct tcp_track) : 0);

	for (uint32_t i = 0; i < n; i++) {
		uint32_t ref = table_guess(&all->table, a[i].bucket, a[i].hash);

		a[i].dir = ref & 1;
		a[i].conn = likely(ref) ? pool_at(&all->pool, ref >> 1) : NULL;
		__builtin_prefetch(a[i].conn);
		__builtin_prefetch((const char *)a[i].conn + last);
	}
}

static inline bool key_is(const struct probe_sight *s, const char *key,
			  uint32_t ids)
{
	const char *at = key;
	uint64_t differ = 0;
	unsigned i = 0;
	uint32_t its;

	do {
		uint64_t end;

		memcpy(&end, at, sizeof(end));
		differ |= end ^ s->ends[i];
		at += sizeof(end);
	} while (unlikely(++i < s->n_ends));
	memcpy(&its, at, sizeof(its));
	return !(differ | (its ^ ids));
}

static inline bool is_over(const struct probe_sight *s, const struct conn *c)
{
	return conn_expired(c, conn_owner(c) == s->worker ? s->now : s->others);
}

/* True: who has the answer is plain to see, and keeps it. A robber does not
 * care whether that is ourselves come twice (spec 7.3). */
static inline bool is_used(const struct probe_sight *s, const struct probe *a,
			   const struct conn *own, bool robber)
{
	const size_t size = key_size(s);
	const struct conn *c = a->conn;
	const char *key;
	uint32_t ids;

	if (unlikely(!c || (conn_head(c) ^ s->head) & s->head_mask))
		return false;
	key = conn_keys(c);
	if (unlikely(!key_is(s, key + a->dir * size, a->ids) || is_over(s, c)))
		return false;
	if (robber)
		return !is_robbable(c, a->dir) ||
		       (conn_owner(c) == s->worker &&
			tcp_state(conn_tcp(c)) < TCPS_TIME_WAIT);
	memcpy(&ids, key + size - sizeof(ids), sizeof(ids));
	return likely(ids != s->own_ids) || !conn_alike(c, own, NAT_ORIGINAL);
}

/* How many of @n from the first on are. */
static inline uint32_t count_used(const struct probes *p, const struct probe *a,
				  uint32_t n, bool robber)
{
	const struct probe_sight s = p->sight;
	const struct conn *own = p->k->ct.conn;
	uint32_t i = 0;

	if (unlikely(p->zoned))
		return 0;
	while (i < n && likely(is_used(&s, &a[i], own, robber)))
		i++;
	if (!robber)
		p->k->w->stats.found += i;
	return i;
}

/* The first of @n probes that is free, else @n. */
static inline uint32_t look(const struct probes *p, const struct probe *a,
			    uint32_t n, bool robber)
{
	uint32_t i = 0;

	for (; i < n; i++) {
		i += robber ? count_used(p, a + i, n - i, true)
			    : count_used(p, a + i, n - i, false);
		if (i == n || !look_up(p, a[i].ids, robber))
			break;
	}
	return i;
}

/* How many to fetch of @left: more, the more were in vain. */
static inline uint32_t more(struct probes *p, uint32_t left)
{
	p->ahead = (uint8_t)min_u32(2 * p->ahead, TOGETHER);
	return min_u32(left, p->ahead);
}

/* The number of the first of @n that is free, else @n. While some are looked
 * at, others are on their way. */
static uint32_t first_free(struct probes *p, uint16_t offset, uint32_t n)
{
	uint32_t peaceful = p->robber ? n - min_u32(n, HARDER_BELOW) : n;
	struct probe block[2][TOGETHER];
	uint32_t at = 0, now = min_u32(n, p->ahead), next, found, some;
	bool turn = false;

	aim(p, block[turn], now, offset);
	for (; now; at += now, now = next, turn = !turn) {
		const struct probe *a = block[turn];

		some = peaceful > at ? min_u32(now, peaceful - at) : 0;
		guess(p, block[turn], now, some < now);
		next = more(p, n - at - now);
		aim(p, block[!turn], next, (uint16_t)(offset + at + now));
		found = look(p, a, some, false);
		if (found == some)
			found += look(p, a + some, now - some, true);
		if (found < now)
			return at + found;
	}
	return n;
}

bool probes_find(struct probes *p, uint16_t offset, uint32_t n, uint16_t *id)
{
	uint32_t found = first_free(p, offset, n);
	uint32_t last = id_at(p, (uint16_t)(offset + min_u32(found, n - 1)));

	*id = htons((uint16_t)last);
	return found < n;
}
