/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A connection in memory. As small as its protocol allows, because a million
 * of them live in cache misses: 96 bytes for TCP over IPv4, 64 for the rest.
 *
 *	0   struct conn           state common to all
 *	20  keys                  two tuples, packed: 2 x 12 or 2 x 36 bytes
 *	44  struct tcp_track      or udp_track, sctp_track, or nothing
 *	..  extensions            those that the engine's settings call for
 *				  and, if somebody listens, conn_watch
 *
 * LIFE
 *	new        owned by the worker that made it; in no index; may change
 *	confirmed  in the table under both tuples and in its bysource list.
 *	           Keys are frozen. Status, timeout and protocol state change
 *	           between conns_enter() and conns_leave()
 *	dying      the one thread that won conn_kill() takes it out of both
 *	           indexes; memory is reused after a grace period
 *
 * READERS hold what conn_find() gave until their worker's next quiescent
 * state (the end of its batch) and may read keys, status and timeout without
 * the lock: keys never change after publication, the two others are atomic.
 */
#ifndef NAT_CONN_H
#define NAT_CONN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "clock.h"
#include "natcore.h"
#include "pure/hash.h"
#include "pure/proto.h"
#include "pure/sctp.h"
#include "pure/tcp.h"
#include "pure/tuple.h"
#include "shared/spin.h"
#include "util.h"

enum {
	CONN_LOCKED = 1 << 15, /* in status; no kernel bit is there */
	CONN_NO_OWNER = 0xff,
};

/* Bits of layout. Extensions lie behind the rest, the highest bit first. */
enum conn_layout {
	CONN_FAMILY = 15,
	CONN_ZONE = 1 << 4,
	CONN_MARK = 1 << 5,
	CONN_WATCH = 1 << 6,
	CONN_ACCT = 1 << 7,
};

struct conn {
	/* the head: what most packets ask first, and all at once */
	_Atomic uint16_t status; /* enum nat_status, CONN_LOCKED; never 0 while
				  * in use: whoever sweeps memory sees it */
	_Atomic uint8_t owner;   /* worker that made it: its clock counts */
	uint8_t proto;
	uint8_t layout;  /* enum conn_layout */
	uint8_t masq_if; /* MASQUERADE: out interface + 1; 0: none */
	/* Where packets of each direction went: an index that whoever routes
	 * gives, 0: not known. A hint, written without the lock. */
	_Atomic uint8_t path[NAT_N_DIRS];

	_Atomic ticks timeout; /* unconfirmed: a span; confirmed: a time */
	/* bysource: written under its lock; who prefetches reads without */
	_Atomic uint32_t source_next, source_prev;
};
static_assert(sizeof(struct conn) == 20, "two cache lines for TCP");
static_assert(offsetof(struct conn, timeout) == 8, "one word before");

/* The head as a word, to be compared under a mask. */
typedef uint64_t __attribute__((may_alias)) conn_head_word;

static inline uint64_t conn_head(const struct conn *c)
{
	return __atomic_load_n((const conn_head_word *)(const void *)c,
			       __ATOMIC_RELAXED);
}

/* Of one that nobody knows. */
static inline void conn_set_head(struct conn *c, uint64_t head)
{
	__atomic_store_n((conn_head_word *)(void *)c, head, __ATOMIC_RELAXED);
}

/* Made without memory, where bytes would wait for each other. */
static inline uint64_t conn_head_of(uint16_t status, uint8_t owner,
				    uint8_t proto, uint8_t layout)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return status | (uint64_t)owner << 16 | (uint64_t)proto << 24 |
	       (uint64_t)layout << 32;
#else
	return (uint64_t)status << 48 | (uint64_t)owner << 40 |
	       (uint64_t)proto << 32 | (uint64_t)layout << 24;
#endif
}
static_assert(offsetof(struct conn, owner) == 2 &&
		      offsetof(struct conn, proto) == 3 &&
		      offsetof(struct conn, layout) == 4,
	      "as in conn_head_of()");

struct conn_key4 {
	uint32_t src, dst;
	uint16_t src_id, dst_id;
};

