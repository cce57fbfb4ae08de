/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A whole replay: an engine, windows of a capture, a thread for each lane,
 * passes.
 *
 * WHAT COUNTS. With more than one pass the first is warm-up and the figures
 * are about the others; the counters of connections and rules are about all.
 * From pass to pass time goes on: each begins a second after the last ended.
 * The wall clock runs from the first lane's start to the last lane's end, in
 * every window: while all wait for the reader it stands still. */
#ifndef NATBENCH_REPLAY_H
#define NATBENCH_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/progress.h"
#include "natcore.h"
#include "replay/lane.h"
#include "replay/windows.h"

enum { REPLAY_THREADS_MOST = 128 };

struct replay_config {
	struct nat_config engine; /* workers is set here */
	uint16_t server_if;
	unsigned threads, passes;
	double rate;  /* packets per second; 0: as fast as it goes */
	double speed; /* of the capture's own clock; 0: the same */
	bool check;
	bool stages;        /* timed */
	const bool *wanted; /* interfaces whose output is kept; NULL: none */
	bool events;        /* of connections, kept as lines */
	bool event_times;   /* each with its time */
	/* Takes, after each window, what the lanes have emitted and logged,
	 * which is then forgotten. */
	void (*collect)(void *ctx, const struct lanes *lanes);
	void *collect_ctx;
	struct progress progress;
};

struct replay {
	struct nat_engine *engine;
	struct region convs; /* struct conv, of all windows so far */
	uint32_t n_convs;
	struct lanes lanes;
	uint64_t wall_ns;
	uint64_t end_ns;          /* on the engine's clock */
	struct lane_result total; /* sums; wall_ticks of the slowest */
	struct check check;
	struct nat_stats stats; /* of all passes */
	struct nat_memory memory;
};

/* Plays all there is in @w, whose lanes and passes are @cfg's. 0, or -1 with
 * @err filled; windows_failed() may know better. replay_free() in either case.
 */
int replay_run(struct replay *r, struct windows *w,
	       const struct replay_config *cfg, struct nat_error *err);
void replay_free(struct replay *r);

#endif
