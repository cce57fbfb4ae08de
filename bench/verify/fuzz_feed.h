/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets that are made as they are wanted; the kernel's answers lead on. */
#ifndef NATBENCH_FUZZ_FEED_H
#define NATBENCH_FUZZ_FEED_H

#include "traffic/traffic.h"
#include "verify/feed.h"

struct fuzz_feed {
	struct traffic *traffic;
	uint64_t made, most;
};

struct feeder fuzz_feeder(struct fuzz_feed *z);

/* An hour more for every timeout that nobody has set: a second more or less on
 * a busy machine shall not make a connection expire, or not. */
void fuzz_timeouts(struct nat_sysctl *s);

#endif
