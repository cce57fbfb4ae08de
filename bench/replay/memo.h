/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is known of a packet from when it was last played, so that the next pass
 * need not look at its conversation, which as often as not lies in a cache
 * miss. It holds as long as its lane has learned nothing new about the
 * conversation, or about others that share its lesson's number. Of an answer it
 * says that the bytes in the store are readdressed by now. */
#ifndef NATBENCH_MEMO_H
#define NATBENCH_MEMO_H

#include <stdbool.h>
#include <stdint.h>

#include "natcore.h"

enum {
	LESSONS = 256,    /* a power of two */
	LESSON_FIRST = 1, /* a memo that is all zero does not hold */
};

struct memo {
	uint32_t lesson; /* of its lane, when this was so */
	uint16_t out_if; /* where it left */
	uint8_t in_if;   /* where it entered */
	uint8_t dir;     /* of its connection; NAT_N_DIRS: not established */
};

static inline bool memo_holds(const struct memo *m, uint32_t lesson)
{
	return m->lesson == lesson;
}

/* How @p, which was forwarded, went through the router. */
static inline void memo_take(struct memo *m, const struct nat_packet *p)
{
	m->out_if = p->out_if;
	m->dir = p->state == NAT_STATE_ESTABLISHED ? p->dir : NAT_N_DIRS;
}

/* Did @p go the same way, within a connection whose beginning was looked at? It
 * is translated as that was, so there is nothing to learn. */
static inline bool memo_same(const struct memo *m, const struct nat_packet *p)
{
	return p->out_if == m->out_if && p->dir == m->dir &&
	       p->state == NAT_STATE_ESTABLISHED;
}

#endif
