/* SPDX-License-Identifier: BSD-2-Clause
 * Bytes that end where memory ends: who reads one too many is killed, with or
 * without a sanitizer. */
#ifndef TEST_GUARD_H
#define TEST_GUARD_H

#include <stddef.h>
#include <stdint.h>

enum { GUARD_MAX = 65536 };

/* A copy that ends at an unreadable page. It lives until the next call. */
uint8_t *guard_copy(const void *bytes, size_t len);

#endif
