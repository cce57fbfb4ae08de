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

/* Two ends without a direction. Every byte is compared: all of it is set. */
struct group_key {
	struct nat_addr addr[2];
	uint16_t id[2];
	uint8_t proto, family;
	uint8_t query; /* ICMP: the pair of types, counted from 1 */
	uint8_t zero;
};

/* A packet whose group is asked for. */
struct seeker {
	struct group_key key;
	uint32_t hash;
	bool high; /* which of the key's ends sent it */
};

enum { GROUPS_ROOM = 16 };

struct member {
	void *room;      /* GROUPS_ROOM bytes, the caller's own for the group,
			  * zero at first; until the next one is found */
	uint32_t group;  /* counts from 0 in order of appearance */
	uint32_t hash;   /* of all but the first sender's address: one for
			  * groups that may want one translated source */
	bool first;      /* nobody of this group came before */
	bool from_first; /* sent by who sent the group's first packet */
};

/* Then again, in order, and some packets at a time: all are prepared, all are
 * fetched, all are found. */
void groups_prepare(const struct groups *g, struct seeker *s,
		    const struct wire *w, uint64_t time_ns);
void groups_fetch(const struct groups *g, const struct seeker *s);
/* @p: the packet's bytes. False: no memory, or 2^30 groups. */
bool groups_find(struct groups *g, const struct seeker *s, const uint8_t *p,
		 const struct wire *w, uint64_t time_ns, struct member *m);

uint32_t groups_count(const struct groups *g);

#endif
