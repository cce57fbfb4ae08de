/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Network address translation at a hook: decide once per connection and end,
 * apply to every packet (spec 7.1, 7.2, 7.6, 7.8).
 */
#ifndef NAT_NAT_H
#define NAT_NAT_H

#include "decide/walk.h"
#include "pure/rewrite.h"

/* @m: MANIP_DST at PREROUTING and OUTPUT, MANIP_SRC at POSTROUTING and
 * INPUT. False: dropped. */
bool nat_hook(struct walk *k, enum manip m);

#endif
