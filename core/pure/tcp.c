/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The TCP state machine: spec 5.2, 5.4 and 5.6. A segment's class, direction
 * and the state find the next state in a table; a few next states need a
 * closer look (decide()); then the window is checked, and settle() makes the
 * step.
 */
#include "pure/tcp.h"

#include "pure/tcp_options.h"
#include "pure/tcp_window.h"

/* Longest a connection may still live that two resets out of its window, one
 * from each side, do not shorten. */
enum { SHORTEN_FROM_S = 120 };

enum {
	NO = TCPS_NONE,
	SS = TCPS_SYN_SENT,
	SR = TCPS_SYN_RECV,
	ES = TCPS_ESTABLISHED,
	FW = TCPS_FIN_WAIT,
	CW = TCPS_CLOSE_WAIT,
	LA = TCPS_LAST_ACK,
	TW = TCPS_TIME_WAIT,
	CL = TCPS_CLOSE,
	S2 = TCPS_SYN_SENT2,
	IG = TCP_N_STATES, /* leave it for the other side to judge */
	IV,                /* invalid */
};

static_assert(S2 == 9, "the columns of next_state are the kernel's states");

/* clang-format off */
static const uint8_t next_state[NAT_N_DIRS][TCP_N_CLASSES][16] = {
	[NAT_ORIGINAL] = {
		/*                    NO  SS  SR  ES  FW  CW  LA  TW  CL  S2 */
		[TCP_CLASS_SYN]    = { SS, SS, IG, IG, IG, IG, IG, SS, SS, S2 },
		[TCP_CLASS_SYNACK] = { IV, IV, SR, IV, IV, IV, IV, IV, IV, SR },
		[TCP_CLASS_FIN]    = { IV, IV, FW, FW, LA, LA, LA, TW, CL, IV },
		[TCP_CLASS_ACK]    = { ES, IV, ES, ES, CW, CW, TW, TW, CL, IV },
		[TCP_CLASS_RST]    = { IV, CL, CL, CL, CL, CL, CL, CL, CL, CL },
		[TCP_CLASS_NONE]   = { IV, IV, IV, IV, IV, IV, IV, IV, IV, IV },
	},
	[NAT_REPLY] = {
		/*                    NO  SS  SR  ES  FW  CW  LA  TW  CL  S2 */
		[TCP_CLASS_SYN]    = { IV, S2, IV, IV, IV, IV, IV, SS, IV, S2 },
		[TCP_CLASS_SYNACK] = { IV, SR, IG, IG, IG, IG, IG, IG, IG, SR },
		[TCP_CLASS_FIN]    = { IV, IV, FW, FW, LA, LA, LA, TW, CL, IV },
		[TCP_CLASS_ACK]    = { IV, IG, SR, ES, CW, CW, TW, TW, CL, IG },
		[TCP_CLASS_RST]    = { IV, CL, CL, CL, CL, CL, CL, CL, CL, CL },
		[TCP_CLASS_NONE]   = { IV, IV, IV, IV, IV, IV, IV, IV, IV, IV },
	},
};
/* clang-format on */

/* A segment's way through the state machine. */
struct step {
	uint8_t class, from, to;
	uint8_t why; /* enum tcp_why */
	bool sure;   /* the window need not be checked */
};

static struct tcp_result result_of(enum tcp_why why)
{
	static const uint8_t verdict[TCP_N_WHYS] = {
#define X(id, verdict, text) TCP_##verdict,
		TCP_WHYS(X)
#undef X
	};

	return (struct tcp_result){.verdict = verdict[why],
				   .why = (uint8_t)why};
}

static bool last_was(const struct tcp_track *t, enum tcp_class class,
		     enum nat_dir dir)
{
	return tcp_last_class(t) == class && tcp_last_dir(t) == dir;
}

/* Keeps what a SYN/ACK or a RST of the other side may prove right later. */
static void remember(struct tcp_track *t, const struct tcp_segment *g,
		     struct step s, enum nat_dir dir)
{
	tcp_set_state(t, s.from, s.class, dir);
	t->last_seq = g->seq;
	t->last_end = g->end;
	t->last_win = g->win;
	if (s.class == TCP_CLASS_SYN && dir == NAT_ORIGINAL) {
		struct tcp_offer o =
			tcp_options_offer(g->options, g->options_len);

		t->last_opts =
			(uint8_t)(o.flags << TCP_LAST_OFFER_SHIFT | o.scale);
		if (s.from == TCPS_LAST_ACK)
			t->last_opts |= TCP_LAST_CHALLENGE;
	}
	if (s.class == TCP_CLASS_ACK && dir == NAT_REPLY &&
	    s.from == TCPS_SYN_SENT)
		t->last_ack = g->ack;
}

static struct step decide_ignored(struct tcp_track *t,
				  const struct tcp_segment *g, enum nat_dir dir,
				  struct step s)
{
	if (s.class == TCP_CLASS_SYNACK && last_was(t, TCP_CLASS_SYN, !dir) &&
	    g->ack == t->last_end) {
		tcp_window_resync(t, dir);
		s.from = TCPS_SYN_SENT;
		s.to = TCPS_SYN_RECV;
		return s;
	}
	remember(t, g, s, dir);
	s.why = TCP_WHY_UNPROVEN;
	return s;
}

