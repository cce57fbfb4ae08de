/* SPDX-License-Identifier: BSD-2-Clause
 * SCTP: the table of states, verification tags, and packets in full. */
#include "pure/sctp.h"

/* ------------------------------------------------------------ the table */

enum {
	NO = SCTPS_NONE,
	CL = SCTPS_CLOSED,
	CW = SCTPS_COOKIE_WAIT,
	CE = SCTPS_COOKIE_ECHOED,
	ES = SCTPS_ESTABLISHED,
	SS = SCTPS_SHUTDOWN_SENT,
	SR = SCTPS_SHUTDOWN_RECD,
	SA = SCTPS_SHUTDOWN_ACK_SENT,
	HS = SCTPS_HEARTBEAT_SENT,
	IV = SCTP_N_STATES, /* invalid */
};

/* Rows are chunk types; those without one leave the state as it is. */
static const uint8_t
	next[NAT_N_DIRS][SCTP_SHUTDOWN_COMPLETE + 1][SCTP_N_STATES] =
		{
			/* clang-format off */
[NAT_ORIGINAL] = {
	/*                           NO  CL  CW  CE  ES  SS  SR  SA  HS */
	[SCTP_INIT]              = { CL, CL, CW, CE, ES, CL, CL, SA, CW },
	[SCTP_INIT_ACK]          = { CL, CL, CW, CE, ES, SS, SR, SA, CL },
	[SCTP_ABORT]             = { CL, CL, CL, CL, CL, CL, CL, CL, CL },
	[SCTP_SHUTDOWN]          = { CL, CL, CW, CE, SS, SS, SR, SA, CL },
	[SCTP_SHUTDOWN_ACK]      = { SA, CL, CW, CE, ES, SA, SA, SA, SA },
	[SCTP_ERROR]             = { CL, CL, CW, CE, ES, SS, SR, SA, CL },
	[SCTP_COOKIE_ECHO]       = { CL, CL, CE, CE, ES, SS, SR, SA, CL },
	[SCTP_COOKIE_ACK]        = { CL, CL, CW, ES, ES, SS, SR, SA, CL },
	[SCTP_SHUTDOWN_COMPLETE] = { CL, CL, CW, CE, ES, SS, SR, CL, CL },
	[SCTP_HEARTBEAT]         = { HS, CL, CW, CE, ES, SS, SR, SA, HS },
	[SCTP_HEARTBEAT_ACK]     = { CL, CL, CW, CE, ES, SS, SR, SA, HS },
},
[NAT_REPLY] = {
	/*                           NO  CL  CW  CE  ES  SS  SR  SA  HS */
	[SCTP_INIT]              = { IV, CL, CW, CE, ES, SS, SR, SA, IV },
	[SCTP_INIT_ACK]          = { IV, CW, CW, CE, ES, SS, SR, SA, IV },
	[SCTP_ABORT]             = { IV, CL, CL, CL, CL, CL, CL, CL, IV },
	[SCTP_SHUTDOWN]          = { IV, CL, CW, CE, SR, SS, SR, SA, IV },
	[SCTP_SHUTDOWN_ACK]      = { IV, CL, CW, CE, ES, SA, SA, SA, IV },
	[SCTP_ERROR]             = { IV, CL, CW, CL, ES, SS, SR, SA, IV },
	[SCTP_COOKIE_ECHO]       = { IV, CL, CE, CE, ES, SS, SR, SA, IV },
	[SCTP_COOKIE_ACK]        = { IV, CL, CW, ES, ES, SS, SR, SA, IV },
	[SCTP_SHUTDOWN_COMPLETE] = { IV, CL, CW, CE, ES, SS, SR, CL, IV },
	[SCTP_HEARTBEAT]         = { IV, CL, CW, CE, ES, SS, SR, SA, HS },
	[SCTP_HEARTBEAT_ACK]     = { IV, CL, CW, CE, ES, SS, SR, SA, ES },
},
			/* clang-format on */
};

/* Types of chunks as a set. Those above 31 mean nothing to the tracker. */
static uint32_t set_of(uint8_t type)
{
	return type < 32 ? UINT32_C(1) << type : 0;
}

#define SET(name) (UINT32_C(1) << SCTP_##name)

enum {
	ROWS = SET(INIT) | SET(INIT_ACK) | SET(ABORT) | SET(SHUTDOWN) |
	       SET(SHUTDOWN_ACK) | SET(ERROR) | SET(COOKIE_ECHO) |
	       SET(COOKIE_ACK) | SET(SHUTDOWN_COMPLETE) | SET(HEARTBEAT) |
	       SET(HEARTBEAT_ACK),
	ALONE = SET(INIT) | SET(INIT_ACK) | SET(SHUTDOWN_COMPLETE),
	FIRST = SET(COOKIE_ECHO) | SET(COOKIE_ACK),
	NEVER_NEW = SET(ABORT) | SET(SHUTDOWN_COMPLETE) | SET(COOKIE_ACK),
	/* a packet with one of these may bear another tag */
	TAG_ITS_OWN = SET(INIT) | SET(SHUTDOWN_COMPLETE) | SET(COOKIE_ECHO) |
		      SET(ABORT) | SET(SHUTDOWN_ACK) | SET(HEARTBEAT) |
		      SET(HEARTBEAT_ACK),
};

