/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Draws ten times a second at most, over itself. */
#include "cli/progress_bar.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 40 };
#define NS_PER_S  UINT64_C(1000000000)
#define REDRAW_NS (NS_PER_S / 10)

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

struct progress_bar progress_bar(const char *what)
{
	return (struct progress_bar){
		.what = what,
		.wanted = isatty(STDERR_FILENO),
		.next_ns = now_ns() + REDRAW_NS, /* short work shows none */
	};
}

/* @total 0: how much there is nobody knows. */
static void draw(const struct progress_bar *bar, uint64_t done, uint64_t total)
{
	static const char full[] = "########################################";
	double part = (double)done / (double)total;
	int n;

	_Static_assert(sizeof(full) == WIDTH + 1, "a full bar");
	if (!total) {
		fprintf(stderr, "\r\033[K%s %" PRIu64 " MB", bar->what,
			done / 1000000);
		return;
	}
	part = part > 1 ? 1 : part;
	n = (int)(part * WIDTH);
	fprintf(stderr, "\r\033[K%s [%.*s%*s] %3.0f %%", bar->what, n, full,
		WIDTH - n, "", part * 100);
}

static void hear(void *ctx, uint64_t done, uint64_t total)
{
	struct progress_bar *bar = ctx;
	uint64_t now = now_ns();

	if (now < bar->next_ns)
		return;
	bar->next_ns = now + REDRAW_NS;
	bar->shown = true;
	draw(bar, done, total);
}

struct progress progress_bar_hear(struct progress_bar *bar)
{
	return (struct progress){bar->wanted ? hear : NULL, bar};
}

void progress_bar_end(struct progress_bar *bar)
{
	if (bar->shown)
		fputs("\r\033[K", stderr);
	bar->shown = false;
}
