/* SPDX-License-Identifier: BSD-2-Clause
 * -m sctp: ports, and the chunks that a packet is made of. */
#ifndef NAT_MATCH_SCTP_H
#define NAT_MATCH_SCTP_H

#include "decide/rules.h"
#include "pure/packet.h"

/* Of a packet that is no later fragment. *@hotdrop: malformed, to be dropped
 * as spec 12.1 has it. */
bool match_sctp(const struct match_sctp *m, const struct packet *p,
		bool *hotdrop);

#endif
