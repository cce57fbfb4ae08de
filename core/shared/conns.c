/* SPDX-License-Identifier: BSD-2-Clause
 * All connections: found, made, confirmed, ended. */
#include "shared/conns.h"

#include <errno.h>

/* Heads of bysource lists where no limit says how many there will be. */
enum { UNLIMITED_CONNECTIONS = 1 << 21 };

/* The kernel looks at as many buckets for something to drop early. */
enum { EARLY_DROP_BUCKETS = 8 };

enum { CLASH_TIMEOUT_S = 1 };

/* Connections that end one after another, once all they touch is fetched. */
enum { END_TOGETHER = 16 };

/* Made ready by one call of conns_maintain(): what 9 million new connections a
 * second use up in 10 ms. */
enum { SLABS_AHEAD = 4, SPLITS_AT_ONCE = 1 << 15 };

int conns_init(struct conns *s, uint64_t seed, uint32_t max, uint8_t extensions)
{
	memset(s, 0, sizeof(*s));
	s->key = hash_key_new(seed);
	s->places.max = max;
	s->extensions = extensions;
	if (table_init(&s->table, TABLE_MIN_LOG))
		return -ENOMEM;
	if (bysource_init(&s->bysource, &s->pool, &s->key,
			  max ? max : UNLIMITED_CONNECTIONS)) {
		table_fini(&s->table);
		return -ENOMEM;
	}
	pool_init(&s->pool, NULL);
	return 0;
}

void conns_fini(struct conns *s)
{
	bysource_fini(&s->bysource);
	table_fini(&s->table);
	pool_fini(&s->pool);
}

void conns_view_init(struct conns_view *v, struct conns *s, uint8_t id,
		     bool alone)
{
	*v = (struct conns_view){.all = s, .id = id, .alone = alone};
	pool_cache_init(&v->cache, &s->pool);
	v->cache.sole = alone;
}

void conns_view_fini(struct conns_view *v)
{
	places_close(&v->all->places, &v->stock);
	table_hand_close(&v->all->table, &v->hand);
	pool_cache_fini(&v->cache);
}

void conns_view_idle(struct conns_view *v)
{
	places_return(&v->all->places, &v->stock, 0);
	table_hand_close(&v->all->table, &v->hand);
	pool_cache_idle(&v->cache);
}

int conns_maintain(struct conns *s, bool alone)
{
	bool pool = pool_reserve(&s->pool, SLABS_AHEAD);
	struct table_hand hand = {0};
	bool table =
		table_maintain(&s->table, &hand, alone ? 0 : SPLITS_AT_ONCE);

	table_hand_close(&s->table, &hand);
	return pool && table ? 0 : -ENOMEM;
}

/* Who comes first takes the connection from its owner, for good, and holds the
 * lock meanwhile. Our turn is over before we wait for anything. */
bool conns_enter_foreign(const struct conns_view *v, struct conn *c)
{
	uint8_t owner;

	if (!v->alone)
		turn_end(&v->all->turns, v->id);
	conn_lock(c);
	owner = conn_owner(c);
	if (owner != CONN_NO_OWNER) {
		(void)atomic_exchange_explicit(&c->owner, CONN_NO_OWNER,
					       memory_order_seq_cst);
		turn_wait(&v->all->turns, owner);
	}
	conns_begin(v);
	return true;
}

/* Of a view that is alone none but onlookers know what has ended, and who comes
 * to look from now on sees that it has. Then its memory needs no grace period,
 * which takes as long as the machine likes: where connections lie decides in
 * which order they are swept. */
void conns_reuse_dead(struct conns_view *v)
{
	/* Who adds himself after this reads what was written before. */
	if (atomic_fetch_add_explicit(&v->all->onlookers, 0,
				      memory_order_acq_rel))
		pool_cache_idle(&v->cache);
	else
		pool_cache_recycle(&v->cache);
}

static uint32_t make_ref(uint32_t index, enum nat_dir dir)
{
	return index << 1 | dir;
}

/* Who finds a connection past its time ends it, and goes on as if it had not
 * been there. */
