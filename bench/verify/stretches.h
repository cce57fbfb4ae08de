/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Stretches of a run that depend on nothing but their number, played by
 * several processes: each has a namespace of its own. What comes of it does
 * not depend on how many they are. */
#ifndef NATBENCH_STRETCHES_H
#define NATBENCH_STRETCHES_H

#include "verify/verify.h"

struct stretches {
	uint64_t n;
	unsigned jobs;   /* processes */
	bool keep_going; /* after a divergence */
	/* Plays stretch @i: 0, or -1 with @err. */
	int (*play)(void *ctx, uint64_t i, struct verify *v,
		    struct nat_error *err);
	/* What to tell of the divergence that it has found, to be freed. NULL:
	 * @err says why. */
	char *(*tell)(void *ctx, const struct verify *v, struct nat_error *err);
	void *ctx;
	struct progress progress; /* in packets */
	uint64_t expected;
};

/* Up to the first stretch that diverges, the sum in @sum and what is told of it
 * in @told; or all, with keep_going. 0, or -1 with @err. */
int stretches_play(const struct stretches *s, struct verify *sum, char **told,
		   struct nat_error *err);

#endif
