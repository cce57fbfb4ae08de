/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Numbers into packets, in network byte order. */
#ifndef NATBENCH_PUT_H
#define NATBENCH_PUT_H

#include <stdint.h>

static inline uint8_t *put8(uint8_t *p, uint32_t v)
{
	*p = (uint8_t)v;
	return p + 1;
}

static inline uint8_t *put16(uint8_t *p, uint32_t v)
{
	return put8(put8(p, v >> 8), v);
}

static inline uint8_t *put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v);
}

#endif