/* A SYN after the end begins a new connection if a FIN ended the old one, or
 * if its own sender reset it. */
static struct step decide_syn(struct tcp_track *t, const struct tcp_segment *g,
			      enum nat_dir dir, struct step s)
{
	if (s.from != TCPS_TIME_WAIT && s.from != TCPS_CLOSE)
		return s;
	if ((t->flags[0] | t->flags[1]) & TCP_CLOSE_INIT ||
	    last_was(t, TCP_CLASS_RST, dir)) {
		s.why = TCP_WHY_REOPEN;
		return s;
	}
	return decide_ignored(t, g, dir, s);
}

static bool is_established(const struct tcp_track *t,
			   const struct tcp_context *c)
{
	return tcp_state(t) == TCPS_ESTABLISHED && c->status & NAT_ST_ASSURED;
}

/* The peer of @g's sender has acknowledged data, so a reset has to come at
 * that very place (RFC 5961 3.2); elsewhere it passes, but does not close. */
static struct step decide_rst_place(const struct tcp_track *t,
				    const struct tcp_segment *g,
				    const struct tcp_context *c, struct step s)
{
	uint32_t expected = t->side[!c->dir].maxack;
	bool established = is_established(t, c);

	if (!g->seq && !established)
		return s;
	if (seq_before(g->seq, expected) && !c->rules->ignore_invalid_rst)
		s.why = TCP_WHY_RST_OLD;
	else if (established && g->seq != expected &&
		 !(last_was(t, TCP_CLASS_ACK, c->dir) && g->seq == t->last_end))
		s.to = s.from;
	return s;
}

/* True when @g resets exactly what came last from the other side. */
static bool rst_answers_last(const struct tcp_track *t,
			     const struct tcp_segment *g,
			     const struct tcp_context *c, struct step s)
{
	enum tcp_class last = tcp_last_class(t);

	if (g->ack == t->last_end &&
	    ((c->status & NAT_ST_SEEN_REPLY &&
	      last_was(t, TCP_CLASS_SYN, !c->dir)) ||
	     (!(c->status & NAT_ST_ASSURED) && last == TCP_CLASS_ACK)))
		return true;
	return s.from == TCPS_SYN_SENT &&
	       last_was(t, TCP_CLASS_ACK, NAT_REPLY) && g->seq == t->last_ack;
}

static struct step decide_rst(const struct tcp_track *t,
			      const struct tcp_segment *g,
			      const struct tcp_context *c, struct step s)
{
	if (s.from >= TCPS_FIN_WAIT && s.from <= TCPS_CLOSE) {
		s.sure = true;
		return s;
	}
	if (t->flags[!c->dir] & TCP_MAXACK_SET &&
	    tcp_last_class(t) != TCP_CLASS_SYN) {
		s = decide_rst_place(t, g, c, s);
		if (s.why || s.to == TCPS_CLOSE)
			return s;
	}
	s.sure = rst_answers_last(t, g, c, s);
	return s;
}

/* The next states that need more than the table. */
static struct step decide(struct tcp_track *t, const struct tcp_segment *g,
			  const struct tcp_context *c, struct step s)
{
	switch (s.to) {
	case ES:
		break;
	case IV:
		s.why = TCP_WHY_STATE;
		break;
	case IG:
		return decide_ignored(t, g, c->dir, s);
	case SS:
		return decide_syn(t, g, c->dir, s);
	case S2:
		t->last_opts |= TCP_LAST_SIMOPEN;
		break;
	case SR:
		if (c->dir == NAT_REPLY && s.class == TCP_CLASS_ACK &&
		    t->last_opts & TCP_LAST_SIMOPEN)
			s.to = TCPS_ESTABLISHED;
		break;
	case TW:
		if (s.from == TCPS_LAST_ACK && s.class == TCP_CLASS_ACK &&
		    last_was(t, TCP_CLASS_SYN, !c->dir) &&
		    t->last_opts & TCP_LAST_CHALLENGE) {
			t->last_opts &= (uint8_t)~TCP_LAST_CHALLENGE;
			s.why = TCP_WHY_CHALLENGE;
		}
		break;
	case CL:
		if (s.class == TCP_CLASS_RST)
			return decide_rst(t, g, c, s);
		break;
	default:
		break;
	}
	return s;
}

static bool open_track(struct tcp_track *t, const struct tcp_segment *g,
		       const struct tcp_rules *r, enum tcp_class class)
{
	if (class != TCP_CLASS_SYN && (class != TCP_CLASS_ACK || !r->loose))
		return false;
	tcp_window_open(t, g);
	return true;
}

/* A FIN or reset out of the window may be forged, unless the other side does
 * the same: then an assured connection need not live for days. */
static struct tcp_result doubt(struct tcp_track *t, const struct tcp_context *c,
			       struct step s, enum tcp_why why)
{
	struct tcp_result r = result_of(why);
	enum tcp_class last = tcp_last_class(t);

