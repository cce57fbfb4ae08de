/* SPDX-License-Identifier: BSD-2-Clause
 * pure/crc32c.c compiled once more, under another name. */
#undef __SSE4_2__
#define crc32c crc32c_by_tables /* NOLINT(readability-identifier-naming) */
#include "pure/crc32c.c"        /* NOLINT(bugprone-suspicious-include) */