static bool ended(struct conns_view *v, struct conn_ref r)
{
	if (conn_status(r.conn) & NAT_ST_DYING)
		return true;
	if (likely(!conn_expired(r.conn, conns_now(v, r.conn))))
		return false;
	if (conns_kill(v, r))
		v->stats.expired++;
	return true;
}

/* @r, unless it is another's or over. */
static bool is_it(struct conns_view *v, struct conn_ref r,
		  const struct nat_tuple *t)
{
	return likely(conn_matches(r.conn, (enum nat_dir)r.dir, t)) &&
	       likely(!ended(v, r));
}

struct conn_ref conns_search(struct conns_view *v, const struct nat_tuple *t,
			     uint64_t hash)
{
	struct table_probe p;
	uint32_t ref;

	table_for_each_candidate(&v->all->table, &p, hash, ref)
	{
		struct conn_ref r = conns_deref(v, ref);

		if (likely(is_it(v, r, t)))
			return r;
	}
	return (struct conn_ref){0};
}

static uint32_t serial(const struct conn *c)
{
	const struct conn_zoned *z = conn_zoned(c);

	return z ? z->serial : 0;
}

static bool is_newer(const struct conn *a, const struct conn *than)
{
	return !than || (int32_t)(serial(a) - serial(than)) > 0;
}

struct conn_ref conns_find_zoned(struct conns_view *v,
				 const struct nat_tuple t[NAT_N_DIRS],
				 uint64_t hash)
{
	struct conn_ref newest = {0};
	struct table_probe p;
	uint32_t ref;

	table_for_each_candidate(&v->all->table, &p, hash, ref)
	{
		struct conn_ref r = conns_deref(v, ref);

		if (is_it(v, r, &t[r.dir]) && is_newer(r.conn, newest.conn))
			newest = r;
	}
	return newest;
}

/* Everything that can go in the first bucket where anything can. */
static bool early_drop_in(struct conns_view *v, uint64_t hash)
{
	struct table_iter it;
	bool dropped = false;
	uint32_t ref;

	table_iter_start(&v->all->table, &it, hash, 1);
	while ((ref = table_iter_next(&v->all->table, &it))) {
		struct conn_ref r = conns_deref(v, ref);

		if (conn_status(r.conn) & NAT_ST_ASSURED &&
		    !conn_expired(r.conn, conns_now(v, r.conn)))
			continue;
		if (conns_kill(v, r)) {
			v->stats.early_drop++;
			dropped = true;
		}
	}
	return dropped;
}

static NOINLINE bool early_drop(struct conns_view *v, uint64_t hash)
{
	for (unsigned i = 0; i < EARLY_DROP_BUCKETS; i++)
		if (early_drop_in(v, hash + i))
			return true;
	return false;
}

static void uncount(struct conns_view *v)
{
	places_give(&v->all->places, &v->stock);
}

/* Takes a place among the connections allowed. */
ALWAYS_INLINE bool count_in(struct conns_view *v, uint64_t hash)
{
	if (likely(places_take(&v->all->places, &v->stock)) ||
	    early_drop(v, hash))
		return true;
	uncount(v);
	return false;
}

/* A connection that is made now: what it is, and how long. */
struct plan {
	uint8_t layout, proto;
	uint32_t size;
};

static struct plan plan_of(const struct conns_view *v,
			   const struct nat_tuple *orig)
{
	uint8_t layout =
		orig->family | v->all->extensions | (v->ended ? CONN_WATCH : 0);

	return (struct plan){layout, orig->proto,
			     conn_size(layout, orig->proto)};
}

/* What was in the memory before is of no interest, but a sweeper may be
 * looking: status first, so that it takes the rest for nobody's. */
ALWAYS_INLINE void conn_init(struct conn *c, const struct conns_view *v,
			     const struct plan *plan)
{
	struct conn_watch *watch;
	uint32_t keys_end;

	conn_set_head(c, conn_head_of(0, v->id, plan->proto, plan->layout));
	conn_set_timeout(c, 0);
	atomic_store_explicit(&c->source_next, 0, memory_order_relaxed);
	atomic_store_explicit(&c->source_prev, 0, memory_order_relaxed);
	keys_end = (uint32_t)sizeof(*c) +
		   conn_keys_size(plan->layout & CONN_FAMILY);
	memset((char *)c + keys_end, 0, plan->size - keys_end);
	watch = conn_watch(c);
	if (unlikely(watch))
		watch->told = v->ended ? UINT16_MAX : 0;
}

