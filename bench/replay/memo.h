/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a packet became when it was last played, so that the next pass need not
 * look at its conversation, which as often as not lies in a cache miss: how an
 * answer was readdressed, how an original left. It holds as long as its lane
 * has learned nothing new about the conversation, or about others that share
 * its lesson's number. Plain packets alone (wire.h) have memos. */
#ifndef NATBENCH_MEMO_H
#define NATBENCH_MEMO_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "replay/wire.h"

enum {
	LESSONS = 256,    /* a power of two */
	LESSON_FIRST = 1, /* a memo that is all zero does not hold */
};

struct memo {
	uint64_t addresses; /* both, as they lie in the packet */
	uint32_t ports;
	uint16_t ip_sum, l4_sum; /* of answers */
	uint32_t lesson;         /* of its lane, when this was so */
	uint16_t iface;          /* answers: where in; originals: where out */
};

static inline bool memo_holds(const struct memo *m, uint32_t lesson)
{
	return m->lesson == lesson;
}

/* Where a plain packet has its transport checksum. */
static inline unsigned memo_sum_at(const struct wire_shape *s)
{
	return s->l4 + (s->kind == WIRE_TCP ? 16u : 6u);
}

/* The packet @p, of shape @s, is so. */
static inline void memo_take(struct memo *m, const struct wire_shape *s,
			     const uint8_t *p, uint16_t iface, uint32_t lesson)
{
	m->lesson = lesson;
	m->iface = iface;
	memcpy(&m->addresses, p + s->at + 12, sizeof(m->addresses));
	memcpy(&m->ports, p + s->l4, sizeof(m->ports));
	memcpy(&m->ip_sum, p + s->at + 10, sizeof(m->ip_sum));
	memcpy(&m->l4_sum, p + memo_sum_at(s), sizeof(m->l4_sum));
}

/* Makes an answer, fresh from the capture, so again. */
static inline void memo_repeat(const struct memo *m, const struct wire_shape *s,
			       uint8_t *p)
{
	memcpy(p + s->at + 12, &m->addresses, sizeof(m->addresses));
	memcpy(p + s->l4, &m->ports, sizeof(m->ports));
	memcpy(p + s->at + 10, &m->ip_sum, sizeof(m->ip_sum));
	memcpy(p + memo_sum_at(s), &m->l4_sum, sizeof(m->l4_sum));
}

/* Did an original leave as it did then? */
static inline bool memo_same(const struct memo *m, const struct wire_shape *s,
			     const uint8_t *p, uint16_t iface)
{
	return !memcmp(&m->addresses, p + s->at + 12, sizeof(m->addresses)) &&
	       !memcmp(&m->ports, p + s->l4, sizeof(m->ports)) &&
	       m->iface == iface;
}

#endif
