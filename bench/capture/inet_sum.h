/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The harness's own Internet checksum (RFC 1071). It shares nothing with the
 * core's, so that it can make packets and judge the core's results. Sums are
 * kept in the byte order of memory. */
#ifndef NATBENCH_INET_SUM_H
#define NATBENCH_INET_SUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds @len bytes to an unfolded sum; every part but the last is even. */
static inline uint64_t inet_sum(uint64_t sum, const uint8_t *p, size_t len)
{
	uint32_t w;
	uint8_t last[4] = {0};

	for (; len >= sizeof(w); p += sizeof(w), len -= sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		sum += w;
	}
	if (len) {
		memcpy(last, p, len);
		memcpy(&w, last, sizeof(w));
		sum += w;
	}
	return sum;
}

/* The checksum as it lies in a header; 0 where a sum that includes a header's
 * checksum is right. */
static inline uint16_t inet_sum_finish(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

#endif
