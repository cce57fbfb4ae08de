/* SPDX-License-Identifier: BSD-2-Clause
 * Inversion: what the answer to a packet looks like. */
#include "pure/tuple.h"

/* Queries and their answers: ICMP (RFC 792, RFC 950) and ICMPv6 (RFC 4443,
 * RFC 4620), spec section 2. */
static const struct pair {
	uint8_t query, answer;
} icmp_pairs[] = {{8, 0}, {13, 14}, {15, 16}, {17, 18}},
  icmp6_pairs[] = {{128, 129}, {139, 140}};

static bool type_invert(uint8_t *type, const struct pair *pairs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (*type != pairs[i].query && *type != pairs[i].answer)
			continue;
		*type ^= pairs[i].query ^ pairs[i].answer;
		return true;
	}
	return false;
}

/* @id is the two bytes type, code as they lie in memory. */
bool tuple_invert_icmp(uint16_t *out, uint16_t id, uint8_t proto)
{
	uint8_t b[2];
	bool has;

	memcpy(b, &id, sizeof(b));
	if (proto == PROTO_ICMP)
		has = type_invert(b, icmp_pairs, ARRAY_LEN(icmp_pairs));
	else
		has = type_invert(b, icmp6_pairs, ARRAY_LEN(icmp6_pairs));
	memcpy(out, b, sizeof(b));
	return has;
}
