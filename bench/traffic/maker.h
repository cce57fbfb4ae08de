/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the files of this folder share: the state of a generator, and the
 * stages a packet goes through. */
#ifndef NATBENCH_MAKER_H
#define NATBENCH_MAKER_H

#include "traffic/draft.h"
#include "traffic/draw.h"
#include "traffic/flow.h"
#include "traffic/places.h"

enum { FLOWS = 256, WAITING = 32 };

/* A packet that is ready. */
struct parcel {
	uint8_t data[DRAFT_PACKET + DRAFT_TRAILER];
	uint32_t len;
	uint16_t iface;
	uint32_t group;
	const char *what, *oddity;
};

struct traffic {
	struct rng rng;
	uint32_t kinds;
	struct places places;
	struct flow flow[FLOWS];
	uint32_t opened;

	struct draft draft; /* the packet in the making */
	struct parcel now;  /* the packet made last */
	struct parcel waiting[WAITING];
	unsigned first, n_waiting;

	/* What the packet made last teaches when it leaves, and whom. */
	struct lesson {
		struct flow *flow; /* NULL: nothing */
		uint8_t from;      /* enum flow_side */
		uint8_t flags;     /* TCP */
		uint32_t end;      /* TCP: sequence number after it */
	} lesson;
};

/* The kinds that may be drawn for a packet of this sort. */
uint32_t maker_kinds(const struct traffic *t, uint8_t family, uint8_t proto);

/* talks.c */
/* Makes a new connection; false: the scenario has no place for one. */
bool talk_open(struct traffic *t, struct flow *f);
/* Drafts its next packet and says what it was. */
const char *talk_next(struct traffic *t, struct flow *f);

/* Starts the draft: a packet that @side of @f sends. */
void maker_from(struct traffic *t, const struct flow *f, enum flow_side side);
/* How much data a packet bears. */
uint32_t maker_size(struct traffic *t);

/* What a talk can say; each drafts a packet and names it. */
const char *say_tcp(struct traffic *t, struct flow *f);
const char *say_udp(struct traffic *t, struct flow *f);
const char *say_query(struct traffic *t, struct flow *f);
const char *say_udplite(struct traffic *t, struct flow *f);
const char *say_sctp(struct traffic *t, struct flow *f);
const char *say_gre(struct traffic *t, struct flow *f);
const char *say_plain(struct traffic *t, struct flow *f);

/* Drafts an ICMP error about what an end of @f sent. */
const char *draft_error(struct traffic *t, struct flow *f);

/* Does something odd to the draft, or nothing: "". */
const char *oddity_draft(struct traffic *t);
/* The same to the bytes. */
const char *oddity_bytes(struct traffic *t, struct parcel *p);
/* Cuts a packet and puts the pieces into the queue; false: it cannot be. */
bool fragment_parcel(struct traffic *t, const struct parcel *p);

/* A place in the queue of what comes later, or NULL: it is full. */
struct parcel *maker_queue(struct traffic *t);

#endif
