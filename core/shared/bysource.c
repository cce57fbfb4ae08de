/* SPDX-License-Identifier: BSD-2-Clause
 * Connections by inside socket. */
#include "shared/bysource.h"

#include <errno.h>
#include <stdlib.h>

enum { MIN_LISTS = 1 << 10, MAX_LISTS = 1 << 26 };

int bysource_init(struct bysource *b, const struct pool *pool,
		  const struct hash_key *key, uint32_t connections)
{
	uint32_t lists = MIN_LISTS;

	while (lists < MAX_LISTS && lists < connections / 2)
		lists *= 2;
	*b = (struct bysource){.pool = pool, .key = key, .mask = lists - 1};
	b->list = calloc(lists, sizeof(*b->list));
	b->lock = calloc(BYSOURCE_LOCKS, sizeof(*b->lock));
	if (b->list && b->lock)
		return 0;
	bysource_fini(b);
	return -ENOMEM;
}

void bysource_fini(struct bysource *b)
{
	free(b->list);
	free(b->lock);
	b->list = NULL;
	b->lock = NULL;
}

uint64_t bysource_bytes(const struct bysource *b)
{
	return ((uint64_t)b->mask + 1) * sizeof(*b->list) +
	       BYSOURCE_LOCKS * sizeof(*b->lock);
}

static struct conn *at(const struct bysource *b, uint32_t index)
{
	return pool_at(b->pool, index);
}

/* Where the connections of a socket are. */
struct place {
	struct bysource_list *list;
	struct spin *lock;
	uint32_t socket; /* bit in list->sockets */
};

static inline struct place place_at(const struct bysource *b, uint64_t hash)
{
	uint32_t i = (uint32_t)hash & b->mask;

	return (struct place){
		.list = &b->list[i],
		.lock = &b->lock[i % BYSOURCE_LOCKS],
		.socket = UINT32_C(1) << (hash >> 59),
	};
}

static inline struct place place_of(const struct bysource *b,
				    const struct nat_tuple *t)
{
	return place_at(b, hash_source(b->key, t));
}

static inline struct place place_of_conn(const struct bysource *b,
					 const struct conn *c)
{
	const struct conn_key4 *k = conn_keys(c);
	struct nat_tuple t;

	if (likely(conn_family(c) == 4))
		return place_at(b, hash_source4(b->key, k->src, k->src_id,
						c->proto,
						conn_zone(c, NAT_ORIGINAL)));
	conn_tuple(c, NAT_ORIGINAL, &t);
	return place_of(b, &t);
}

static uint32_t newest(const struct place *p)
{
	return atomic_load_explicit(&p->list->newest, memory_order_relaxed);
}

static uint32_t sockets(const struct place *p)
{
	return atomic_load_explicit(&p->list->sockets, memory_order_relaxed);
}

/* Under the lock. */
static void set_list(const struct place *p, uint32_t index, uint32_t bits)
{
	atomic_store_explicit(&p->list->sockets, bits, memory_order_relaxed);
	atomic_store_explicit(&p->list->newest, index, memory_order_relaxed);
}

void bysource_add(struct bysource *b, struct conn *c, uint32_t index)
{
	struct place p = place_of_conn(b, c);
	uint32_t first;

	spin_lock(p.lock);
	first = newest(&p);
	c->source_next = first;
	c->source_prev = 0;
	if (first)
		at(b, first)->source_prev = index;
	set_list(&p, index, sockets(&p) | p.socket);
	spin_unlock(p.lock);
}

void bysource_remove(struct bysource *b, struct conn *c, uint32_t index)
{
	struct place p = place_of_conn(b, c);
	uint32_t next;

	spin_lock(p.lock);
	next = c->source_next;
	if (c->source_prev)
		at(b, c->source_prev)->source_next = next;
	else if (newest(&p) == index)
		set_list(&p, next, next ? sockets(&p) : 0);
	if (next)
		at(b, next)->source_prev = c->source_prev;
	spin_unlock(p.lock);
}

void bysource_aim(const struct bysource *b, const struct conn *c)
{
	__builtin_prefetch(place_of_conn(b, c).list, 1);
}

bool bysource_may_have(const struct bysource *b, const struct conn *c)
{
	struct place p = place_of_conn(b, c);

	return sockets(&p) & p.socket;
}

static bool same_source(const struct nat_tuple *a, const struct nat_tuple *b)
{
	return a->src_id == b->src_id && a->proto == b->proto &&
	       a->family == b->family && a->zone == b->zone &&
	       addr_equal(&a->src, &b->src);
}

void bysource_walk(struct bysource *b, const struct nat_tuple *t,
		   bool (*fn)(void *ctx, const struct conn *c), void *ctx)
{
	struct place p = place_of(b, t);

	spin_lock(p.lock);
	for (uint32_t i = newest(&p); i;) {
		const struct conn *c = at(b, i);
		struct nat_tuple orig;

		conn_tuple(c, NAT_ORIGINAL, &orig);
		if (same_source(&orig, t) && fn(ctx, c))
			break;
		i = c->source_next;
	}
	spin_unlock(p.lock);
}