static_assert(sizeof(struct conn_key4) == 12, "three words, for hash_key4()");

/* The answer's, of protocols whose ids are ports. */
static inline struct conn_key4 conn_key4_invert(struct conn_key4 k)
{
	return (struct conn_key4){k.dst, k.src, k.dst_id, k.src_id};
}

/* hash_tuple() of it; @meta: hash_ipv4_meta(). */
ALWAYS_INLINE uint64_t conn_key4_hash(const struct hash_key *key, uint32_t meta,
				      const struct conn_key4 *k)
{
	return hash_key4(key, meta, (const uint32_t *)(const void *)k);
}

struct conn_key6 {
	struct nat_addr src, dst;
	uint16_t src_id, dst_id;
};

/* Counters, written by who has entered. */
struct conn_acct {
	uint64_t packets[NAT_N_DIRS], bytes[NAT_N_DIRS];
};

/* The connection mark: what rules write, rules read, at any time. */
struct conn_mark {
	_Atomic uint32_t value;
};

/* What is told to listeners, and when it began. */
struct conn_watch {
	uint64_t start_ns;        /* of the life in the table; 0: not kept */
	_Atomic uint16_t pending; /* enum nat_ct_event bits, not yet told */
	uint16_t told;            /* the same: which; 0: nobody listened */
};

/* Which zone each direction is in. */
struct conn_zone {
	uint16_t id[NAT_N_DIRS];
};

/* Connections of different zones may share a tuple: who came later is found.
 * Frozen with the keys. */
struct conn_zoned {
	struct conn_zone zone;
	uint32_t serial; /* of its coming into the table */
};

static inline uint8_t conn_owner(const struct conn *c)
{
	return atomic_load_explicit(&c->owner, memory_order_relaxed);
}

static inline unsigned conn_family(const struct conn *c)
{
	return c->layout & CONN_FAMILY;
}

static inline void *conn_keys(const struct conn *c)
{
	return (char *)(uintptr_t)c + sizeof(*c);
}

static inline uint32_t conn_keys_size(unsigned family)
{
	return family == 4 ? 2 * (uint32_t)sizeof(struct conn_key4)
			   : 2 * (uint32_t)sizeof(struct conn_key6);
}

static inline void *conn_track(const struct conn *c)
{
	return (char *)conn_keys(c) + conn_keys_size(conn_family(c));
}

static inline struct tcp_track *conn_tcp(const struct conn *c)
{
	return conn_track(c);
}

static inline struct udp_track *conn_udp(const struct conn *c)
{
	return conn_track(c);
}

static inline struct sctp_track *conn_sctp(const struct conn *c)
{
	return conn_track(c);
}

/* The same where the family is known to be IPv4. */
static inline struct tcp_track *conn_tcp4(const struct conn *c)
{
	return (struct tcp_track *)((struct conn_key4 *)conn_keys(c) + 2);
}

static inline struct udp_track *conn_udp4(const struct conn *c)
{
	return (struct udp_track *)((struct conn_key4 *)conn_keys(c) + 2);
}

static inline uint32_t conn_track_size(uint8_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return sizeof(struct tcp_track);
	case PROTO_UDP:
		return sizeof(struct udp_track);
	case PROTO_SCTP:
		return sizeof(struct sctp_track);
	default:
		return 0;
	}
}

/* Bytes before the extensions: their offset, eight-byte aligned. */
static inline uint32_t conn_base_size(unsigned family, uint8_t proto)
{
	uint32_t n = (uint32_t)sizeof(struct conn) + conn_keys_size(family) +
		     conn_track_size(proto);

	return (n + 7) & ~7u;
}
static_assert(sizeof(struct conn) + 2 * sizeof(struct conn_key4) +
			      sizeof(struct tcp_track) ==
		      96,
	      "an IPv4 TCP connection is a line and a half");

static inline uint32_t conn_extensions_size(unsigned layout)
{
	return (layout & CONN_ACCT ? (uint32_t)sizeof(struct conn_acct) : 0) +
	       (layout & CONN_WATCH ? (uint32_t)sizeof(struct conn_watch) : 0) +
	       (layout & CONN_MARK ? (uint32_t)sizeof(struct conn_mark) : 0) +
	       (layout & CONN_ZONE ? (uint32_t)sizeof(struct conn_zoned) : 0);
}

