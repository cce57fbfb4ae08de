/* SPDX-License-Identifier: BSD-2-Clause
 * pure/crc32c as it is where the CPU has no instruction for it: tables. */
#ifndef TEST_CRC32C_WITHOUT_SSE_H
#define TEST_CRC32C_WITHOUT_SSE_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c_by_tables(uint32_t crc, const uint8_t *p, size_t len);

#endif
