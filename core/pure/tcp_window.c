/* SPDX-License-Identifier: BSD-2-Clause
 * Window tracking: how a side becomes known, and the way of the segments that
 * are not ordinary. */
#include "pure/tcp_window.h"

#include "pure/tcp_options.h"

/* An ACK that repeats the one before it in every field is a retransmission.
 * Before the caller notes class and direction. */
static void count_repeats(struct tcp_track *t, const struct tcp_span *s,
			  uint16_t win, enum nat_dir dir)
{
	bool repeats = tcp_may_repeat(t, s) && t->last_seq == s->seq &&
		       t->last_win == win && tcp_last_dir(t) == dir;

	t->retrans = repeats ? (uint8_t)(t->retrans + 1) : 0;
	tcp_note_last(t, s, win);
}

static uint32_t at_least_1(uint32_t window)
{
	return window ? window : 1;
}

/* Options belong to SYNs; a header without any changes nothing. */
static void learn_options(struct tcp_track *t, const struct tcp_segment *g,
			  enum nat_dir dir)
{
	struct tcp_offer offer;

	if (!g->options_len)
		return;
	offer = tcp_options_offer(g->options, g->options_len);
	t->flags[dir] = (t->flags[dir] & TCP_LIBERAL) | offer.flags;
	tcp_set_scale(t, dir, offer.scale);
}

static void begin_side(struct tcp_track *t, const struct tcp_segment *g,
		       enum nat_dir dir)
{
	struct tcp_side *snd = &t->side[dir];

	snd->end = g->end;
	snd->maxend = g->end;
	snd->maxwin = at_least_1(g->win);
	learn_options(t, g, dir);
}

/* Scaling is in force only when both sides offered it (RFC 7323 2.2). */
static void begin_sender(struct tcp_track *t, const struct tcp_segment *g,
			 enum nat_dir dir)
{
	begin_side(t, g, dir);
	if (dir == NAT_REPLY &&
	    !(t->flags[NAT_ORIGINAL] & t->flags[NAT_REPLY] & TCP_WSCALE))
		t->scales = 0;
}

void tcp_window_open(struct tcp_track *t, const struct tcp_segment *g)
{
	struct tcp_side *snd = &t->side[NAT_ORIGINAL];

	if (g->flags & TCP_SYN) {
		begin_side(t, g, NAT_ORIGINAL);
		return;
	}
	snd->end = g->end;
	snd->maxwin = at_least_1(g->win);
	snd->maxend = snd->end + snd->maxwin;
	t->flags[NAT_ORIGINAL] = TCP_SACK_PERM | TCP_LIBERAL;
	t->flags[NAT_REPLY] = TCP_SACK_PERM | TCP_LIBERAL;
}

void tcp_window_resync(struct tcp_track *t, enum nat_dir dir)
{
	struct tcp_side *peer = &t->side[dir ^ 1];

	peer->end = t->last_end;
	peer->maxend = t->last_end;
	peer->maxwin = at_least_1(t->last_win);
	t->flags[dir ^ 1] = t->last_opts >> TCP_LAST_OFFER_SHIFT;
	t->side[dir] = (struct tcp_side){0};
	t->flags[dir] &= TCP_LIBERAL;
	t->scales = 0;
	tcp_set_scale(t, !dir, t->last_opts & TCP_LAST_SCALE);
	t->last_opts &= (uint8_t)~TCP_LAST_CHALLENGE;
}

/* Takes from @g what must be known before it can be judged: the first segment
 * of a side, or a SYN that starts over. True: nothing is left to judge. */
static bool learn_start(struct tcp_track *t, const struct tcp_segment *g,
			enum nat_dir dir, uint32_t sack)
{
	struct tcp_side *snd = &t->side[dir], *rcv = &t->side[dir ^ 1];
	enum tcp_state state = tcp_state(t);