static inline uint32_t conn_size(uint8_t layout, uint8_t proto)
{
	return conn_base_size(layout & CONN_FAMILY, proto) +
	       conn_extensions_size(layout);
}

/* NULL where the connection has no @ext, a bit of layout. */
static inline void *conn_extension(const struct conn *c, unsigned ext)
{
	if (likely(!(c->layout & ext)))
		return NULL;
	return (char *)(uintptr_t)c + conn_base_size(conn_family(c), c->proto) +
	       conn_extensions_size(c->layout & ~(2 * ext - 1));
}

static inline struct conn_acct *conn_acct(const struct conn *c)
{
	return conn_extension(c, CONN_ACCT);
}

static inline void conn_account(struct conn *c, unsigned dir, uint32_t len)
{
	struct conn_acct *a = conn_acct(c);

	if (likely(!a))
		return;
	a->packets[dir]++;
	a->bytes[dir] += len;
}

static inline struct conn_watch *conn_watch(const struct conn *c)
{
	return conn_extension(c, CONN_WATCH);
}

static inline uint32_t conn_mark(const struct conn *c)
{
	struct conn_mark *m = conn_extension(c, CONN_MARK);

	return m ? atomic_load_explicit(&m->value, memory_order_relaxed) : 0;
}

static inline struct conn_zoned *conn_zoned(const struct conn *c)
{
	return conn_extension(c, CONN_ZONE);
}

static inline uint16_t conn_zone(const struct conn *c, enum nat_dir dir)
{
	const struct conn_zoned *z = conn_zoned(c);

	return unlikely(z) ? z->zone.id[dir] : 0;
}

/* True when @c's packets in direction @dir look like @t. */
static inline bool conn_matches(const struct conn *c, enum nat_dir dir,
				const struct nat_tuple *t)
{
	if (unlikely(c->proto != t->proto || conn_family(c) != t->family))
		return false;
	if (unlikely(c->layout & CONN_ZONE) && conn_zone(c, dir) != t->zone)
		return false;
	if (likely(t->family == 4)) {
		const struct conn_key4 *k =
			(const struct conn_key4 *)conn_keys(c) + dir;

		return k->src == t->src.w[0] && k->dst == t->dst.w[0] &&
		       k->src_id == t->src_id && k->dst_id == t->dst_id;
	}
	const struct conn_key6 *k =
		(const struct conn_key6 *)conn_keys(c) + dir;

	return addr_equal(&k->src, &t->src) && addr_equal(&k->dst, &t->dst) &&
	       k->src_id == t->src_id && k->dst_id == t->dst_id;
}

/* True when packets of both in direction @dir look alike. */
static inline bool conn_alike(const struct conn *a, const struct conn *b,
			      enum nat_dir dir)
{
	const uint64_t kind = conn_head_of(0, 0, UINT8_MAX, CONN_FAMILY);
	const struct conn_key4 *a4 = conn_keys(a), *b4 = conn_keys(b);
	const struct conn_key6 *a6 = conn_keys(a), *b6 = conn_keys(b);

	if ((conn_head(a) ^ conn_head(b)) & kind)
		return false;
	if (likely(conn_family(a) == 4)
		    ? memcmp(&a4[dir], &b4[dir], sizeof(*a4)) != 0
		    : memcmp(&a6[dir], &b6[dir], sizeof(*a6)) != 0)
		return false;
	return conn_zone(a, dir) == conn_zone(b, dir);
}

/* Unpacks and packs a tuple; the second only while @c is new. */
static inline void conn_tuple(const struct conn *c, enum nat_dir dir,
			      struct nat_tuple *t)
{
	memset(t, 0, sizeof(*t));
	t->proto = c->proto;
	t->family = (uint8_t)conn_family(c);
	t->zone = conn_zone(c, dir);
	if (likely(t->family == 4)) {
		const struct conn_key4 *k =
			(const struct conn_key4 *)conn_keys(c) + dir;

		t->src.w[0] = k->src;
		t->dst.w[0] = k->dst;
		t->src_id = k->src_id;
		t->dst_id = k->dst_id;
	} else {
		const struct conn_key6 *k =
			(const struct conn_key6 *)conn_keys(c) + dir;

		t->src = k->src;
		t->dst = k->dst;
		t->src_id = k->src_id;
		t->dst_id = k->dst_id;
	}
}