ALWAYS_INLINE struct conn_ref
make(struct conns_view *v, const struct plan *plan, uint64_t hash, bool *full)
{
	struct conn_ref r = {0};

	if (!count_in(v, hash)) {
		*full = true;
		return r;
	}
	r.index = pool_alloc(&v->cache, pool_units(plan->size));
	if (unlikely(!r.index)) {
		uncount(v);
		return r;
	}
	r.conn = pool_at(&v->all->pool, r.index);
	conn_init(r.conn, v, plan);
	return r;
}

struct conn_ref conns_new(struct conns_view *v, const struct nat_tuple *orig,
			  uint64_t hash, bool *full)
{
	struct plan plan = plan_of(v, orig);
	struct conn_ref r = make(v, &plan, hash, full);

	if (likely(r.conn))
		conn_set_tuple(r.conn, NAT_ORIGINAL, orig);
	return r;
}

struct conn_ref conns_new_plain(struct conns_view *v, bool tcp,
				const struct conn_key4 *orig, uint64_t hash)
{
	const struct plan of_tcp = {4, PROTO_TCP, conn_size(4, PROTO_TCP)};
	const struct plan of_udp = {4, PROTO_UDP, conn_size(4, PROTO_UDP)};
	struct conn_key4 *key;
	struct conn_ref r;
	bool full;

	r = tcp ? make(v, &of_tcp, hash, &full) : make(v, &of_udp, hash, &full);
	if (unlikely(!r.conn))
		return r;
	key = conn_keys(r.conn);
	key[NAT_ORIGINAL] = *orig;
	key[NAT_REPLY] = conn_key4_invert(*orig);
	return r;
}

void conns_discard(struct conns_view *v, struct conn_ref r)
{
	pool_free_now(&v->cache, r.index);
	uncount(v);
}

ALWAYS_INLINE void hash_all(const struct conns *s, const struct conn *c,
			    struct conn_hashes *h)
{
	const struct conn_key4 *k = conn_keys(c);
	uint32_t meta = hash_ipv4_meta(c->proto, 0);

	if (unlikely(conn_family(c) != 4 || conn_zoned(c))) {
		h->tuple[NAT_ORIGINAL] = conns_hash_of(s, c, NAT_ORIGINAL);
		h->tuple[NAT_REPLY] = conns_hash_of(s, c, NAT_REPLY);
		h->source = bysource_hash(&s->bysource, c);
		return;
	}
	h->tuple[NAT_ORIGINAL] =
		conn_key4_hash(&s->key, meta, &k[NAT_ORIGINAL]);
	h->tuple[NAT_REPLY] = conn_key4_hash(&s->key, meta, &k[NAT_REPLY]);
	h->source = hash_source4(&s->key, k->src, k->src_id, c->proto, 0);
}

/* Under the guard's @i-th hash: who has @c's tuple of @side already? */
static struct conn_ref holder(const struct conns_view *v,
			      const struct table_guard *g, unsigned i,
			      const struct conn *c, enum nat_dir side)
{
	struct table_probe probe;
	struct nat_tuple t;
	uint32_t ref;

	table_for_each_locked(&v->all->table, g, i, &probe, ref)
	{
		struct conn_ref r = conns_deref(v, ref);

		conn_tuple(c, side, &t);
		t.zone = conn_zone(c, (enum nat_dir)r.dir);
		if (conn_matches(r.conn, (enum nat_dir)r.dir, &t) &&
		    !(conn_status(r.conn) & NAT_ST_DYING))
			return r;
	}
	return (struct conn_ref){0};
}

/* Source NAT is decided: so the socket's other connections may be told. */
static bool is_listed(const struct conn *c)
{
	return conn_status(c) & NAT_ST_SRC_NAT_DONE;
}

/* What comes before a new connection's references, under their guard. The
 * bysource list comes first: once in the table, any thread may end the
 * connection and take it out of both. The release in slot_set() makes all of
 * it visible. */
