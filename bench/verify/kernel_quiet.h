/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Settings that leave a router and nothing else: no limits, no news. */
#ifndef NATBENCH_KERNEL_QUIET_H
#define NATBENCH_KERNEL_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#include "verify/kernel.h"

/* Does anything of the scenario speak IPv6? */
bool kernel_has_ipv6(const struct kernel_config *cfg);

/* Sets up the namespace at hand, before it has devices. */
int kernel_quiet(const struct kernel_config *cfg, struct nat_error *err);

/* What an IPv6 host says of its own accord: solicitations, listener reports. */
bool kernel_chatter(const uint8_t *p, uint32_t len);

#endif
