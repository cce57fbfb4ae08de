/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A capture as a row of windows, so that it may be longer than memory: a
 * thread reads and plans one while the one before is played. A capture that
 * fits into a single window is read once, and that window serves every pass;
 * a longer one is read again in each.
 *
 *	struct windows *all = windows_open(&cfg, &err);
 *	while ((w = windows_next(all)))
 *		play(w);
 *	if (windows_failed(all))
 *		...
 *	windows_close(all);
 */
#ifndef NATBENCH_WINDOWS_H
#define NATBENCH_WINDOWS_H

#include "capture/progress.h"
#include "capture/store.h"
#include "replay/plan.h"

struct window {
	struct store store;
	struct plan plan;
	bool begins, ends; /* a pass */
};

struct windows_config {
	const char *const *path; /* of captures, merged; the caller's */
	const uint16_t *iface;   /* of the packets of each */
	size_t n;
	unsigned copies, passes;
	uint64_t most; /* bytes of a window, give or take a packet */
	struct plan_config plan;
	struct progress progress; /* hears of reading the first window */
};

/* What reading took; of all passes. */
struct windows_cost {
	uint64_t packets, bytes; /* of the captures, once unpacked */
	uint64_t read_ns, plan_ns;
};

struct windows;

/* Returns when the first window is there. NULL: @err says why. */
struct windows *windows_open(const struct windows_config *cfg,
			     struct capture_error *err);
void windows_close(struct windows *all);

/* The next one, when it is there; the one before is given back. NULL: all
 * passes are over, or something is wrong. */
struct window *windows_next(struct windows *all);
/* After windows_next() returned NULL: what is wrong; NULL: nothing. */
const struct capture_error *windows_failed(const struct windows *all);

/* After windows_next(): does one window hold all? */
bool windows_single(const struct windows *all);
/* At any time: bytes of the files read in this pass, and all there are; 0:
 * nobody knows. */
void windows_progress(const struct windows *all, uint64_t *done,
		      uint64_t *total);

/* After the last window of a pass, @i being a capture: what was in it. */
const struct capture_stats *windows_stats(const struct windows *all, size_t i);
struct windows_cost windows_cost(const struct windows *all);

/* Bytes per second. */
static inline double windows_read_speed(const struct windows_cost *c)
{
	return c->read_ns ? (double)c->bytes * 1e9 / (double)c->read_ns : 0;
}

#endif
