/* SPDX-License-Identifier: BSD-2-Clause
 * Fields of the packets that build.c and build_fragment.c make. */
#ifndef NAT_BUILD_PUT_H
#define NAT_BUILD_PUT_H

#include <stdint.h>
#include <string.h>

#include "pure/csum.h"

static inline void put16(uint8_t *p, uint16_t host)
{
	p[0] = (uint8_t)(host >> 8);
	p[1] = (uint8_t)host;
}

static inline void put32(uint8_t *p, uint32_t host)
{
	put16(p, (uint16_t)(host >> 16));
	put16(p + 2, (uint16_t)host);
}

static inline void put_check(uint8_t *field, uint64_t sum)
{
	uint16_t check = csum_finish(sum);

	memcpy(field, &check, sizeof(check));
}

#endif
