/* SPDX-License-Identifier: BSD-2-Clause
 * The Internet checksum over what is not worth inlining. */
#include "pure/csum.h"

uint64_t csum_tail(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	memcpy(&v, p, len);
	return v;
}

uint64_t csum_bulk(const uint8_t *p, size_t len)
{
	lanes_u64 sum = {0};

	for (size_t at = 0; at < len; at += CSUM_BULK)
		sum += lanes_halves(lanes_load(p + at));
	return lanes_sum(sum);
}
