/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A capture as natbench replay plays it, one packet at a time. */
#ifndef NATBENCH_CAPTURE_FEED_H
#define NATBENCH_CAPTURE_FEED_H

#include "capture/store.h"
#include "replay/plan.h"
#include "verify/feed.h"

struct capture_feed {
	const struct store *store;
	uint16_t server_if;
	uint64_t unanswered; /* answers to what never left: not played */

	struct plan plan;
	size_t at; /* the step that is next */
	uint8_t buffer[65536];
};

/* 0, or -ENOMEM; capture_feed_fini() in either case. */
int capture_feed_init(struct capture_feed *c, const struct store *s,
		      bool verbatim, uint16_t client_if, uint16_t server_if);
void capture_feed_fini(struct capture_feed *c);

/* Plays it from its first packet on. */
struct feeder capture_feeder(struct capture_feed *c);

#endif
