/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The packets that entered, as they entered: what a divergence is reproduced
 * from. Only the latest are kept where they are too many. */
#ifndef NATBENCH_TRAIL_H
#define NATBENCH_TRAIL_H

#include <stdbool.h>

#include "capture/region.h"
#include "verify/feed.h"

struct trail_part {
	struct region heads; /* struct trail_head */
	struct region bytes;
};

struct trail {
	struct trail_part part[2]; /* older, newer */
	bool torn;                 /* its beginning is forgotten */
};

/* False: no memory. */
bool trail_add(struct trail *t, const struct feed *f);
size_t trail_count(const struct trail *t);
struct feed trail_at(const struct trail *t, size_t i);
/* Begins anew, in the memory that it has. */
void trail_clear(struct trail *t);
void trail_free(struct trail *t);

#endif
