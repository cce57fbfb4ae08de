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

/* The same for an ACK, and nothing else, without SACK: nearly every segment
 * there is. False: not in its window, or a side is not known; nothing has
 * changed, and tcp_window_check() has to look. @win as in the header. */
MUST_USE bool tcp_window_pass(struct tcp_track *t, enum nat_dir dir,
			      uint32_t seq, uint32_t ack, uint32_t end,
			      uint16_t win);

#endif
