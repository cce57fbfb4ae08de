/* SPDX-License-Identifier: BSD-2-Clause
 *
 * All connections of an engine: memory (pool), the index under both tuples
 * (table), the index by inside socket (bysource), their number and their
 * end. Knows nothing of rules, packets or protocols.
 *
 * Threads reach it through a struct conns_view each. RCU: what conns_find()
 * returns stays readable until the view's thread passes a quiescent state.
 */
#ifndef NAT_CONNS_H
#define NAT_CONNS_H

#include "pure/hash.h"
#include "shared/bysource.h"
#include "shared/conn.h"
#include "shared/places.h"
#include "shared/pool.h"
#include "shared/table.h"
#include "shared/turns.h"

struct conns {
	struct hash_key key;
	uint8_t extensions; /* of every connection: bits of conn.layout */
	struct pool pool;
	struct table table;
	struct bysource bysource;
	struct turns turns;         /* of the views, by id */
	struct places places;       /* nf_conntrack_max; unconfirmed included */
	_Atomic uint32_t onlookers; /* threads in conns_each() */
	_Alignas(CACHE_LINE) _Atomic uint32_t serial; /* of those that have a
						       * zone */
	_Alignas(CACHE_LINE) struct spin sweeping;    /* guards what follows */
	uint32_t sweep_slab, sweep_slot;              /* next to look at */
};

/* What a thread counts about connections; its own cache lines. */
struct conns_stats {
	uint64_t created, expired, deleted, insert_failed, early_drop,
		clash_resolve;
};

/* A thread's way to the connections. */
struct conns_view {
	struct conns *all;
	struct pool_cache cache;
	struct places_stock stock;
	struct table_hand hand;
	struct conns_stats stats;
	struct pool_slab claimed; /* for a sweep, still to be looked at */
	ticks now;                /* of the packet at hand */
	ticks others;             /* no other worker's clock is behind this */
	uint8_t id; /* of the worker; CONN_NO_OWNER: none, never enters */
	bool alone; /* there is no other view that enters */
	/* Hears of every connection that this thread ends, before its memory
	 * goes; NULL: nobody listens. May enter it. */
	void (*ended)(struct conns_view *v, struct conn *c);
};

/* A connection and the side of it that was meant. */
struct conn_ref {
	struct conn *conn; /* NULL: none */
	uint32_t index;    /* in the pool */
	uint8_t dir;       /* enum nat_dir */
};

/* 0 or -ENOMEM. */
MUST_USE int conns_init(struct conns *s, uint64_t seed, uint32_t max,
			uint8_t extensions);
/* After every view is gone. Context: the thread is not registered for RCU. */
void conns_fini(struct conns *s);
/* Context: registered for RCU, as with everything below. */
void conns_view_init(struct conns_view *v, struct conns *s, uint8_t id,
		     bool alone);
void conns_view_fini(struct conns_view *v);
/* When there is nothing else to do: gives back what the view holds ready. */
void conns_view_idle(struct conns_view *v);
/* Gets memory ready for connections to come: 0 or -ENOMEM. @alone: as of the
 * view that enters; then growing is left to it, to do at moments of its own. */
int conns_maintain(struct conns *s, bool alone);

static inline uint64_t conns_hash(const struct conns_view *v,
				  const struct nat_tuple *t)
{
	return likely(t->family == 4) ? hash_tuple4(&v->all->key, t)
				      : hash_tuple(&v->all->key, t);
}

/* The same of a tuple of @c. */
ALWAYS_INLINE uint64_t conns_hash_of(const struct conns *s,
				     const struct conn *c, enum nat_dir dir)
{
	struct nat_tuple t;

	if (likely(conn_family(c) == 4)) {
		const struct conn_key4 *k =
			(const struct conn_key4 *)conn_keys(c) + dir;

		return conn_key4_hash(
			&s->key, hash_ipv4_meta(c->proto, conn_zone(c, dir)),
			k);
	}
	conn_tuple(c, dir, &t);
	return hash_tuple(&s->key, &t);
}

/* Whose clock counts for @c: its worker's own, and for the rest the slowest,
 * so that no worker that ran ahead ends a connection still in use. */
static inline ticks conns_now(const struct conns_view *v, const struct conn *c)
{
	return likely(conn_owner(c) == v->id) ? v->now : v->others;
}

/* A view that is not the only one works in turns, each within an RCU read-side
 * section. */
static inline void conns_begin(const struct conns_view *v)
{
	if (!v->alone)
		turn_begin(&v->all->turns, v->id);
}

void conns_reuse_dead(struct conns_view *v);

/* After it this thread holds nothing that it found. */
static inline void conns_end(struct conns_view *v)
{
	if (!v->alone)
		turn_end(&v->all->turns, v->id);
	else if (unlikely(v->cache.has_dead))
		conns_reuse_dead(v);
}

bool conns_enter_foreign(const struct conns_view *v, struct conn *c);

/* From here to conns_leave(), which gets what this returned, no other thread
 * changes @c, though any may end it. A connection belongs to the worker that
 * made it, until another has to enter; from then on to none, and has a lock.
 * Context: in a turn. */
