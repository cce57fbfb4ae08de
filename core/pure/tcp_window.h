/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Window tracking: does a segment lie where its sender may send and its
 * receiver may have acknowledged? After the ideas of G. van Rooij, "Real
 * stateful TCP packet filtering in IP Filter", in the form Linux gives them:
 * spec 5.5.
 */
#ifndef NAT_TCP_WINDOW_H
#define NAT_TCP_WINDOW_H

#include "pure/tcp_track.h"
#include "util.h"

enum { TCP_ACK_WINDOW = 66000 }; /* an ACK this much too old still passes */

/* Starts tracking with a connection's first segment. @t is all zero. A SYN
 * says where its sender begins; anything else is a guess, so both sides are
 * TCP_LIBERAL. */
void tcp_window_open(struct tcp_track *t, const struct tcp_segment *g);

/* A SYN/ACK answered a SYN that was let pass without being believed (the
 * last_* of @t): begins again from that SYN; the answering side, @dir, from
 * nothing. */
void tcp_window_resync(struct tcp_track *t, enum nat_dir dir);

/* Judges any segment and, where it fits, learns from it. TCP_WHY_NONE: it
 * fits. The caller notes its class and direction. */
MUST_USE enum tcp_why tcp_window_check(struct tcp_track *t,
				       const struct tcp_segment *g,
				       const struct tcp_context *c);

/* What of a segment can be compared with what is known of both sides. */
struct tcp_span {
	uint32_t seq, end;
	uint32_t ack, sack; /* sack: ack or what lies beyond it */
	uint32_t win;       /* unscaled for a SYN, else scaled to advance */
};

/* How far a segment is from each bound of its window, the bound included;
 * negative (modulo 2^32): it is beyond. */
struct tcp_margins {
	uint32_t seq_above, ack_above, seq_below, ack_below;
};

static inline bool tcp_beyond(uint32_t margin)
{
	return (int32_t)margin < 0;
}

ALWAYS_INLINE struct tcp_margins tcp_margins(const struct tcp_track *t,
					     const struct tcp_span *s,
					     enum nat_dir dir)
{
	const struct tcp_side *snd = &t->side[dir], *rcv = &t->side[dir ^ 1];
	uint32_t unacked = rcv->end - s->sack;

	return (struct tcp_margins){
		.seq_above = snd->maxend - s->seq,
		.ack_above = unacked,
		.seq_below = s->end + rcv->maxwin - snd->end,
		.ack_below = max_u32(snd->maxwin, TCP_ACK_WINDOW) - unacked,
	};
}

/* Learns from a segment that fits. Without branches, where data and its
 * acknowledgement take turns. */
ALWAYS_INLINE void tcp_window_advance(struct tcp_track *t,
				      const struct tcp_span *s,
				      enum nat_dir dir, bool has_ack)
{
	struct tcp_side *snd = &t->side[dir], *rcv = &t->side[dir ^ 1];
	unsigned acked = s->ack == rcv->end, sent = seq_after(s->end, snd->end);
	uint32_t edge = s->sack + s->win + !s->win;

	t->flags[dir ^ 1] &= (uint8_t) ~(acked * TCP_DATA_UNACK);
	t->flags[dir] |= (uint8_t)(sent * TCP_DATA_UNACK);
	snd->end = sent ? s->end : snd->end;
	snd->maxwin = max_u32(snd->maxwin, s->win + (s->sack - s->ack));
	if (unlikely(seq_after(s->end, snd->maxend)) && rcv->maxwin)
		rcv->maxwin += s->end - snd->maxend;
	rcv->maxend =
		seq_after(edge, rcv->maxend - !!s->win) ? edge : rcv->maxend;
	if (!has_ack)
		return;
	if (unlikely(!(t->flags[dir] & TCP_MAXACK_SET)))
		snd->maxack = s->ack;
	snd->maxack = seq_after(s->ack, snd->maxack) ? s->ack : snd->maxack;
	t->flags[dir] |= TCP_MAXACK_SET;
}

/* May the segment be that which was noted last? The fields that tell most of
 * them apart. */
ALWAYS_INLINE bool tcp_may_repeat(const struct tcp_track *t,
				  const struct tcp_span *s)
{
	return unlikely(t->last_end == s->end) && t->last_ack == s->ack;
}

ALWAYS_INLINE void tcp_note_last(struct tcp_track *t, const struct tcp_span *s,
				 uint16_t win)
{
	t->last_seq = s->seq;
	t->last_ack = s->ack;
	t->last_end = s->end;
	t->last_win = win;
}

/* The same as tcp_window_check() for an ACK, and nothing else, without SACK,
 * that is in its window, leaves it open and repeats nothing: nearly every
 * segment there is. False: not one of those; nothing has changed. @win as in
 * the header. */
ALWAYS_INLINE bool tcp_window_pass(struct tcp_track *t, enum nat_dir dir,
				   uint32_t seq, uint32_t ack, uint32_t end,
				   uint16_t win)
{
	struct tcp_span s = {seq, end, ack, ack, win};
	struct tcp_margins m = tcp_margins(t, &s, dir);

	if (unlikely(tcp_beyond(m.ack_above)) ||
	    unlikely(tcp_beyond(m.ack_below)) ||
	    unlikely(tcp_beyond(m.seq_above)) ||
	    unlikely(tcp_beyond(m.seq_below)) || unlikely(!win) ||
	    unlikely(!t->side[dir].maxwin) || tcp_may_repeat(t, &s))
		return false;
	s.win <<= tcp_scale(t, dir);
	if (!s.win) /* a scale is a nibble */
		__builtin_unreachable();
	tcp_window_advance(t, &s, dir, true);
	tcp_note_last(t, &s, win);
	t->retrans = 0;
	return true;
}

#endif
