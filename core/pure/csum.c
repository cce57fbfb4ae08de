/* SPDX-License-Identifier: BSD-2-Clause
 * The Internet checksum over what is not worth inlining. */
#include "pure/csum.h"

uint64_t csum_tail(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	memcpy(&v, p, len);
	return v;
}

/* Four sums at once, of halves that cannot overflow: made to be vectorised. */
uint64_t csum_bulk(const uint8_t *p, size_t len)
{
	uint64_t sum[4] = {0};

	for (size_t at = 0; at < len; at += 16) {
		uint32_t w[4];

		memcpy(w, p + at, sizeof(w));
		for (size_t i = 0; i < ARRAY_LEN(w); i++)
			sum[i] += w[i];
	}
	return csum_add(csum_add(sum[0], sum[1]), csum_add(sum[2], sum[3]));
}
