/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Window tracking: does a segment lie where its sender may send and its
 * receiver may have acknowledged? After the ideas of G. van Rooij, "Real
 * stateful TCP packet filtering in IP Filter", in the form Linux gives them:
 * spec 5.5. The two functions that every segment goes through stand here, to
 * be compiled into their callers.
 */
#ifndef NAT_TCP_WINDOW_H
#define NAT_TCP_WINDOW_H

#include "pure/tcp_track.h"
#include "util.h"

enum { TCP_ACK_WINDOW = 66000 }; /* an ACK this much too old still passes */

/* What of a segment can be compared with what is known of both sides. */
struct tcp_span {
	uint32_t seq, end;
	uint32_t ack, sack; /* sack: ack or what lies beyond it */
	uint32_t win;       /* unscaled for a SYN, else scaled to advance */
};

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

/* How far a segment is from each bound of its window, the bound included;
 * negative (modulo 2^32): it is beyond. */
struct tcp_margins {
	uint32_t seq_above, ack_above, seq_below, ack_below;
};

ALWAYS_INLINE struct tcp_margins tcp_window_margins(const struct tcp_track *t,
						    const struct tcp_span *s,
						    enum nat_dir dir)
{
	const struct tcp_side *snd = &t->side[dir], *rcv = &t->side[!dir];

	return (struct tcp_margins){
		.seq_above = snd->maxend - s->seq,
		.ack_above = rcv->end - s->sack,
		.seq_below = s->end + rcv->maxwin - snd->end,
		.ack_below = s->sack + max_u32(snd->maxwin, TCP_ACK_WINDOW) -
			     rcv->end,
	};
}

/* True when @s is within its window and both sides are known. */
ALWAYS_INLINE bool tcp_window_fits(const struct tcp_track *t,
				   const struct tcp_span *s, enum nat_dir dir)
{
	struct tcp_margins m = tcp_window_margins(t, s, dir);

	return t->side[dir].maxwin && t->side[!dir].maxwin &&
	       (int32_t)(m.seq_above | m.ack_above | m.seq_below |
			 m.ack_below) >= 0;
}

/* Learns from a segment that fits. Reads all before it writes anything, so
 * that the compiler need not fear that the two sides overlap. */
ALWAYS_INLINE void tcp_window_advance(struct tcp_track *t,
				      const struct tcp_span *s,
				      enum nat_dir dir, bool has_ack)
{
	struct tcp_side *snd = &t->side[dir], *rcv = &t->side[!dir];
	uint32_t end = snd->end, maxend = snd->maxend;
	uint32_t maxwin = snd->maxwin, maxack = snd->maxack;
	uint32_t peer_maxend = rcv->maxend, peer_maxwin = rcv->maxwin;
	uint8_t flags = t->flags[dir], peer_flags = t->flags[!dir];
	uint32_t edge = s->sack + s->win;

	if (s->ack == rcv->end)
		peer_flags &= (uint8_t)~TCP_DATA_UNACK;
	if (seq_after(s->end, end)) {
		end = s->end;
		flags |= TCP_DATA_UNACK;
	}
	if (has_ack) {
		if (!(flags & TCP_MAXACK_SET) || seq_after(s->ack, maxack))
			maxack = s->ack;
		flags |= TCP_MAXACK_SET;
	}
	if (seq_after(edge, peer_maxend - 1))
		peer_maxend = edge + !s->win;
	snd->end = end;
	snd->maxwin = max_u32(maxwin, s->win + (s->sack - s->ack));
	snd->maxack = maxack;
	rcv->maxend = peer_maxend;
	if (unlikely(seq_after(s->end, maxend)) && peer_maxwin)
		rcv->maxwin = peer_maxwin + (s->end - maxend);
	t->flags[dir] = flags;
	t->flags[!dir] = peer_flags;
}

/* An ACK that repeats the one before it in every field is a retransmission.
 * Before the caller notes class and direction. */
ALWAYS_INLINE void tcp_window_count_repeats(struct tcp_track *t,
					    const struct tcp_span *s,
					    uint16_t win, enum nat_dir dir)
{
	uint32_t differs = (t->last_seq ^ s->seq) | (t->last_ack ^ s->ack) |
			   (t->last_end ^ s->end) |
			   (uint32_t)(t->last_win ^ win) |
			   (tcp_last_dir(t) ^ dir);

	t->retrans = differs ? 0 : (uint8_t)(t->retrans + 1);
	t->last_seq = s->seq;
	t->last_ack = s->ack;
	t->last_end = s->end;
	t->last_win = win;
}

#endif
