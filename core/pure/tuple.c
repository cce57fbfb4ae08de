/* SPDX-License-Identifier: BSD-2-Clause
 * Inversion: what the answer to a packet looks like. */
#include "pure/tuple.h"

/* ICMP queries and their answers (RFC 792, RFC 950), spec section 2. The
 * value is the type plus one, so that zero means "has no answer". */
static const uint8_t icmp_inverse[] = {
	[8] = 0 + 1,   [0] = 8 + 1,   [13] = 14 + 1, [14] = 13 + 1,
	[15] = 16 + 1, [16] = 15 + 1, [17] = 18 + 1, [18] = 17 + 1,
};

/* @id is the two bytes type, code as they lie in memory. */
static bool icmp_invert(uint16_t *out, uint16_t id)
{
	uint8_t b[2];

	memcpy(b, &id, sizeof(b));
	if (b[0] >= ARRAY_LEN(icmp_inverse) || !icmp_inverse[b[0]])
		return false;
	b[0] = (uint8_t)(icmp_inverse[b[0]] - 1);
	memcpy(out, b, sizeof(b));
	return true;
}

bool tuple_invert(struct nat_tuple *out, const struct nat_tuple *in)
{
	struct nat_tuple t = *in;

	t.src = in->dst;
	t.dst = in->src;
	if (in->proto == PROTO_ICMP) {
		if (!icmp_invert(&t.dst_id, in->dst_id))
			return false;
	} else {
		t.src_id = in->dst_id;
		t.dst_id = in->src_id;
	}
	*out = t;
	return true;
}