	if (r.verdict != TCP_INVALID || !(c->status & NAT_ST_ASSURED) ||
	    c->status & NAT_ST_FIXED_TIMEOUT ||
	    (s.class != TCP_CLASS_FIN && s.class != TCP_CLASS_RST))
		return r;
	if (tcp_last_dir(t) == c->dir ||
	    (last != TCP_CLASS_FIN && last != TCP_CLASS_RST)) {
		tcp_set_state(t, tcp_state(t), s.class, c->dir);
	} else if (c->left >= ticks_of_s(SHORTEN_FROM_S) &&
		   c->left > c->rules->timeout_unack) {
		r.timeout = c->rules->timeout_unack;
		r.actions = TCP_SET_TIMEOUT;
	}
	return r;
}

/* Until the first reply an entry is worth little. */
static void settle_unreplied(struct tcp_result *r,
			     const struct tcp_rules *rules, struct step s)
{
	if (s.class == TCP_CLASS_RST) {
		r->actions &= (uint8_t)~TCP_SET_TIMEOUT;
		r->actions |= TCP_DELETE;
	} else if (s.class == TCP_CLASS_SYN && s.from == TCPS_SYN_SENT) {
		r->actions &= (uint8_t) ~(TCP_SET_TIMEOUT | TCP_ACCOUNT);
	} else if (s.to == TCPS_ESTABLISHED) {
		r->timeout = min_u32(r->timeout, rules->timeout_unack);
	}
}

static struct tcp_result settle(struct tcp_track *t,
				const struct tcp_context *c, struct step s)
{
	struct tcp_result r = {
		.actions = TCP_SET_TIMEOUT | TCP_ACCOUNT,
		.verdict = TCP_ACCEPT,
	};

	tcp_set_state(t, s.to, s.class, c->dir);
	if (s.from != s.to) {
		r.actions |= TCP_CHANGED;
		if (s.to == TCPS_FIN_WAIT)
			t->flags[c->dir] |= TCP_CLOSE_INIT;
	}
	r.timeout = tcp_timeout_of(t, c->rules, s.class, s.to);
	if (!(c->status & NAT_ST_SEEN_REPLY))
		settle_unreplied(&r, c->rules, s);
	else if (!(c->status & NAT_ST_ASSURED) &&
		 (s.from == TCPS_SYN_RECV || s.from == TCPS_ESTABLISHED) &&
		 s.to == TCPS_ESTABLISHED)
		r.actions |= TCP_ASSURE;
	return r;
}

static NOINLINE struct tcp_result update_any(struct tcp_track *t,
					     const struct tcp_segment *g,
					     const struct tcp_context *c)
{
	struct step s = {.class = (uint8_t)tcp_class(g->flags)};

	if (!(c->status & NAT_ST_CONFIRMED) &&
	    !open_track(t, g, c->rules, s.class))
		return result_of(TCP_WHY_NO_START);
	s.from = (uint8_t)tcp_state(t);
	s.to = next_state[c->dir][s.class][s.from];
	s = decide(t, g, c, s);
	if (s.why)
		return result_of(s.why);
	if (!s.sure) {
		enum tcp_why why = tcp_window_check(t, g, c);

		if (why)
			return doubt(t, c, s, why);
	}
	return settle(t, c, s);
}

struct tcp_result tcp_update(struct tcp_track *t, const struct tcp_segment *g,
			     const struct tcp_context *c)
{
	struct tcp_result taken = {
		.verdict = TCP_ACCEPT,
		.actions = TCP_SET_TIMEOUT | TCP_ACCOUNT,
	};

	if (tcp_is_ordinary(g->flags) &&
	    (c->status & (TCP_ORDINARY | NAT_ST_SEQ_ADJUST)) == TCP_ORDINARY &&
	    tcp_update_ordinary(t, tcp_segment_words(g), g, c->dir, c->rules,
				&taken.timeout))
		return taken;
	return update_any(t, g, c);
}

/* There is nothing yet that it could contradict. */
ticks tcp_open(struct tcp_track *t, const struct tcp_segment *g,
	       const struct tcp_rules *r)
{
	tcp_window_open(t, g);
	t->side[NAT_REPLY].maxend = max_u32(g->win, 1);
	tcp_set_state(t, TCPS_SYN_SENT, TCP_CLASS_SYN, NAT_ORIGINAL);
	return tcp_timeout_of(t, r, TCP_CLASS_SYN, TCPS_SYN_SENT);
}

struct tcp_result tcp_set_closing(struct tcp_track *t,
				  const struct tcp_rules *r)
{
	if (tcp_state(t) == TCPS_CLOSE)
		return (struct tcp_result){.verdict = TCP_ACCEPT};
	tcp_set_state(t, TCPS_CLOSE, tcp_last_class(t), tcp_last_dir(t));
	return (struct tcp_result){
		.timeout = r->timeout[TCPS_CLOSE][0],
		.actions = TCP_SET_TIMEOUT | TCP_CHANGED,
	};
}