static uint8_t next_state(uint8_t dir, uint8_t state, uint8_t type)
{
	return set_of(type) & ROWS ? next[dir][type][state] : state;
}

/* ------------------------------------------------------- packet in hand */

struct update {
	struct sctp_track *t;
	const struct sctp_context *c;
	uint32_t tag;  /* of the packet */
	uint32_t seen; /* set of its chunks */
	uint8_t why;   /* so far; a reason to ignore it stays */
	bool changed, assured;
};

/* RFC 9260 6.10: what may share a packet. */
static bool chunks_agree(struct sctp_chunks walk, uint32_t *seen)
{
	struct sctp_chunk c;
	bool alone = false;
	unsigned n = 0;

	for (*seen = 0; sctp_next_chunk(&walk, &c); n++) {
		uint32_t set = set_of(c.type);

		alone |= !!(set & ALONE);
		if (!c.length || (n && (alone || set & FIRST)))
			return false;
		*seen |= set;
	}
	return n;
}

/* What the first packet tells of tags. */
static enum sctp_why begin_tag(const struct update *u,
			       const struct sctp_chunk *c)
{
	uint8_t state = next_state(NAT_ORIGINAL, SCTPS_NONE, c->type);

	if (state == NO)
		return SCTP_WHY_NO_START;
	if (c->type == SCTP_INIT) {
		if (u->tag)
			return SCTP_WHY_NO_START;
		if (!c->has_init)
			return SCTP_WHY_CUT;
		u->t->vtag[NAT_REPLY] = c->first;
	} else if (c->type == SCTP_HEARTBEAT) {
		u->t->vtag[NAT_ORIGINAL] = u->tag;
	} else if (c->type == SCTP_SHUTDOWN_ACK) {
		u->t->vtag[NAT_REPLY] = u->tag;
	}
	return SCTP_WHY_NONE;
}

static enum sctp_why begin(const struct update *u, struct sctp_chunks walk)
{
	struct sctp_chunk c;

	if (u->seen & NEVER_NEW)
		return SCTP_WHY_NO_START;
	while (sctp_next_chunk(&walk, &c)) {
		enum sctp_why why = begin_tag(u, &c);

		if (why)
			return why;
	}
	return SCTP_WHY_NONE;
}

/* A heartbeat with a tag unknown is answered by a path that was there before
 * us, or by nobody: it passes, and its answer will tell. */
static enum sctp_why heartbeat(struct update *u)
{
	uint8_t dir = u->c->dir;

	if (u->why)
		return SCTP_WHY_TAG;
	u->t->failed = (uint8_t)(1 + dir);
	return SCTP_WHY_HEARTBEAT;
}

static enum sctp_why heartbeat_ack(struct update *u)
{
	uint8_t dir = u->c->dir;
	struct sctp_track *t = u->t;

	if (t->failed != 1 + !dir)
		return SCTP_WHY_TAG;
	t->failed = 0;
	t->vtag[dir] = u->tag;
	t->vtag[!dir] = 0;
	return SCTP_WHY_NONE;
}

/* Either of the two tells the tag of a side that was not heard of. */
static enum sctp_why heartbeats(struct update *u, uint8_t type)
{
	uint32_t *tag = &u->t->vtag[u->c->dir];

	if (!*tag) {
		*tag = u->tag;
		return SCTP_WHY_NONE;
	}
	if (*tag == u->tag) {
		u->t->failed = 0;
		return SCTP_WHY_NONE;
	}
	if (u->seen & SET(DATA))
		return SCTP_WHY_TAG;
	return type == SCTP_HEARTBEAT ? heartbeat(u) : heartbeat_ack(u);
}

/* The tag that a chunk wants its packet to bear (RFC 9260 8.5.1). */
static enum sctp_why check_tag(struct update *u, const struct sctp_chunk *c)
{
	const uint32_t *tag = u->t->vtag;
	uint8_t dir = u->c->dir;
	bool ok = true;

	switch (c->type) {
	case SCTP_INIT:
		ok = !u->tag;
		break;
	case SCTP_ABORT:
	case SCTP_SHUTDOWN_COMPLETE:
		ok = u->tag == tag[c->flags & SCTP_T_FLAG ? !dir : dir];
		break;
	case SCTP_COOKIE_ECHO:
		ok = u->tag == tag[dir];
		break;
	case SCTP_COOKIE_ACK:
		u->t->inits = 0;
		break;
	case SCTP_HEARTBEAT:
	case SCTP_HEARTBEAT_ACK:
		return heartbeats(u, c->type);
	default:
		break;
	}
	return ok ? SCTP_WHY_NONE : SCTP_WHY_TAG;
}

