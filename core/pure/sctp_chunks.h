/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The chunks of an SCTP packet (RFC 9260 section 3), one after the other, as
 * Linux walks them. Nothing is read outside of the bytes given.
 */
#ifndef NAT_SCTP_CHUNKS_H
#define NAT_SCTP_CHUNKS_H

#include <stdbool.h>

#include "pure/packet.h"

enum sctp_chunk_type {
	SCTP_DATA = 0,
	SCTP_INIT = 1,
	SCTP_INIT_ACK = 2,
	SCTP_SACK = 3,
	SCTP_HEARTBEAT = 4,
	SCTP_HEARTBEAT_ACK = 5,
	SCTP_ABORT = 6,
	SCTP_SHUTDOWN = 7,
	SCTP_SHUTDOWN_ACK = 8,
	SCTP_ERROR = 9,
	SCTP_COOKIE_ECHO = 10,
	SCTP_COOKIE_ACK = 11,
	SCTP_ECNE = 12,
	SCTP_CWR = 13,
	SCTP_SHUTDOWN_COMPLETE = 14,
	SCTP_ASCONF_ACK = 128,
	SCTP_FORWARD_TSN = 192,
	SCTP_ASCONF = 193,
};

enum {
	SCTP_CHUNK_HEADER = 4,
	SCTP_INIT_HEADER = 16, /* of INIT and INIT ACK, behind the chunk's */
	SCTP_T_FLAG = 1,       /* ABORT, SHUTDOWN COMPLETE: the tag is the
				* other side's, reflected */
};

struct sctp_chunk {
	uint8_t type, flags;
	uint16_t length; /* as it says, header and all */
	bool has_init;   /* as long as an INIT must be */
	uint32_t first;  /* four bytes behind the header, as they lie: the
			  * tag of an INIT; 0: not there */
};

/* Where a walk is; a copy is another walk. */
struct sctp_chunks {
	const uint8_t *at, *end;
};

/* Of a packet whose common header is complete. */
static inline struct sctp_chunks sctp_chunks_of(const struct packet *p)
{
	const uint8_t *l4 = packet_l4(p);

	return (struct sctp_chunks){l4 + SCTP_HEADER, l4 + packet_l4_len(p)};
}

/* False: no more. A chunk of length 0 ends the walk after it. */
MUST_USE bool sctp_next_chunk(struct sctp_chunks *w, struct sctp_chunk *c);

#endif
