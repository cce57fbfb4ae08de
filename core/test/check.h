/* SPDX-License-Identifier: BSD-2-Clause
 * cmocka with what it needs included before it. */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

/* Is there nothing but @value? */
static inline bool all_bytes(const uint8_t *p, size_t n, uint8_t value)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != value)
			return false;
	return true;
}

#endif
