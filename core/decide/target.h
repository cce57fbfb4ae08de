/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Targets behind which the chain goes on: target_goes_on(). A file for each
 * family of them.
 */
#ifndef NAT_TARGET_H
#define NAT_TARGET_H

#include "decide/walk.h"

/* False: the packet is malformed, to be dropped. */
bool target_mark(struct walk *k, const struct target *t);
bool target_connmark(struct walk *k, const struct target *t);
bool target_ct(struct walk *k, const struct target *t);
bool target_notrack(struct walk *k, const struct target *t);
bool target_tos(struct walk *k, const struct target *t);
bool target_ttl(struct walk *k, const struct target *t);
bool target_tcpmss(struct walk *k, const struct target *t);

/* The target of that kind. */
typedef bool (*target_fn)(struct walk *k, const struct target *t);
extern const target_fn target_does[N_TARGETS];

#endif
