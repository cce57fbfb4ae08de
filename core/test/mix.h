/* SPDX-License-Identifier: BSD-2-Clause
 * Hashes of what came out, for tests that hold two runs against each other. */
#ifndef TEST_MIX_H
#define TEST_MIX_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < len; i++) /* FNV-1a */
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