static inline bool conns_enter(const struct conns_view *v, struct conn *c)
{
	if (likely(conn_owner(c) == v->id))
		return false;
	return conns_enter_foreign(v, c);
}

static inline void conns_leave(struct conn *c, bool locked)
{
	if (unlikely(locked))
		conn_unlock(c);
}

/* What a reference in the table names. */
static inline struct conn_ref conns_deref(const struct conns_view *v,
					  uint32_t ref)
{
	return (struct conn_ref){
		.conn = pool_at(&v->all->pool, ref >> 1),
		.index = ref >> 1,
		.dir = ref & 1,
	};
}

/* Asks for a line of its memory. */
ALWAYS_INLINE void conn_prefetch(const struct conn *c, unsigned line)
{
	__builtin_prefetch((const char *)c + (size_t)line * CACHE_LINE, 1);
}

/* True: @r, which table_guess() may have given, is what conns_find() would
 * find. */
ALWAYS_INLINE bool conns_has(const struct conns_view *v, struct conn_ref r,
			     const struct nat_tuple *t)
{
	return r.conn && conn_matches(r.conn, (enum nat_dir)r.dir, t) &&
	       !(conn_status(r.conn) & NAT_ST_DYING) &&
	       !conn_expired(r.conn, conns_now(v, r.conn));
}

struct conn_ref conns_search(struct conns_view *v, const struct nat_tuple *t,
			     uint64_t hash);

/* The confirmed connection that has @t on either side. One that has expired
 * is ended on the spot and not found (spec 4.1). */
static inline struct conn_ref
conns_find(struct conns_view *v, const struct nat_tuple *t, uint64_t hash)
{
	if (likely(table_lacks(&v->all->table, hash)))
		return (struct conn_ref){0};
	return conns_search(v, t, hash);
}

/* The same where a tuple is in another zone for each direction: @t[d] is what a
 * connection must have in direction d. Those under @hash are looked at; of
 * several the one that was confirmed last is found. */
struct conn_ref conns_find_zoned(struct conns_view *v,
				 const struct nat_tuple t[NAT_N_DIRS],
				 uint64_t hash);

/* A new connection of this thread's, not in any index. NULL with *full: the
 * limit is reached and nothing could be dropped early (spec 4.5); without:
 * no memory. */
struct conn_ref conns_new(struct conns_view *v, const struct nat_tuple *orig,
			  uint64_t hash, bool *full);
/* The same for TCP or UDP over IPv4 while connections have no extensions. Both
 * tuples are set. */
static inline bool conns_are_plain(const struct conns_view *v)
{
	return !v->all->extensions && !v->ended;
}
struct conn_ref conns_new_plain(struct conns_view *v, bool tcp,
				const struct conn_key4 *orig, uint64_t hash);
/* Ends one that was never confirmed. */
void conns_discard(struct conns_view *v, struct conn_ref r);

enum confirm_result {
	CONFIRM_INSERTED,
	CONFIRM_LOST,  /* the tuple is taken: drop the packet */
	CONFIRM_MERGED /* an equal connection came first: go on with it */
};
/* Of a connection, for who knows them already. */
struct conn_hashes {
	uint64_t tuple[NAT_N_DIRS], source; /* bysource_hash() */
};
/* And where in the table its tuples belong. */
struct conn_spots {
	struct table_pair tuple; /* spots by enum nat_dir */
	uint64_t source;
};
/* Puts @r.conn into both indexes, unless another has one of its tuples
 * (*winner) or there is no memory. */
MUST_USE bool conns_insert(struct conns_view *v, struct conn_ref r,
			   struct conn_spots *at, struct conn_ref *winner);
/* The same, and settles what follows (spec 4.3, 4.4). Unless INSERTED, it is
 * discarded; MERGED: *r is the winner. */
enum confirm_result conns_confirm_as(struct conns_view *v, struct conn_ref *r,
				     const struct conn_hashes *h);
enum confirm_result conns_confirm(struct conns_view *v, struct conn_ref *r);

/* Ends a confirmed connection; true for the one caller that did. Context,
 * as with all that may end one, where somebody listens: in a turn, nothing
 * entered. */
bool conns_kill(struct conns_view *v, struct conn_ref r);

/* What a sweep may still look at, and how many it may still end. */
struct conns_portion {
	uint32_t slots, ends;
};
/* Looks at slots of the pool and ends what has expired, a part of *@p, which
 * it takes from it; the view's next call goes on there. False: there is nothing
 * to look at now, for another thread is at it, or there are none. */
bool conns_sweep(struct conns_view *v, struct conns_portion *p);

/* Slots that a sweep has to look at. */
uint64_t conns_slots(const struct conns *s);

/* Ends every connection of which @fn is true; returns how many. */
uint64_t conns_kill_those(struct conns_view *v,
			  bool (*fn)(void *ctx, const struct conn *c),
			  void *ctx);

/* Calls @fn for every connection that lives at @now. */
void conns_each(struct conns *s, ticks now,
		void (*fn)(void *ctx, const struct conn *c), void *ctx);

#endif
