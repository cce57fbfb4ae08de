/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the TCP tracker knows: one segment, and one connection in 52 bytes.
 * Sequence numbers are in host order and compare modulo 2^32. Fields of a
 * connection that are named last_* remember one packet (spec 5.3).
 */
#ifndef NAT_TCP_TRACK_H
#define NAT_TCP_TRACK_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "natcore.h"
#include "util.h"

enum tcp_flag { /* RFC 9293 3.1 */
		TCP_FIN = 0x01,
		TCP_SYN = 0x02,
		TCP_RST = 0x04,
		TCP_PSH = 0x08,
		TCP_ACK = 0x10,
		TCP_URG = 0x20,
		TCP_ECE = 0x40,
		TCP_CWR = 0x80,
};

/* Which flag decides; the first of RST, SYN, FIN, ACK (spec 5.1). */
enum tcp_class {
	TCP_CLASS_NONE,
	TCP_CLASS_SYN,
	TCP_CLASS_SYNACK,
	TCP_CLASS_FIN,
	TCP_CLASS_ACK,
	TCP_CLASS_RST,
	TCP_N_CLASSES
};

/* As conntrack prints them, in the kernel's numbering (spec 5.2). */
#define TCP_STATES(X)                                                          \
	X(NONE)                                                                \
	X(SYN_SENT)                                                            \
	X(SYN_RECV)                                                            \
	X(ESTABLISHED)                                                         \
	X(FIN_WAIT)                                                            \
	X(CLOSE_WAIT)                                                          \
	X(LAST_ACK)                                                            \
	X(TIME_WAIT)                                                           \
	X(CLOSE)                                                               \
	X(SYN_SENT2)

enum tcp_state {
#define X(name) TCPS_##name,
	TCP_STATES(X)
#undef X
		TCP_N_STATES
};

/* What is known of one side; the values are the kernel's, for whoever
 * compares. */
enum tcp_side_flag {
	TCP_WSCALE = 0x01,     /* offered window scaling */
	TCP_SACK_PERM = 0x02,  /* offered SACK */
	TCP_CLOSE_INIT = 0x04, /* was the first to send FIN */
	TCP_LIBERAL = 0x08,    /* picked up midway: its window is a guess */
	TCP_DATA_UNACK = 0x10, /* sent what the other has not acknowledged */
	TCP_MAXACK_SET = 0x20, /* maxack is known */
};

/* tcp_track.last_opts: what the last SYN offered, and what it led to. */
enum tcp_last_opts {
	TCP_LAST_SCALE = 0x0f,     /* mask */
	TCP_LAST_SIMOPEN = 0x10,   /* both sides opened at once */
	TCP_LAST_CHALLENGE = 0x20, /* a challenge ACK is to be expected */
	TCP_LAST_OFFER_SHIFT = 6,  /* TCP_WSCALE and TCP_SACK_PERM */
};

/* A header as the tracker wants it. */
struct tcp_segment {
	uint32_t seq, ack;
	uint32_t end; /* tcp_segment_end() */
	uint16_t win; /* as it stands in the header */
	uint8_t flags;
	uint8_t options_len;
	const uint8_t *options;
};

struct tcp_side {
	uint32_t end;    /* highest sequence number sent, plus one */
	uint32_t maxend; /* highest that the other side's window allows */
	uint32_t maxwin; /* widest window announced; 0: nothing known yet */
	uint32_t maxack; /* highest acknowledgement sent */
};

struct tcp_track {
	struct tcp_side side[NAT_N_DIRS];
	uint32_t last_seq, last_ack, last_end;
	uint16_t last_win;
	uint8_t flags[NAT_N_DIRS]; /* enum tcp_side_flag */
	uint8_t scales;            /* a nibble per direction */
	uint8_t last_opts;         /* enum tcp_last_opts */
	uint8_t state_last;        /* state, last class, last direction */
	uint8_t retrans;
};
static_assert(sizeof(struct tcp_track) == 52, "a connection fits 96 bytes");
static_assert(TCP_N_STATES <= 16 && TCP_N_CLASSES <= 8, "state_last holds it");

enum tcp_verdict {
	TCP_ACCEPT,
	TCP_IGNORE,  /* translated, but nothing was learnt from it */
	TCP_INVALID, /* not of this connection */
	TCP_REPEAT,  /* delete the connection; the packet begins another */
};