static inline void conn_set_tuple(struct conn *c, enum nat_dir dir,
				  const struct nat_tuple *t)
{
	struct conn_zoned *z = conn_zoned(c);

	if (unlikely(z))
		z->zone.id[dir] = t->zone;
	if (likely(t->family == 4)) {
		struct conn_key4 *k = (struct conn_key4 *)conn_keys(c) + dir;

		*k = (struct conn_key4){t->src.w[0], t->dst.w[0], t->src_id,
					t->dst_id};
	} else {
		struct conn_key6 *k = (struct conn_key6 *)conn_keys(c) + dir;

		*k = (struct conn_key6){t->src, t->dst, t->src_id, t->dst_id};
	}
}

static inline uint16_t conn_status(const struct conn *c)
{
	return atomic_load_explicit(&c->status, memory_order_relaxed) &
	       (uint16_t)~CONN_LOCKED;
}

/* By who has entered, or made it. A relaxed read-modify-write, because
 * conns_kill() sets DYING without. */
static inline void conn_set_status(struct conn *c, uint16_t bits)
{
	if ((conn_status(c) & bits) != bits)
		atomic_fetch_or_explicit(&c->status, bits,
					 memory_order_relaxed);
}

/* The same while @c is new, and nobody else knows it. */
static inline void conn_note_status(struct conn *c, uint16_t bits)
{
	atomic_store_explicit(&c->status, conn_status(c) | bits,
			      memory_order_relaxed);
}

static inline void conn_set_path(struct conn *c, enum nat_dir dir, uint8_t path)
{
	atomic_store_explicit(&c->path[dir], path, memory_order_relaxed);
}

static inline ticks conn_timeout(const struct conn *c)
{
	return atomic_load_explicit(&c->timeout, memory_order_relaxed);
}

static inline void conn_set_timeout(struct conn *c, ticks t)
{
	atomic_store_explicit(&c->timeout, t, memory_order_relaxed);
}

/* A timeout is a span until the connection is confirmed. */
static inline void conn_refresh(struct conn *c, ticks now, ticks timeout)
{
	uint16_t status = conn_status(c);

	if (status & NAT_ST_FIXED_TIMEOUT)
		return;
	conn_set_timeout(c,
			 status & NAT_ST_CONFIRMED ? now + timeout : timeout);
}

/* What the tracker says of a packet of @len bytes, done. */
static inline void conn_take_tcp(struct conn *c, const struct tcp_result *r,
				 ticks now, unsigned dir, uint32_t len)
{
	if (r->actions & TCP_SET_TIMEOUT)
		conn_refresh(c, now, r->timeout);
	if (r->actions & TCP_ACCOUNT)
		conn_account(c, dir, len);
	if (r->actions & TCP_ASSURE)
		conn_set_status(c, NAT_ST_ASSURED);
}

static inline bool conn_expired(const struct conn *c, ticks now)
{
	return ticks_reached(now, conn_timeout(c));
}

/* Of a connection that no worker owns: serialises its packets on different
 * ones. For conns_enter(). The acquire pairs with the release in
 * conn_unlock(). LOCK ORDER: a connection, then table buckets, then a bysource
 * list; never two connections. */
static inline void conn_lock(struct conn *c)
{
	unsigned turns = 0;

	while (unlikely(atomic_fetch_or_explicit(&c->status, CONN_LOCKED,
						 memory_order_acquire) &
			CONN_LOCKED))
		while (atomic_load_explicit(&c->status, memory_order_relaxed) &
		       CONN_LOCKED)
			spin_wait(&turns);
}

static inline void conn_unlock(struct conn *c)
{
	atomic_fetch_and_explicit(&c->status, (uint16_t)~CONN_LOCKED,
				  memory_order_release);
}

#endif
