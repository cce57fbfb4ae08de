/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connections by inside socket.
 *
 * An addition is one exchange of the list's word and touches no other
 * connection. So links lead backwards only as far as somebody has needed them:
 * source_prev is 0 in the newest connection, and may be in those that follow
 * it, up to the first that has one. Who has to take one out of the list writes
 * those that are missing; each is written once, and its target says so, LINKED
 * in source_next: who leaves has no need to look at a connection that does not
 * know of it.
 */
#include "shared/bysource.h"

#include <errno.h>

#include "shared/chunk.h"

enum { MIN_LISTS = 1 << 10, MAX_LISTS = 1 << 26 };
#define LINKED UINT32_C(0x80000000) /* no bit of an index */

int bysource_init(struct bysource *b, const struct pool *pool,
		  const struct hash_key *key, uint32_t connections)
{
	uint32_t lists = MIN_LISTS;

	while (lists < MAX_LISTS && lists < connections / 2)
		lists *= 2;
	*b = (struct bysource){.pool = pool, .key = key, .mask = lists - 1};
	b->list = chunk_ready(lists * sizeof(*b->list));
	return b->list ? 0 : -ENOMEM;
}

void bysource_fini(struct bysource *b)
{
	if (b->list)
		chunk_free(b->list, bysource_bytes(b));
	b->list = NULL;
}

uint64_t bysource_bytes(const struct bysource *b)
{
	return ((uint64_t)b->mask + 1) * sizeof(*b->list);
}

static struct conn *at(const struct bysource *b, uint32_t index)
{
	return pool_at(b->pool, index);
}

/* With LINKED. */
static uint32_t link_of(const struct conn *c)
{
	return atomic_load_explicit(&c->source_next, memory_order_relaxed);
}

static uint32_t next_of(const struct conn *c)
{
	return link_of(c) & ~LINKED;
}

static uint32_t prev_of(const struct conn *c)
{
	return atomic_load_explicit(&c->source_prev, memory_order_relaxed);
}

static void set_link(struct conn *c, uint32_t link)
{
	atomic_store_explicit(&c->source_next, link, memory_order_relaxed);
}

static void set_prev(struct conn *c, uint32_t prev)
{
	atomic_store_explicit(&c->source_prev, prev, memory_order_relaxed);
}

static uint32_t newest(uint64_t list)
{
	return (uint32_t)(list & BYSOURCE_NEWEST);
}

/* Returns what is in the list. The acquire pairs with the releases in
 * bysource_add() and unlock(). */
static uint64_t lock(struct bysource_list *list)
{
	uint64_t now = atomic_load_explicit(&list->word, memory_order_relaxed);
	unsigned turns = 0;

	for (;;) {
		if (likely(!(now & BYSOURCE_LOCKED)) &&
		    atomic_compare_exchange_weak_explicit(
			    &list->word, &now, now | BYSOURCE_LOCKED,
			    memory_order_acquire, memory_order_relaxed))
			return now;
		spin_wait(&turns);
		now = atomic_load_explicit(&list->word, memory_order_relaxed);
	}
}

/* And it has @now in it. */
static void unlock(struct bysource_list *list, uint64_t now)
{
	atomic_store_explicit(&list->word, now, memory_order_release);
}

void bysource_add(struct bysource *b, struct conn *c, uint32_t index,
		  uint64_t hash)
{
	struct bysource_list *list = bysource_at(b, hash);
	uint64_t now = atomic_load_explicit(&list->word, memory_order_relaxed);
	unsigned turns = 0;

	for (;;) {
		uint64_t then = (now & BYSOURCE_SOCKETS) |
				bysource_socket(hash) | index;

		set_link(c, newest(now));
		if (likely(!(now & BYSOURCE_LOCKED)) &&
		    atomic_compare_exchange_weak_explicit(
			    &list->word, &now, then, memory_order_release,
			    memory_order_relaxed))
			return;
		spin_wait(&turns);
		now = atomic_load_explicit(&list->word, memory_order_relaxed);
	}
}

static void link_both(const struct bysource *b, uint32_t prev, uint32_t next)
{
	set_link(at(b, prev), next ? next | LINKED : 0);
	if (next)
		set_prev(at(b, next), prev);
}

/* Writes the links back that are missing, from the newest on. */
static void link_back(const struct bysource *b, uint32_t from)
{
	while (from) {
		uint32_t next = link_of(at(b, from));

		if (!next || next & LINKED)
			return;
		link_both(b, from, next);
		from = next;
	}
}

void bysource_aim(const struct bysource *b, const struct conn *c, uint64_t hash)
{
	uint32_t link = link_of(c), prev = prev_of(c);

	bysource_prefetch(b, hash);
	if (link & LINKED)
		__builtin_prefetch(at(b, link & ~LINKED), 1);
	if (prev)
		__builtin_prefetch(at(b, prev), 1);
}

void bysource_aim_on(const struct bysource *b, const struct conn *c,
		     uint32_t index, uint64_t hash)
{
	uint32_t first = newest(atomic_load_explicit(
		&bysource_at(b, hash)->word, memory_order_relaxed));

	if (first && first != index && !prev_of(c))
		__builtin_prefetch(at(b, first), 1);
}

void bysource_remove(struct bysource *b, struct conn *c, uint32_t index,
		     uint64_t hash)
{
	struct bysource_list *list = bysource_at(b, hash);
	uint64_t now = lock(list);
	uint32_t next;

	if (newest(now) == index) {
		next = next_of(c);
		if (link_of(c) & LINKED)
			set_prev(at(b, next), 0);
		now = next ? (now & BYSOURCE_SOCKETS) | next : 0;
	} else {
		if (!prev_of(c))
			link_back(b, newest(now));
		if (prev_of(c))
			link_both(b, prev_of(c), next_of(c));
	}
	unlock(list, now);
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
	struct bysource_list *list = bysource_at(b, hash_source(b->key, t));
	uint64_t now = lock(list);

	for (uint32_t i = newest(now); i;) {
		const struct conn *c = at(b, i);
		struct nat_tuple orig;

		conn_tuple(c, NAT_ORIGINAL, &orig);
		if (same_source(&orig, t) && fn(ctx, c))
			break;
		i = next_of(c);
	}
	unlock(list, now);
}
