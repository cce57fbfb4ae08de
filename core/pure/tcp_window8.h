/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tcp_window_pass() of eight segments side by side, each of another
 * connection. */
#ifndef NAT_TCP_WINDOW8_H
#define NAT_TCP_WINDOW8_H

#include "pure/lanes8.h"
#include "pure/tcp_window.h"

#if LANES8

/* One side of eight connections. */
struct tcp_side8 {
	lanes8 end, maxend, maxwin, maxack;
	lanes8 flags; /* enum tcp_side_flag */
};

struct tcp_track8 {
	struct tcp_side8 snd, rcv; /* of the segment and of its answer */
	lanes8 scale;              /* the sender's */
	lanes8 last_ack, last_end;
};

/* As in their headers, in host order. */
struct tcp_segment8 {
	lanes8 seq, ack, win;
	lanes8 end;
};

/* Which of @t are not to be known by their windows alone: sign bits. */
ALWAYS_INLINE lanes8 tcp_window_judge8(const struct tcp_track8 *t,
				       const struct tcp_segment8 *g)
{
	const struct tcp_side8 *snd = &t->snd, *rcv = &t->rcv;
	const lanes8 unacked = rcv->end - g->ack;
	const lanes8 widest =
		lanes8_max(snd->maxwin, lanes8_all(TCP_ACK_WINDOW));
	/* struct tcp_margins */
	const lanes8 beyond = (snd->maxend - g->seq) | unacked |
			      (g->end + rcv->maxwin - snd->end) |
			      (widest - unacked);
	const lanes8 overshot = snd->maxend - g->end;
	const lanes8 unknown = (lanes8)((snd->flags & TCP_MAXACK_SET) == 0) |
			       snd->maxwin | (snd->maxwin - 1);
	const lanes8 closed = g->win - 1;
	const lanes8 repeats = (lanes8)(t->last_end == g->end) &
			       (lanes8)(t->last_ack == g->ack);

	return beyond | overshot | unknown | closed | repeats;
}

/* Learns from those that pass. Returns TCP_DATA_UNACK where data of either side
 * is on its way. */
ALWAYS_INLINE lanes8 tcp_window_learn8(struct tcp_track8 *t,
				       const struct tcp_segment8 *g)
{
	struct tcp_side8 *snd = &t->snd, *rcv = &t->rcv;
	const lanes8 win = g->win << t->scale, edge = win + g->ack;
	const lanes8 sent = (lanes8)((lanes8_signed)(snd->end - g->end) < 0);
	const lanes8 all_acked = (lanes8)(rcv->end == g->ack);

	snd->flags |= sent & TCP_DATA_UNACK;
	rcv->flags &= ~(all_acked & TCP_DATA_UNACK);
	snd->end = lanes8_choose(sent, g->end, snd->end);
	snd->maxwin = lanes8_choose(snd->maxwin - win, win, snd->maxwin);
	snd->maxack = lanes8_choose(snd->maxack - g->ack, g->ack, snd->maxack);
	rcv->maxend = lanes8_choose(edge - rcv->maxend, rcv->maxend, edge);
	return (snd->flags | rcv->flags) & TCP_DATA_UNACK;
}

#endif

#endif
