/* SPDX-License-Identifier: BSD-2-Clause
 * The TOS byte as rules name it. */
#ifndef NAT_DSCP_H
#define NAT_DSCP_H

#include "natcore.h"
#include "util.h"

enum { DSCP_SHIFT = 2, DSCP_MASK = 0xfc };

/* VALUE[/MASK], or a name of old. */
MUST_USE int scan_tos(const char *s, uint8_t *value, uint8_t *mask,
		      struct nat_error *err);
/* The name of old; NULL: it had none. */
const char *tos_name(uint8_t value, uint8_t mask);

/* A number below 64, and a name. */
MUST_USE int scan_dscp(const char *s, uint8_t *dscp, struct nat_error *err);
MUST_USE int scan_dscp_class(const char *s, uint8_t *dscp,
			     struct nat_error *err);

#endif
