/* SPDX-License-Identifier: BSD-2-Clause
 * The targets behind which the chain goes on. */
#include "decide/target.h"

static bool nothing(struct walk *k, const struct target *t)
{
	(void)k;
	(void)t;
	return true;
}

const target_fn target_does[N_TARGETS] = {
	[TARGET_MARK] = target_mark,     [TARGET_CONNMARK] = target_connmark,
	[TARGET_CT] = target_ct,         [TARGET_NOTRACK] = target_notrack,
	[TARGET_TRACE] = nothing,        [TARGET_TOS] = target_tos,
	[TARGET_DSCP] = target_tos,      [TARGET_TTL] = target_ttl,
	[TARGET_TCPMSS] = target_tcpmss, [TARGET_LOG] = nothing,
	[TARGET_NFLOG] = nothing,        [TARGET_CLASSIFY] = nothing,
	[TARGET_CHECKSUM] = nothing,
};
