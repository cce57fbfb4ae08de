/* SPDX-License-Identifier: BSD-2-Clause
 * Names of IP protocols as rules have them. */
#ifndef NAT_PROTOCOLS_H
#define NAT_PROTOCOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "util.h"

enum { PROTO_DCCP = 33 }; /* only rules and listings know it */

struct proto_text {
	char s[24];
};

/* A name, in any case, or a number as in C. False: neither. */
MUST_USE bool proto_scan(const char *s, uint16_t *proto);
/* Its name, or its number where it has none. */
struct proto_text proto_text(uint16_t proto);

#endif
