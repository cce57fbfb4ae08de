/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is told of the first divergence: the fewest packets that show it, as
 * captures, and how the core came to what it did with the last of them. */
#ifndef NATBENCH_DIAGNOSE_H
#define NATBENCH_DIAGNOSE_H

#include "capture/error.h"
#include "verify/verify.h"

/* Writes captures into the folder @dir and returns what to tell, to be freed.
 * NULL: @err says why. */
char *diagnose(const struct verify *v, const char *dir,
	       struct capture_error *err);

#endif
