/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A datagram of which fragments are collected, to be compared as if it had
 * never been cut (RFC 791, 8200 4.5). It shares nothing with the core's
 * reassembly: pieces either fit side by side or there is no datagram. */
#ifndef NATBENCH_WHOLE_H
#define NATBENCH_WHOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "replay/wire.h"

/* All zero at first; what whole_forget() leaves keeps its memory. */
struct whole {
	struct whole_body *body; /* NULL: none yet */
	unsigned n;              /* pieces */
	uint32_t head;  /* of the IP header; 0: no first fragment came */
	uint32_t total; /* behind it; 0: no last fragment came */
	bool failed;    /* none that could be joined */
};

/* Is it a fragment? Later ones of IPv6 may only look like one. */
bool whole_is_piece(const struct wire *w);
/* Adds the fragment @p, in place of one that began at the same offset. */
void whole_add(struct whole *d, const uint8_t *p, const struct wire *w);
/* The datagram, as one that no router cut: where fragments are told of, there
 * are zeros or there is nothing. Returns its length; 0: pieces are missing, or
 * overlap. It lives until @d is used again. */
uint32_t whole_join(struct whole *d, uint8_t **datagram);
void whole_forget(struct whole *d);
void whole_free(struct whole *d);

#endif
