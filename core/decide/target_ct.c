/* SPDX-License-Identifier: BSD-2-Clause
 * What the raw table says about tracking. The first to say something counts.
 */
#include "decide/target.h"

static bool is_said(const struct walk *k)
{
	return k->ct.conn || k->made_by || k->state == NAT_STATE_UNTRACKED;
}

bool target_notrack(struct walk *k, const struct target *t)
{
	(void)t;
	if (!is_said(k))
		k->state = NAT_STATE_UNTRACKED;
	return true;
}

bool target_ct(struct walk *k, const struct target *t)
{
	if (t->ct.notrack)
		return target_notrack(k, t);
	if (!is_said(k))
		k->made_by = &t->ct;
	return true;
}
