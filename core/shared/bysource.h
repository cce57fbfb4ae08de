/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Connections by inside socket: original source address, id, protocol and
 * zone (spec 7.2). Source NAT walks a socket's connections, newest first, to
 * give it the same outside port again. Lists are doubly linked through the
 * connections by pool index, under striped locks; nobody reads without.
 */
#ifndef NAT_BYSOURCE_H
#define NAT_BYSOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "pure/hash.h"
#include "shared/conn.h"
#include "shared/pool.h"
#include "shared/spin.h"

enum { BYSOURCE_LOCKS = 1024 };

struct bysource_list {
	_Atomic uint32_t newest; /* connection; 0: none */
	/* A bit for each socket that had one since the list was empty, by bits
	 * of the hash that did not choose the list: most questions about
	 * sockets that have none end here. */
	_Atomic uint32_t sockets;
};

struct bysource {
	const struct pool *pool;
	const struct hash_key *key;
	struct bysource_list *list;
	uint32_t mask;
	struct spin *lock; /* BYSOURCE_LOCKS */
};

/* @connections: how many are expected at most. */
int bysource_init(struct bysource *b, const struct pool *pool,
		  const struct hash_key *key, uint32_t connections);
void bysource_fini(struct bysource *b);
uint64_t bysource_bytes(const struct bysource *b);

void bysource_add(struct bysource *b, struct conn *c, uint32_t index);
void bysource_remove(struct bysource *b, struct conn *c, uint32_t index);
/* Fetches what the second begins with. */
void bysource_aim(const struct bysource *b, const struct conn *c);

/* Fetches what is asked of the socket with hash_source() @hash. */
static inline void bysource_prefetch(const struct bysource *b, uint64_t hash)
{
	__builtin_prefetch(&b->list[(uint32_t)hash & b->mask], 1);
}

/* False: the socket that began @c has no connection here. */
bool bysource_may_have(const struct bysource *b, const struct conn *c);

/* Calls @fn for the connections of the socket that sends @t, newest first,
 * until it returns true. The list is locked meanwhile. */
void bysource_walk(struct bysource *b, const struct nat_tuple *t,
		   bool (*fn)(void *ctx, const struct conn *c), void *ctx);

#endif
