/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connections by inside socket: original source address, id, protocol and
 * zone (spec 7.2). Source NAT walks a socket's connections, newest first, to
 * give it the same outside port again. Lists are linked through the connections
 * by pool index; nobody reads one without its lock.
 */
#ifndef NAT_BYSOURCE_H
#define NAT_BYSOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pure/hash.h"
#include "shared/conn.h"
#include "shared/pool.h"
#include "util.h"

/* All in one word: its newest connection (0: none), the lock, and after Bloom
 * 1970 three bits of 32 for each socket that had one since the list was empty,
 * by bits of the hash that did not choose the list. Most questions about
 * sockets that have none end there: of lists of one to five connections, one
 * question in 1,300, 190, 65, 32 and 19 does not. */
struct bysource_list {
	_Atomic uint64_t word;
};
#define BYSOURCE_NEWEST  UINT64_C(0x7fffffff)
#define BYSOURCE_LOCKED  UINT64_C(0x80000000)
#define BYSOURCE_SOCKETS UINT64_C(0xffffffff00000000)

struct bysource {
	const struct pool *pool;
	const struct hash_key *key;
	struct bysource_list *list;
	uint32_t mask;
};

/* @connections: how many are expected at most. */
int bysource_init(struct bysource *b, const struct pool *pool,
		  const struct hash_key *key, uint32_t connections);
void bysource_fini(struct bysource *b);
uint64_t bysource_bytes(const struct bysource *b);

/* Of the socket that began @c: what the calls below want to be told. */
static inline uint64_t bysource_hash(const struct bysource *b,
				     const struct conn *c)
{
	const struct conn_key4 *k = conn_keys(c);
	struct nat_tuple t;

	if (likely(conn_family(c) == 4))
		return hash_source4(b->key, k->src, k->src_id, c->proto,
				    conn_zone(c, NAT_ORIGINAL));
	conn_tuple(c, NAT_ORIGINAL, &t);
	return hash_source(b->key, &t);
}

static inline struct bysource_list *bysource_at(const struct bysource *b,
						uint64_t hash)
{
	return &b->list[(uint32_t)hash & b->mask];
}

static inline uint64_t bysource_socket(uint64_t hash)
{
	return UINT64_C(1) << (32 + (hash >> 59)) |
	       UINT64_C(1) << (32 + (hash >> 54 & 31)) |
	       UINT64_C(1) << (32 + (hash >> 49 & 31));
}

/* Fetches what is asked of the socket. */
static inline void bysource_prefetch(const struct bysource *b, uint64_t hash)
{
	__builtin_prefetch(bysource_at(b, hash), 1);
}

static inline bool bysource_tells_of(uint64_t word, uint64_t hash)
{
	return !(bysource_socket(hash) & ~word);
}

/* False: the socket has no connection here. */
static inline bool bysource_may_have(const struct bysource *b, uint64_t hash)
{
	return bysource_tells_of(
		atomic_load_explicit(&bysource_at(b, hash)->word,
				     memory_order_relaxed),
		hash);
}

void bysource_add(struct bysource *b, struct conn *c, uint32_t index,
		  uint64_t hash);
void bysource_remove(struct bysource *b, struct conn *c, uint32_t index,
		     uint64_t hash);

/* Fetch what bysource_remove() will touch: first what is known, then, once that
 * has come, the rest. Without the lock, so it is a guess. */
void bysource_aim(const struct bysource *b, const struct conn *c,
		  uint64_t hash);
void bysource_aim_on(const struct bysource *b, const struct conn *c,
		     uint32_t index, uint64_t hash);

/* Fetches what bysource_walk() will touch first, once the list itself has come:
 * nothing if the socket has no connection. */
static inline void bysource_prefetch_newest(const struct bysource *b,
					    uint64_t hash)
{
	uint64_t word = atomic_load_explicit(&bysource_at(b, hash)->word,
					     memory_order_relaxed);

	if (unlikely(bysource_tells_of(word, hash)))
		__builtin_prefetch(
			pool_at(b->pool, (uint32_t)(word & BYSOURCE_NEWEST)));
}

/* Calls @fn for the connections of the socket that sends @t, newest first,
 * until it returns true. The list is locked meanwhile. */
void bysource_walk(struct bysource *b, const struct nat_tuple *t,
		   bool (*fn)(void *ctx, const struct conn *c), void *ctx);

#endif
