/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A datagram that comes in fragments (RFC 791 3.2, 815): what is there of it,
 * and what the next fragment makes of that. Linux's answers, spec section 9:
 * what was received in one go may come again, any other overlap spoils all.
 *
 * Fragments that came one behind the other form a run; runs are kept in a
 * balanced tree (A. Andersson, 1993), so that a fragment costs the logarithm of
 * their number whatever the order in which they come.
 */
#ifndef NAT_REASSEMBLY_H
#define NAT_REASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

enum { ECN_CE = 3 }; /* RFC 3168: congestion experienced */

/* A fragment, in the caller's memory. */
struct piece {
	struct piece *next;   /* by offset */
	uint32_t offset, len; /* of the payload; it may be cut */
	uint32_t mark;
	uint16_t before; /* bytes that belong to the whole, too... */
	uint16_t in_if;
	uint8_t own;  /* and to the fragment alone; then the payload */
	bool last;    /* nothing follows it in the datagram */
	bool df;      /* must not be fragmented further */
	uint8_t ecn;  /* RFC 3168: the two bits */
	uint8_t rank; /* in the tree */
	/* of the first piece of a run */
	struct piece *left, *right, *tail;
	uint32_t end;
	uint32_t size; /* of @bytes */
	uint8_t bytes[];
};

struct reassembly {
	struct piece *first, *runs;
	uint32_t have;  /* payload bytes */
	uint32_t total; /* as far as is known, and exactly with... */
	bool has_last;
	uint8_t ecns;        /* a bit for each kind seen */
	uint16_t longest;    /* fragment, header included */
	uint16_t longest_df; /* of those with DF */
};

/* Where families differ. */
struct reassembly_rules {
	uint32_t longest;  /* datagram, header included */
	uint32_t furthest; /* end of a piece; what goes beyond is refused */
	bool cut;          /* pieces but the last to eights; else odd ones are
			    * fatal */
	bool strict;       /* what contradicts the end is fatal, else refused */
};
extern const struct reassembly_rules reassembly_ipv4, reassembly_ipv6;

/* What became of a piece. */
enum reassembly_result {
	PIECE_HELD,
	PIECE_LAST,    /* the datagram is complete */
	PIECE_REFUSED, /* nothing new in it */
	PIECE_FATAL,   /* nothing can come of the datagram any more */
};

/* What is held is part of @r from here on, the last one too. */
enum reassembly_result reassembly_add(struct reassembly *r, struct piece *p,
				      const struct reassembly_rules *rules);

/* Of a complete one: no longer than a datagram can be, and all its fragments by
 * a sender that knows of ECN, or none. */
bool reassembly_sound(const struct reassembly *r,
		      const struct reassembly_rules *rules);

/* Of a complete one: the longest fragment said DF. */
static inline bool reassembly_df(const struct reassembly *r)
{
	return r->longest == r->longest_df;
}

/* Of a complete one: a router on the way was congested (RFC 3168 5.3). */
static inline bool reassembly_congested(const struct reassembly *r)
{
	return r->ecns >> ECN_CE & 1;
}

#endif
