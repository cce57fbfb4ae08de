/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SCTP connection tracking, Linux's (spec 6.5): one packet at a time into one
 * connection's struct sctp_track. Pure: what must be done with the connection
 * is the result, and the caller does it.
 *
 * A new connection's track is all zero and its status lacks CONFIRMED.
 */
#ifndef NAT_SCTP_H
#define NAT_SCTP_H

#include "clock.h"
#include "natcore.h"
#include "pure/sctp_chunks.h"
#include "util.h"

/* As conntrack prints them, in the kernel's numbering. */
#define SCTP_STATES(X)                                                         \
	X(NONE)                                                                \
	X(CLOSED)                                                              \
	X(COOKIE_WAIT)                                                         \
	X(COOKIE_ECHOED)                                                       \
	X(ESTABLISHED)                                                         \
	X(SHUTDOWN_SENT)                                                       \
	X(SHUTDOWN_RECD)                                                       \
	X(SHUTDOWN_ACK_SENT)                                                   \
	X(HEARTBEAT_SENT)

enum sctp_state {
#define X(name) SCTPS_##name,
	SCTP_STATES(X)
#undef X
		SCTP_N_STATES
};

/* Tags are as they lie in packets: nothing but equality is asked of them. */
struct sctp_track {
	uint32_t vtag[NAT_N_DIRS]; /* that packets of a direction bear */
	uint8_t state;
	uint8_t inits;  /* 1 << direction: it sent an INIT not yet done with */
	uint8_t failed; /* 1 + direction of a heartbeat with a wrong tag */
	uint8_t unused;
};
static_assert(sizeof(struct sctp_track) == 12, "a connection fits 64 bytes");

enum sctp_verdict {
	SCTP_ACCEPT,
	SCTP_IGNORE,  /* translated, but nothing else comes of it */
	SCTP_INVALID, /* not of this connection */
};

/* What made a packet less than accepted, and so what became of it. */
#define SCTP_WHYS(X)                                                           \
	X(NONE, ACCEPT, "accepted")                                            \
	X(CHUNKS, INVALID, "chunks that do not go together")                   \
	X(NO_START, INVALID, "does not begin an association")                  \
	X(TAG, INVALID, "verification tag of another association")             \
	X(STATE, INVALID, "does not belong in this state")                     \
	X(CUT, INVALID, "INIT cut short")                                      \
	X(HEARTBEAT, IGNORE, "heartbeat with an unknown tag")                  \
	X(AGAIN, IGNORE, "INIT once more")

enum sctp_why {
#define X(id, verdict, text) SCTP_WHY_##id,
	SCTP_WHYS(X)
#undef X
		SCTP_N_WHYS
};

struct sctp_context {
	const struct nat_sysctl *sysctl;
	uint16_t status; /* enum nat_status, before this packet */
	uint8_t dir;     /* enum nat_dir */
};

struct sctp_result {
	ticks timeout;   /* with SCTP_ACCEPT; the packet is counted then, too */
	uint8_t verdict; /* enum sctp_verdict */
	uint8_t why;     /* enum sctp_why */
	bool assured;    /* has become so, if it was not */
	bool changed;    /* the state did: event PROTOINFO */
};

/* Takes @p, whose header is complete, into @t. */
MUST_USE struct sctp_result sctp_update(struct sctp_track *t,
					const struct packet *p,
					const struct sctp_context *c);

const char *sctp_state_name(enum sctp_state s);
const char *sctp_why_text(enum sctp_why w);

#endif
