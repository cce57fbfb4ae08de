/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a worker tells about connections (nat_worker_events), kept as lines of
 * `conntrack -E` until every lane has ended, then written in order of time. */
#ifndef NATBENCH_EVENTS_H
#define NATBENCH_EVENTS_H

#include <stdio.h>

#include "natcore.h"
#include "replay/emitted.h"

struct event_log {
	struct emitted lines;
	bool timestamp;  /* each line begins with when it was */
	int64_t skew_ns; /* from the engine's clock to the capture's */
};

/* The listener, its context being an event log. */
void event_log_add(void *ctx, const struct nat_conntrack_event *ev);
void event_log_free(struct event_log *log);
/* All lines; those of one moment by lane. */
void event_log_write(struct event_log *const *log, unsigned n, FILE *out);

#endif
