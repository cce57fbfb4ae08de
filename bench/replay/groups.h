/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which packets of a capture belong together. A conversation is both
 * directions of
 *  - a 5-tuple; a fragment counts to the tuple of its datagram,
 *  - an ICMP query and its replies, by addresses and identifier,
 *  - anything else, by addresses and protocol;
 * an ICMP error belongs to the conversation it quotes, if there is one. */
#ifndef NATBENCH_GROUPS_H
#define NATBENCH_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "replay/wire.h"

struct groups;

/* NULL: no memory. */
struct groups *groups_new(void);
void groups_free(struct groups *g);

/* First over the whole capture, in order: learns the datagrams whose
 * fragments groups_find() will meet. False: no memory. */
bool groups_scan(struct groups *g, const struct wire *w, uint64_t time_ns);

struct member {
	uint32_t group;  /* counts from 0 in order of appearance */
	uint64_t hash;   /* of all but the first sender's address: one for
			  * groups that may want one translated source */
	bool first;      /* nobody of this group came before */
	bool from_first; /* sent by who sent the group's first packet */
};

/* Then again, in order. False: no memory, or 2^32 groups. */
bool groups_find(struct groups *g, const uint8_t *p, const struct wire *w,
		 uint64_t time_ns, struct member *m);

uint32_t groups_count(const struct groups *g);

#endif
