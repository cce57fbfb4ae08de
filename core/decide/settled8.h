/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The short way (settled.h) of eight packets side by side: the most ordinary
 * ones, of a connection each. What is decided about one, without branches, is
 * decided about all of them with the same instructions.
 */
#ifndef NAT_SETTLED8_H
#define NAT_SETTLED8_H

#include "decide/settled.h"
#include "pure/lanes8.h"
#include "shared/tsan.h"

/* It reads words that others may write in lanes of a vector, of which
 * ThreadSanitizer knows nothing. */
#define SETTLED8 (LANES8 && !TSAN)

#if SETTLED8
/* Forwards eight packets as settled_forward() would. False: one of them is not
 * that ordinary, or two are of the same connection; nothing has changed. */
MUST_USE bool settled8_forward(struct round *r, struct nat_packet *pkt,
			       const struct flights *f);
#else
MUST_USE static inline bool settled8_forward(struct round *r,
					     struct nat_packet *pkt,
					     const struct flights *f)
{
	(void)r, (void)pkt, (void)f;
	return false;
}
#endif

/* settled8_forward(), unless of late it would not. */
ALWAYS_INLINE bool settled8_try(struct round *r, struct nat_packet *pkt,
				const struct flights *f)
{
	enum { LONGEST = 15 };
	struct nat_worker *w = r->w;

	if (unlikely(w->alone)) {
		w->alone--;
		return false;
	}
	if (likely(settled8_forward(r, pkt, f))) {
		w->setback = 0;
		r->forwarded += EIGHT;
		return true;
	}
	w->alone = w->setback;
	if (w->setback < LONGEST)
		w->setback = (uint8_t)(2 * w->setback + 1);
	return false;
}

#endif
