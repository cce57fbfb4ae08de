/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Window tracking: does a segment lie where its sender may send and its
 * receiver may have acknowledged? After the ideas of G. van Rooij, "Real
 * stateful TCP packet filtering in IP Filter", in the form Linux gives them:
 * spec 5.5.
 */
#ifndef NAT_TCP_WINDOW_H
#define NAT_TCP_WINDOW_H

#include "pure/lanes.h"
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

/* A segment as its header has it, from the ports on, in host order. */
enum tcp_word { TCP_WORD_PORTS, TCP_WORD_SEQ, TCP_WORD_ACK, TCP_WORD_WIN };
enum { TCP_WORD_WIN_MASK = 0xffff };

static inline lanes4 tcp_segment_words(const struct tcp_segment *g)
{
	return (lanes4){0, g->seq, g->ack, g->win};
}

/* The same as tcp_window_check() for an ACK, and nothing else, without SACK,
 * that is in its window, leaves it open and repeats nothing, of a side that is
 * known: nearly every segment there is. False: not one of those; nothing has
 * changed. @word by enum tcp_word, @len: of the data. *unacked: is data of
 * either side on its way?
 *
 * A side's four words and a segment's are taken as vectors: this is the one
 * computation of any size about a packet, and there are not registers enough
 * for it beside everything else. */
ALWAYS_INLINE bool tcp_window_pass(struct tcp_track *t, size_t dir, lanes4 word,
				   uint32_t len, bool *unacked)
{
	struct tcp_side *sender = &t->side[dir], *receiver = &t->side[1 - dir];
	unsigned own = t->flags[dir], other = t->flags[1 - dir];
	const lanes4 snd = lanes4_load(sender), rcv = lanes4_load(receiver);
	/* struct tcp_track's last_*: seq, ack, end, win */
	const lanes4 last =
		LANES4_PICK(word, word, 1, 2, 1, 3) + (lanes4){0, 0, len, 0};
	/* what sender may become: end, end, scaled win, ack */
	const lanes4 told =
		(LANES4_PICK(last, last, 2, 2, 3, 1) &
		 (lanes4){~0u, ~0u, TCP_WORD_WIN_MASK, ~0u})
		<< (lanes4){0, 0, tcp_scale(t, (enum nat_dir)dir), 0};
	const lanes4 wide = lanes4_max(snd, (lanes4){0, 0, TCP_ACK_WINDOW, 0});
	/* struct tcp_margins: seq_above, ack_above, seq_below, ack_below */
	const lanes4 margin =
		LANES4_PICK(LANES4_PICK(wide, rcv, 1, 2, 4, 6), wide, 0, 2, 3,
			    1) -
		LANES4_PICK(last, LANES4_PICK(snd, rcv, 0, 4, 0, 4), 0, 1, 4,
			    5) +
		LANES4_PICK((lanes4){0}, last, 0, 1, 6, 5);
	const lanes4_signed newer = lanes4_before(snd, told);
	unsigned news = lanes4_signs(newer);
	lanes4_signed stays;
	lanes4 edge;

	/* of news: beyond maxend; of maxwin: looks negative */
	if (unlikely(lanes4_signs((lanes4_signed)margin) | (news & 2)) ||
	    unlikely(!(own & TCP_MAXACK_SET)) ||
	    unlikely((int32_t)sender->maxwin <= 0) ||
	    unlikely(!(word[TCP_WORD_WIN] & TCP_WORD_WIN_MASK)) ||
	    (unlikely(t->last_end == last[2]) && t->last_ack == last[1]))
		return false;
	own |= (news & 1) * TCP_DATA_UNACK;
	/* all is acknowledged: nothing is left above */
	other &= ~((lanes4_signs(margin == 0) & 2) / 2 * TCP_DATA_UNACK);
	*unacked = (own | other) & TCP_DATA_UNACK;
	t->flags[dir] = (uint8_t)own;
	t->flags[1 - dir] = (uint8_t)other;
	lanes4_store(sender, lanes4_choose(newer, told, snd));
	edge = LANES4_PICK(told, told, 2, 2, 2, 2) +
	       LANES4_PICK(told, told, 3, 3, 3, 3);
	stays = lanes4_before(edge, rcv) | (lanes4_signed){-1, 0, -1, -1};
	lanes4_store(receiver, lanes4_choose(stays, rcv, edge));
	t->last_seq = last[0];
	t->last_ack = last[1];
	t->last_end = last[2];
	t->last_win = (uint16_t)last[3];
	t->retrans = 0;
	return true;
}

#endif
