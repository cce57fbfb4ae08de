/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the stages of a batch know of a group's packets: of each the same thing
 * in a row, so that all are found out side by side.
 */
#ifndef NAT_FLIGHTS_H
#define NAT_FLIGHTS_H

#include "decide/engine.h"
#include "pure/packet8.h"

/* What will be looked for if the packet begins a connection. */
struct stranger {
	uint32_t new_source; /* where it may leave from, as others did */
	uint64_t source;     /* hash of its socket */
	struct table_spot answer, new_answer; /* to it as it comes; leaves so */
};

struct flights {
#if LANES8
	struct packet8 ip; /* of a group of plain packets */
#endif
	unsigned plain;                     /* bits: packet_is_plain() */
	uint64_t hash[GROUP];               /* of tuples, where plain */
	const struct bucket *bucket[GROUP]; /* of hashes */
	/* What may be their connections: index << 1 | direction; 0: none. */
	uint32_t ref[GROUP];
	struct conn *conn[GROUP]; /* the same; NULL: none */
	/* Set by opening_expect(), for those of no connection. */
	struct stranger stranger[GROUP];
};

static inline bool flights_plain(const struct flights *f, unsigned i)
{
	return f->plain >> i & 1;
}

static inline struct conn_ref flights_guess(const struct flights *f, unsigned i)
{
	return (struct conn_ref){
		.conn = f->conn[i],
		.index = f->ref[i] >> 1,
		.dir = f->ref[i] & 1,
	};
}

#endif