ALWAYS_INLINE void begin_life(struct conns_view *v, struct conn_ref r,
			      uint64_t source)
{
	struct conns *s = v->all;
	struct conn_zoned *z = conn_zoned(r.conn);

	if (unlikely(z))
		z->serial = atomic_fetch_add_explicit(&s->serial, 1,
						      memory_order_relaxed);
	if (is_listed(r.conn))
		bysource_add(&s->bysource, r.conn, r.index, source);
	conn_set_timeout(r.conn, v->now + conn_timeout(r.conn));
	/* Nobody else knows it yet; a sweeper reads. */
	atomic_store_explicit(&r.conn->status,
			      conn_status(r.conn) | NAT_ST_CONFIRMED,
			      memory_order_release);
}

/* Publishes @r under the hashes of the guard. */
static bool publish(struct conns_view *v, struct conn_ref r, uint64_t source,
		    struct table_guard *g, const uint32_t *ref)
{
	struct conns *s = v->all;

	begin_life(v, r, source);
	if (likely(!table_insert(&s->table, &v->hand, g, ref))) {
		v->stats.created++;
		return true;
	}
	atomic_fetch_and_explicit(&r.conn->status, (uint16_t)~NAT_ST_CONFIRMED,
				  memory_order_relaxed);
	if (is_listed(r.conn))
		bysource_remove(&s->bysource, r.conn, r.index, source);
	return false;
}

static enum confirm_result lost(struct conns_view *v, struct conn_ref r)
{
	v->stats.insert_failed++;
	conns_discard(v, r);
	return CONFIRM_LOST;
}

static bool same_tuples(const struct conn *a, const struct conn *b)
{
	struct nat_tuple orig, reply;

	conn_tuple(b, NAT_ORIGINAL, &orig);
	conn_tuple(b, NAT_REPLY, &reply);
	return (conn_matches(a, NAT_ORIGINAL, &orig) &&
		conn_matches(a, NAT_REPLY, &reply)) ||
	       (conn_matches(a, NAT_ORIGINAL, &reply) &&
		conn_matches(a, NAT_REPLY, &orig));
}

/* Only the answers are given a way back, for a second. */
static enum confirm_result insert_reply_only(struct conns_view *v,
					     struct conn_ref r,
					     const struct conn_hashes *h)
{
	struct conns *s = v->all;
	uint32_t ref = make_ref(r.index, NAT_REPLY);
	struct table_guard g;
	bool done = false;

	table_lock(&s->table, &g, &h->tuple[NAT_REPLY], 1);
	if (!holder(v, &g, 0, r.conn, NAT_REPLY).conn) {
		conn_set_timeout(r.conn, ticks_of_s(CLASH_TIMEOUT_S));
		conn_set_status(r.conn,
				NAT_ST_FIXED_TIMEOUT | NAT_ST_NAT_CLASH);
		done = publish(v, r, h->source, &g, &ref);
	}
	table_unlock(&s->table, &v->hand, &g);
	if (!done)
		return lost(v, r);
	v->stats.clash_resolve++;
	return CONFIRM_INSERTED;
}

/* Another thread, or an exhausted pool of ports, has one of our tuples in the
 * table already: @winner's (spec 4.4). */
static enum confirm_result clash(struct conns_view *v, struct conn_ref *r,
				 const struct conn_hashes *h,
				 struct conn_ref winner)
{
	if (!proto_tolerates_clash(r->conn->proto))
		return lost(v, *r);
	if (!same_tuples(winner.conn, r->conn))
		return insert_reply_only(v, *r, h);
	v->stats.clash_resolve++;
	conns_discard(v, *r);
	*r = winner;
	return CONFIRM_MERGED;
}

static NOINLINE bool insert_any(struct conns_view *v, struct conn_ref r,
				const struct conn_spots *at,
				struct conn_ref *winner)
{
	struct conns *s = v->all;
	uint32_t ref[] = {make_ref(r.index, NAT_ORIGINAL),
			  make_ref(r.index, NAT_REPLY)};
	const uint64_t hash[] = {at->tuple.spot[NAT_ORIGINAL].hash,
				 at->tuple.spot[NAT_REPLY].hash};
	/* Who talks to himself is answered by all he says after the first. */
	bool done = false, to_self = hash[NAT_ORIGINAL] == hash[NAT_REPLY];
	struct table_guard g;

