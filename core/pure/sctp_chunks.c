/* SPDX-License-Identifier: BSD-2-Clause
 * From chunk to chunk. */
#include "pure/sctp_chunks.h"

bool sctp_next_chunk(struct sctp_chunks *w, struct sctp_chunk *c)
{
	enum { INIT = SCTP_CHUNK_HEADER + SCTP_INIT_HEADER };
	size_t left = (size_t)(w->end - w->at), step;

	if (left < SCTP_CHUNK_HEADER)
		return false;
	*c = (struct sctp_chunk){
		.type = w->at[0],
		.flags = w->at[1],
		.length = load16_host(w->at + 2),
		.has_init = left >= INIT,
	};
	if (left >= (size_t)SCTP_CHUNK_HEADER + sizeof(c->first))
		c->first = load32(w->at + SCTP_CHUNK_HEADER);
	step = c->length ? (c->length + 3u) & ~3u : left;
	w->at += step < left ? step : left;
	return true;
}
