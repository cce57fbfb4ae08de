/* SPDX-License-Identifier: BSD-2-Clause
 * Connections by inside socket. */
#include "shared/bysource.h"

#include <errno.h>
#include <stdlib.h>

enum { MIN_HEADS = 1 << 10, MAX_HEADS = 1 << 26 };

int bysource_init(struct bysource *b, const struct pool *pool,
		  const struct hash_key *key, uint32_t connections)
{
	uint32_t heads = MIN_HEADS;

	while (heads < MAX_HEADS && heads < connections / 2)
		heads *= 2;
	*b = (struct bysource){.pool = pool, .key = key, .mask = heads - 1};
	b->head = calloc(heads, sizeof(*b->head));
	b->lock = calloc(BYSOURCE_LOCKS, sizeof(*b->lock));
	if (b->head && b->lock)
		return 0;
	bysource_fini(b);
	return -ENOMEM;
}

void bysource_fini(struct bysource *b)
{
	free(b->head);
	free(b->lock);
	b->head = NULL;
	b->lock = NULL;
}

uint64_t bysource_bytes(const struct bysource *b)
{
	return ((uint64_t)b->mask + 1) * sizeof(*b->head) +
	       BYSOURCE_LOCKS * sizeof(*b->lock);
}

static struct conn *at(const struct bysource *b, uint32_t index)
{
	return pool_at(b->pool, index);
}

static void lock(struct bysource *b, uint32_t slot)
{
	spin_lock(&b->lock[slot % BYSOURCE_LOCKS]);
}

static void unlock(struct bysource *b, uint32_t slot)
{
	spin_unlock(&b->lock[slot % BYSOURCE_LOCKS]);
}

static uint32_t slot_of(const struct bysource *b, const struct nat_tuple *t)
{
	return (uint32_t)hash_source(b->key, t) & b->mask;
}

static uint32_t slot_of_conn(const struct bysource *b, const struct conn *c)
{
	struct nat_tuple t;

	conn_tuple(c, NAT_ORIGINAL, &t);
	return slot_of(b, &t);
}

static uint32_t head_of(const struct bysource *b, uint32_t slot)
{
	return atomic_load_explicit(&b->head[slot], memory_order_relaxed);
}

static void set_head(struct bysource *b, uint32_t slot, uint32_t index)
{
	atomic_store_explicit(&b->head[slot], index, memory_order_relaxed);
}

void bysource_add(struct bysource *b, struct conn *c, uint32_t index)
{
	uint32_t slot = slot_of_conn(b, c);
	uint32_t first;

	lock(b, slot);
	first = head_of(b, slot);
	c->source_next = first;
	c->source_prev = 0;
	if (first)
		at(b, first)->source_prev = index;
	set_head(b, slot, index);
	unlock(b, slot);
}

void bysource_remove(struct bysource *b, struct conn *c, uint32_t index)
{
	uint32_t slot = slot_of_conn(b, c);

	lock(b, slot);
	if (c->source_prev)
		at(b, c->source_prev)->source_next = c->source_next;
	else if (head_of(b, slot) == index)
		set_head(b, slot, c->source_next);
	if (c->source_next)
		at(b, c->source_next)->source_prev = c->source_prev;
	unlock(b, slot);
}

void bysource_prefetch(const struct bysource *b, const struct nat_tuple *t)
{
	__builtin_prefetch(&b->head[slot_of(b, t)], 1);
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
	uint32_t slot = slot_of(b, t);

	if (likely(!head_of(b, slot)))
		return;
	lock(b, slot);
	for (uint32_t i = head_of(b, slot); i;) {
		const struct conn *c = at(b, i);
		struct nat_tuple orig;

		conn_tuple(c, NAT_ORIGINAL, &orig);
		if (same_source(&orig, t) && fn(ctx, c))
			break;
		i = c->source_next;
	}
	unlock(b, slot);
}
