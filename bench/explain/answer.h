/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The far end, played by natbench: what it would send back. */
#ifndef NATBENCH_ANSWER_H
#define NATBENCH_ANSWER_H

#include "natcore.h"

/* Writes the answer to @pkt into @out: a handshake's or a stream's next
 * segment, a datagram as long as the one received, an echo or timestamp reply.
 * Its length; 0: nobody answers this; negative: as notation_parse(). */
NAT_MUST_USE int answer_to(const uint8_t *pkt, size_t len, uint8_t *out,
			   size_t cap);

#endif
