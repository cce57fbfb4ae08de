/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A packet's way through the router as a story: the engine's trace events,
 * each with what it changed in the packet and in its connection. A packet that
 * the router sends because of another has a story of its own, told after that
 * one's. */
#ifndef NATBENCH_STORY_H
#define NATBENCH_STORY_H

#include "explain/fields.h"
#include "natcore.h"

enum story_kind {
	STORY_PACKET, /* given by the user; number counts them */
	STORY_REPLY,  /* the far end's answer to packet number */
	STORY_FRAME,  /* of a capture */
	STORY_OWN,    /* sent by the router because of the one before */
	STORY_PIECE,  /* a fragment of the one before; nothing but its bytes */
	STORY_UNSENT, /* a captured answer to what never left: no bytes */
};

/* What the connection looked like after an event. */
struct story_connection {
	bool known; /* there is one */
	bool first; /* this packet meets it here */
	bool orig_changed, reply_changed;
	uint16_t
		status_set; /* enum nat_status bits, new since the last event */
	struct nat_conntrack ct;
};

/* One event. The strings live as long as the engine's rules. */
struct moment {
	enum nat_step step;
	enum nat_hook hook;
	const char *table, *chain, *text;
	unsigned rule;
	enum nat_state state;
	enum nat_dir dir;
	uint16_t in_if, out_if;
	struct story_connection connection;
	struct field_change *change;
	size_t n_changes;
};

struct bytes {
	uint8_t *data;
	size_t len, room;
};

struct story {
	enum story_kind kind;
	uint64_t number;
	uint16_t in_if, out_if;
	enum nat_verdict verdict;
	enum nat_drop reason;
	struct moment *moment;
	size_t n_moments, room;
	struct bytes before, after; /* the packet as it came and as it went */
};

/* Who tells it. */
struct teller {
	void (*tell)(void *ctx, const struct story *s);
	void *ctx;
};

enum { STORIES_MOST = 8 }; /* a packet, and what the router sends for it */

/* Listens to a worker: nat_worker_trace(w, story_hear, recorder). */
struct recorder {
	struct teller teller;
	/* of the next packet that comes in */
	enum story_kind kind;
	uint64_t number;
	bool deaf; /* nobody wants to hear of it */

	bool failed;       /* no memory: something is missing */
	unsigned own_left; /* stories of the router's own that left, so far */
	struct story story[STORIES_MOST];
	unsigned cause[STORIES_MOST]; /* whose story each interrupted */
	unsigned begun;   /* story[0..begun) are told when the first ends */
	unsigned now;     /* whose events come in */
	unsigned unheard; /* stories beyond the last, nested in now */
};

void story_hear(void *recorder, const struct nat_event *ev);
/* Frees what the stories hold, not the recorder. */
void recorder_fini(struct recorder *r);

#endif