	table_lock(&s->table, &g, hash, to_self ? 1 : NAT_N_DIRS);
	*winner = holder(v, &g, 0, r.conn, NAT_ORIGINAL);
	if (likely(!winner->conn && !to_self))
		*winner = holder(v, &g, 1, r.conn, NAT_REPLY);
	if (likely(!winner->conn))
		done = publish(v, r, at->source, &g, ref + to_self);
	table_unlock(&s->table, &v->hand, &g);
	return done;
}

/* Nobody who could have either tuple, and room for both: so are most. */
bool conns_insert(struct conns_view *v, struct conn_ref r,
		  struct conn_spots *at, struct conn_ref *winner)
{
	struct table *t = &v->all->table;
	const uint32_t ref[] = {make_ref(r.index, NAT_ORIGINAL),
				make_ref(r.index, NAT_REPLY)};

	if (unlikely(!table_lock_pair(t, &at->tuple)))
		return insert_any(v, r, at, winner);
	begin_life(v, r, at->source);
	table_fill_pair(t, &v->hand, &at->tuple, ref);
	v->stats.created++;
	return true;
}

static struct conn_spots spots_of(const struct conns *s,
				  const struct conn_hashes *h)
{
	const struct table *t = &s->table;
	uint64_t n = table_buckets(t);
	struct conn_spots at;

	at.tuple.n_buckets = n;
	for (unsigned dir = 0; dir < NAT_N_DIRS; dir++)
		at.tuple.spot[dir] = table_spot(t, n, h->tuple[dir]);
	at.source = h->source;
	return at;
}

enum confirm_result conns_confirm_as(struct conns_view *v, struct conn_ref *r,
				     const struct conn_hashes *h)
{
	struct conn_spots at = spots_of(v->all, h);
	struct conn_ref winner;

	if (likely(conns_insert(v, *r, &at, &winner)))
		return CONFIRM_INSERTED;
	return winner.conn ? clash(v, r, h, winner) : lost(v, *r);
}

enum confirm_result conns_confirm(struct conns_view *v, struct conn_ref *r)
{
	struct conn_hashes h;

	hash_all(v->all, r->conn, &h);
	return conns_confirm_as(v, r, &h);
}

/* A connection to end. */
struct victim {
	struct conn_ref r;
	struct conn_hashes hash;
};

/* Fetches what ending it touches, as far as that is known. */
static inline void aim_at(const struct conns *s, struct conn_ref r,
			  struct victim *d)
{
	uint64_t n = table_buckets(&s->table);

	d->r = r;
	hash_all(s, r.conn, &d->hash);
	for (unsigned dir = 0; dir < NAT_N_DIRS; dir++)
		table_aim_to_change(&s->table, n, d->hash.tuple[dir]);
	bysource_aim(&s->bysource, r.conn, d->hash.source);
}

static bool end(struct conns_view *v, const struct victim *d)
{
	struct conns *s = v->all;
	struct conn_ref r = d->r;
	uint16_t old = atomic_fetch_or_explicit(&r.conn->status, NAT_ST_DYING,
						memory_order_acq_rel);

	if (old & NAT_ST_DYING)
		return false;
	if (unlikely(v->ended))
		v->ended(v, r.conn);
	for (unsigned dir = 0; dir < NAT_N_DIRS; dir++)
		(void)table_remove(&s->table, &v->hand, d->hash.tuple[dir],
				   make_ref(r.index, (enum nat_dir)dir));
	bysource_remove(&s->bysource, r.conn, r.index, d->hash.source);
	pool_free_deferred(&v->cache, r.index);
	uncount(v);
	v->stats.deleted++;
	return true;
}

bool conns_kill(struct conns_view *v, struct conn_ref r)
{
	struct victim d;

	aim_at(v->all, r, &d);
	return end(v, &d);
}

/* In the table, or on its way out of it. */
static bool in_use(const struct conn *c)
{
	/* Pairs with the release in publish(). */
	uint16_t status =
		atomic_load_explicit(&c->status, memory_order_acquire);

	return (status & (NAT_ST_CONFIRMED | NAT_ST_DYING)) == NAT_ST_CONFIRMED;
}