/* The tag that an INIT or INIT ACK wants in the packets that answer it. */
static enum sctp_why learn_tag(struct update *u, const struct sctp_chunk *c,
			       uint8_t to)
{
	enum { BOTH = 1 << NAT_ORIGINAL | 1 << NAT_REPLY };
	struct sctp_track *t = u->t;
	bool again = t->state == CL && to == CL;
	uint8_t dir = u->c->dir;
	uint32_t *tag = &t->vtag[!dir];

	if (!c->has_init)
		return SCTP_WHY_CUT;
	if (c->type == SCTP_INIT_ACK) {
		bool other = *tag != c->first;

		if (!(t->inits & 1 << !dir) && *tag && other)
			return SCTP_WHY_TAG;
		if (t->inits == BOTH && other)
			return SCTP_WHY_TAG;
		*tag = c->first;
		return SCTP_WHY_NONE;
	}
	if (t->state == NO || *tag != c->first) {
		if (t->inits == BOTH) /* a third one: begin anew */
			t->inits = 0;
		t->inits |= (uint8_t)(1 << dir);
	}
	*tag = c->first;
	return again && u->c->status & NAT_ST_CONFIRMED ? SCTP_WHY_AGAIN
							: SCTP_WHY_NONE;
}

static bool ignored(enum sctp_why why)
{
	return why == SCTP_WHY_HEARTBEAT || why == SCTP_WHY_AGAIN;
}

/* NONE: go on. */
static enum sctp_why take_chunk(struct update *u, const struct sctp_chunk *c)
{
	enum sctp_why why = check_tag(u, c);
	struct sctp_track *t = u->t;
	uint8_t to;

	if (why)
		return why;
	to = next_state(u->c->dir, t->state, c->type);
	if (to == IV)
		return SCTP_WHY_STATE;
	if (c->type == SCTP_INIT || c->type == SCTP_INIT_ACK)
		why = learn_tag(u, c, to);
	if (why && !ignored(why))
		return why;
	u->changed |= to != t->state;
	u->assured |= to != t->state && to == ES;
	t->state = to;
	return why;
}

static struct sctp_result result(const struct update *u, enum sctp_why why)
{
	static const uint8_t verdict[SCTP_N_WHYS] = {
#define X(id, verdict, text) SCTP_##verdict,
		SCTP_WHYS(X)
#undef X
	};

	return (struct sctp_result){
		.verdict = verdict[why],
		.why = (uint8_t)why,
		.changed = u->changed,
		.assured = u->assured,
	};
}

static ticks timeout_of(const struct nat_sysctl *s, enum sctp_state state)
{
	const uint32_t timeout[SCTP_N_STATES] = {
		[CL] = s->sctp_timeout_closed,
		[CW] = s->sctp_timeout_cookie_wait,
		[CE] = s->sctp_timeout_cookie_echoed,
		[ES] = s->sctp_timeout_established,
		[SS] = s->sctp_timeout_shutdown_sent,
		[SR] = s->sctp_timeout_shutdown_recd,
		[SA] = s->sctp_timeout_shutdown_ack_sent,
		[HS] = s->sctp_timeout_heartbeat_sent,
	};

	return ticks_of_s(timeout[state]);
}

struct sctp_result sctp_update(struct sctp_track *t, const struct packet *p,
			       const struct sctp_context *ctx)
{
	struct update u = {
		.t = t,
		.c = ctx,
		.tag = load32(packet_l4(p) + SCTP_VTAG),
	};
	struct sctp_chunks walk = sctp_chunks_of(p);
	struct sctp_chunk c;
	struct sctp_result r;
	enum sctp_why why;

	if (!chunks_agree(walk, &u.seen))
		return result(&u, SCTP_WHY_CHUNKS);
	if (!(ctx->status & NAT_ST_CONFIRMED)) {
		why = begin(&u, walk);
		if (why)
			return result(&u, why);
	}
	if (!(u.seen & TAG_ITS_OWN) && u.tag != t->vtag[ctx->dir])
		return result(&u, SCTP_WHY_TAG);
	while (sctp_next_chunk(&walk, &c)) {
		why = take_chunk(&u, &c);
		if (why && !ignored(why))
			return result(&u, why);
		if (why)
			u.why = (uint8_t)why;
	}
	r = result(&u, u.why);
	r.timeout = timeout_of(ctx->sysctl, t->state);
	return r;
}

/* ---------------------------------------------------------------- names */

const char *sctp_state_name(enum sctp_state s)
{
	static const char *const name[SCTP_N_STATES] = {
#define X(name) #name,
		SCTP_STATES(X)
#undef X
	};

	return name[s];
}

const char *sctp_why_text(enum sctp_why w)
{
	static const char *const text[SCTP_N_WHYS] = {
#define X(id, verdict, text) text,
		SCTP_WHYS(X)
#undef X
	};

	return text[w];
}
