/* SPDX-License-Identifier: BSD-2-Clause
 * The targets behind which the chain goes on. */
#include "decide/target.h"

const target_fn target_does[N_TARGETS] = {
	[TARGET_MARK] = target_mark,
	[TARGET_CONNMARK] = target_connmark,
};