	if (snd->maxwin) {
		if (!seq_after(g->end, snd->end) ||
		    (state != TCPS_SYN_SENT && state != TCPS_SYN_RECV))
			return false;
		begin_sender(t, g, dir);
		return dir == NAT_REPLY && !(g->flags & TCP_ACK);
	}
	if (g->flags & TCP_SYN) {
		begin_sender(t, g, dir);
		return !(g->flags & TCP_ACK);
	}
	snd->end = g->end;
	snd->maxwin = at_least_1((uint32_t)g->win << tcp_scale(t, dir));
	snd->maxend = g->end + snd->maxwin;
	if (!rcv->maxwin) {
		rcv->end = sack;
		rcv->maxend = sack;
	} else if (sack == rcv->end + 1) { /* answer to a keepalive */
		rcv->end++;
	}
	return false;
}

/* Segments whose ack or seq says nothing get one that fits. */
static void fill_blanks(const struct tcp_track *t, const struct tcp_segment *g,
			enum nat_dir dir, struct tcp_span *s)
{
	if (!(g->flags & TCP_ACK) || (g->flags & TCP_RST && !s->ack)) {
		s->ack = t->side[dir ^ 1].end;
		s->sack = s->ack;
	}
	if (g->flags & TCP_RST && !s->seq && tcp_state(t) == TCPS_SYN_SENT) {
		s->seq = t->side[dir].end;
		s->end = s->seq;
	}
}

/* Some stacks send a little more than they may; if the peer takes that and
 * acknowledges it, the connection must not break. */
static enum tcp_why above_window(const struct tcp_track *t,
				 const struct tcp_span *s, enum nat_dir dir,
				 struct tcp_margins m)
{
	uint32_t window = t->side[dir ^ 1].maxwin;

	if (!window || tcp_beyond(m.seq_below) || tcp_beyond(m.ack_below) ||
	    tcp_beyond(m.ack_above) ||
	    s->end - t->side[dir].maxend + 1 > window)
		return TCP_WHY_SEQ_ABOVE;
	return TCP_WHY_OVERSHOT;
}

static enum tcp_why judge(const struct tcp_track *t, const struct tcp_span *s,
			  enum nat_dir dir)
{
	struct tcp_margins m = tcp_margins(t, s, dir);

	if (tcp_beyond(m.seq_above))
		return above_window(t, s, dir, m);
	if (tcp_beyond(m.ack_above))
		return TCP_WHY_ACK_ABOVE;
	if (t->side[dir ^ 1].maxwin && tcp_beyond(m.seq_below))
		return TCP_WHY_SEQ_BELOW;
	if (tcp_beyond(m.ack_below))
		return TCP_WHY_ACK_BELOW;
	return TCP_WHY_NONE;
}

enum tcp_why tcp_window_check(struct tcp_track *t, const struct tcp_segment *g,
			      const struct tcp_context *c)
{
	enum nat_dir dir = c->dir;
	struct tcp_span s = {
		.seq = g->seq,
		.end = g->end,
		.ack = g->ack - c->ack_offset,
		.win = g->win,
	};
	enum tcp_why why;

	s.sack = s.ack;
	if (t->flags[dir ^ 1] & TCP_SACK_PERM)
		s.sack = tcp_options_sack(g->options, g->options_len, g->ack) -
			 c->ack_offset;
	if ((!t->side[dir].maxwin || g->flags & TCP_SYN) &&
	    learn_start(t, g, dir, s.sack))
		return TCP_WHY_NONE;
	fill_blanks(t, g, dir, &s);
	why = judge(t, &s, dir);
	if (why == TCP_WHY_OVERSHOT) {
		t->side[dir].end = s.end;
		t->flags[dir] |= TCP_DATA_UNACK;
	}
	if (why)
		return t->flags[dir] & TCP_LIBERAL || c->rules->liberal
			       ? TCP_WHY_NONE
			       : why;
	if (!(g->flags & TCP_SYN))
		s.win <<= tcp_scale(t, dir);
	tcp_window_advance(t, &s, dir, g->flags & TCP_ACK);
	if (tcp_class(g->flags) == TCP_CLASS_ACK)
		count_repeats(t, &s, g->win, dir);
	return TCP_WHY_NONE;
}
