/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A progress bar on standard error, if that is a terminal; otherwise nothing.
 *
 *	struct progress_bar bar = progress_bar("reading");
 *	long_work(..., progress_bar_hear(&bar), ...);
 *	progress_bar_end(&bar);
 */
#ifndef NATBENCH_PROGRESS_BAR_H
#define NATBENCH_PROGRESS_BAR_H

#include <stdbool.h>

#include "capture/progress.h"

struct progress_bar {
	const char *what;
	bool wanted;
	bool shown;
	uint64_t next_ns; /* not drawn again before */
};

struct progress_bar progress_bar(const char *what);
/* What to hand to the work. */
struct progress progress_bar_hear(struct progress_bar *bar);
/* Wipes it out, so that the next line begins at the margin. */
void progress_bar_end(struct progress_bar *bar);

#endif