/* What made a segment less than accepted, and so what became of it. */
#define TCP_WHYS(X)                                                            \
	X(NONE, ACCEPT, "accepted")                                            \
	X(NO_START, INVALID, "does not begin a connection")                    \
	X(STATE, INVALID, "does not belong in this state")                     \
	X(REOPEN, REPEAT, "reopens a closed connection")                       \
	X(UNPROVEN, IGNORE, "out of turn: left for the peer to answer")        \
	X(CHALLENGE, IGNORE, "challenge ACK")                                  \
	X(RST_OLD, INVALID, "reset below what its receiver acknowledged")      \
	X(SEQ_ABOVE, INVALID, "sequence above the window")                     \
	X(OVERSHOT, IGNORE, "more data than the window allows")                \
	X(ACK_ABOVE, INVALID, "acknowledges data not yet sent")                \
	X(SEQ_BELOW, IGNORE, "data acknowledged before")                       \
	X(ACK_BELOW, IGNORE, "acknowledgement too old")

enum tcp_why {
#define X(id, verdict, text) TCP_WHY_##id,
	TCP_WHYS(X)
#undef X
		TCP_N_WHYS
};

/* What may cut an entry's timeout short; any combination. */
enum tcp_cut {
	TCP_CUT_RETRANS = 1, /* tcp_max_retrans repetitions of one ACK */
	TCP_CUT_RST = 2,
	TCP_CUT_UNACK = 4,  /* data on its way */
	TCP_CUT_CLOSED = 8, /* the last window announced was 0 */
	TCP_N_CUTS = 16
};

/* What the sysctls say, as the tracker wants it. */
struct tcp_rules {
	ticks timeout[TCP_N_STATES][TCP_N_CUTS];
	ticks ordinary[2]; /* after an ordinary ACK: no data or some on its
			    * way */
	ticks timeout_unack;
	uint32_t max_retrans;
	bool loose, liberal, ignore_invalid_rst;
};

void tcp_rules_init(struct tcp_rules *r, const struct nat_sysctl *s);

/* A segment's circumstances, all as of before it. */
struct tcp_context {
	const struct tcp_rules *rules;
	ticks left;          /* until the connection expires */
	uint32_t ack_offset; /* what a helper added to the data acknowledged */
	uint16_t status;     /* enum nat_status */
	enum nat_dir dir;
};

static inline bool seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool seq_after(uint32_t a, uint32_t b)
{
	return seq_before(b, a);
}

static inline uint32_t tcp_segment_end(uint32_t seq, uint8_t flags,
				       uint32_t payload)
{
	return seq + payload + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
}

static inline enum tcp_class tcp_class(uint8_t flags)
{
	if (flags & TCP_RST)
		return TCP_CLASS_RST;
	if (flags & TCP_SYN)
		return flags & TCP_ACK ? TCP_CLASS_SYNACK : TCP_CLASS_SYN;
	if (flags & TCP_FIN)
		return TCP_CLASS_FIN;
	return flags & TCP_ACK ? TCP_CLASS_ACK : TCP_CLASS_NONE;
}

static inline enum tcp_state tcp_state(const struct tcp_track *t)
{
	return t->state_last & 0x0f;
}

static inline enum tcp_class tcp_last_class(const struct tcp_track *t)
{
	return t->state_last >> 4 & 0x07;
}

static inline enum nat_dir tcp_last_dir(const struct tcp_track *t)
{
	return t->state_last >> 7;
}

static inline void tcp_set_state(struct tcp_track *t, enum tcp_state state,
				 enum tcp_class last, enum nat_dir last_dir)
{
	t->state_last = (uint8_t)(state | last << 4 | last_dir << 7);
}

static inline uint8_t tcp_scale(const struct tcp_track *t, enum nat_dir dir)
{
	return t->scales >> (dir * 4) & 0x0f;
}

static inline void tcp_set_scale(struct tcp_track *t, enum nat_dir dir,
				 uint8_t scale)
{
	unsigned other = t->scales & (0xf0u >> (dir * 4));

	t->scales = (uint8_t)(other | (unsigned)scale << (dir * 4));
}

/* True for the combinations that senders use (spec 3.2); the rest is
 * INVALID before any connection is looked at. */
MUST_USE bool tcp_flags_valid(uint8_t flags);

const char *tcp_state_name(enum tcp_state state);
const char *tcp_why_text(enum tcp_why why);

#endif