/* Ends those in a run of slots of which @fn is true, @most of them, some at a
 * time, so that what one touches is on its way while others end. Returns how
 * many; what has not been looked at stays in the run. */
ALWAYS_INLINE uint64_t end_those(struct conns_view *v, struct pool_slab *run,
				 uint64_t most,
				 bool (*fn)(void *ctx, const struct conn *c),
				 void *ctx)
{
	const struct conns *s = v->all;
	struct victim over[END_TOGETHER];
	uint64_t ended = 0;

	while (run->n && ended < most) {
		uint64_t left = most - ended;
		unsigned room =
			left < END_TOGETHER ? (unsigned)left : END_TOGETHER;
		unsigned n = 0;

		for (; run->n && n < room; run->n--, run->first += run->step) {
			struct conn_ref r = {.index = run->first};

			r.conn = pool_at(&s->pool, r.index);
			if (in_use(r.conn) && fn(ctx, r.conn))
				aim_at(s, r, &over[n++]);
		}
		for (unsigned k = 0; k < n; k++)
			bysource_aim_on(&s->bysource, over[k].r.conn,
					over[k].r.index, over[k].hash.source);
		for (unsigned k = 0; k < n; k++)
			ended += fn(ctx, over[k].r.conn) && end(v, &over[k]);
	}
	return ended;
}

/* A run of slots of one slab, claimed by one sweeper. */
static struct pool_slab claim(struct conns *s, uint32_t slots)
{
	uint32_t n_slabs = pool_n_slabs(&s->pool);
	struct pool_slab run = {0};

	if (!n_slabs || !spin_try(&s->sweeping))
		return run;
	run = pool_slab(&s->pool, s->sweep_slab);
	if (s->sweep_slot == run.n) {
		s->sweep_slab = (s->sweep_slab + 1) % n_slabs;
		s->sweep_slot = 0;
		run = pool_slab(&s->pool, s->sweep_slab);
	}
	run.first += s->sweep_slot * run.step;
	run.n = min_u32(run.n - s->sweep_slot, slots);
	s->sweep_slot += run.n;
	spin_unlock(&s->sweeping);
	return run;
}

static bool is_over(void *view, const struct conn *c)
{
	return conn_expired(c, conns_now(view, c));
}

bool conns_sweep(struct conns_view *v, struct conns_portion *p)
{
	struct pool_slab *rest = &v->claimed, run;
	uint32_t looks;
	uint64_t ended;

	if (!rest->n)
		*rest = claim(v->all, p->slots);
	run = *rest;
	run.n = min_u32(run.n, p->slots);
	looks = run.n;
	places_balance(&v->all->places, &v->stock);
	ended = end_those(v, &run, p->ends, is_over, v);
	looks -= run.n;
	rest->first = run.first;
	rest->n -= looks;
	v->stats.expired += ended;
	p->slots -= looks;
	p->ends -= (uint32_t)ended;
	return looks;
}

uint64_t conns_slots(const struct conns *s)
{
	return pool_n_objects(&s->pool);
}

uint64_t conns_kill_those(struct conns_view *v,
			  bool (*fn)(void *ctx, const struct conn *c),
			  void *ctx)
{
	const struct pool *pool = &v->all->pool;
	uint64_t n = 0;

	for (uint32_t i = 0; i < pool_n_slabs(pool); i++) {
		struct pool_slab slab = pool_slab(pool, i);

		n += end_those(v, &slab, UINT64_MAX, fn, ctx);
	}
	return n;
}

void conns_each(struct conns *s, ticks now,
		void (*fn)(void *ctx, const struct conn *c), void *ctx)
{
	atomic_fetch_add_explicit(&s->onlookers, 1, memory_order_acq_rel);
	for (uint32_t i = 0; i < pool_n_slabs(&s->pool); i++) {
		struct pool_slab slab = pool_slab(&s->pool, i);

		for (uint32_t j = 0; j < slab.n; j++) {
			const struct conn *c =
				pool_at(&s->pool, slab.first + j * slab.step);

			if (in_use(c) && !conn_expired(c, now))
				fn(ctx, c);
		}
	}
	atomic_fetch_sub_explicit(&s->onlookers, 1, memory_order_acq_rel);
}
