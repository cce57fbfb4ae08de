/* SPDX-License-Identifier: BSD-2-Clause
 * -m sctp. */
#include "decide/match_sctp.h"

#include <string.h>

#include "pure/sctp_chunks.h"

static bool in_range(struct port_range r, uint16_t v)
{
	return r.min <= v && v <= r.max;
}

static bool chunk_fits(const struct match_sctp *m, const struct sctp_chunk *c)
{
	int i = sctp_flags_index(c->type);

	return sctp_types_has(m, c->type) &&
	       (i < 0 || (c->flags & m->flags[i].mask) == m->flags[i].set);
}

/* Of those found, whether one, all or no others are listed. */
static bool chunks_fit(const struct match_sctp *m, const struct packet *p,
		       bool *hotdrop)
{
	struct sctp_chunks walk = sctp_chunks_of(p);
	struct match_sctp missing = *m;
	struct sctp_chunk c;

	do {
		if (!sctp_next_chunk(&walk, &c) || !c.length) {
			*hotdrop = true;
			return false;
		}
		if (!chunk_fits(m, &c)) {
			if (m->how == SCTP_CHUNKS_ONLY)
				return false;
			continue;
		}
		if (m->how == SCTP_CHUNKS_ANY)
			return true;
		missing.types[c.type / 32] &= ~(UINT32_C(1) << c.type % 32);
	} while (walk.at < walk.end);
	if (m->how != SCTP_CHUNKS_ALL)
		return m->how == SCTP_CHUNKS_ONLY;
	for (size_t i = 0; i < ARRAY_LEN(missing.types); i++)
		if (missing.types[i])
			return false;
	return true;
}

bool match_sctp(const struct match_sctp *m, const struct packet *p,
		bool *hotdrop)
{
	const uint8_t *l4 = packet_l4(p);

	if (packet_l4_len(p) < SCTP_HEADER) {
		*hotdrop = true;
		return false;
	}
	return in_range(m->sport, load16_host(l4 + PORT_SRC)) != m->inv_sport &&
	       in_range(m->dport, load16_host(l4 + PORT_DST)) != m->inv_dport &&
	       (!m->how || chunks_fit(m, p, hotdrop) != m->inv_chunks);
}
