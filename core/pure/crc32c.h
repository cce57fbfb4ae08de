/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CRC32c (Castagnoli), SCTP's checksum (RFC 9260 appendix A). By the CPU's
 * own instruction where the build may use it, by tables elsewhere.
 */
#ifndef NAT_CRC32C_H
#define NAT_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#include "util.h"

enum { CRC32C_START = -1 }; /* all ones, as an unsigned number */

/* Takes @len more bytes into the register. In the end it is complemented. */
PURE_FN uint32_t crc32c(uint32_t crc, const uint8_t *p, size_t len);

#endif
