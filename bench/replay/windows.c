/* SPDX-License-Identifier: BSD-2-Clause
 *
 * THREADS: the reader fills two windows in turn. Which are whose is a matter
 * of three counters under the lock: read, handed out, given back. */
#include "replay/windows.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "replay/copies.h"
#include "replay/stopwatch.h"

enum { SLOTS = 2 };

struct windows {
	struct windows_config cfg;
	pthread_t thread;
	_Atomic uint64_t done, total; /* bytes of the files */

	pthread_mutex_t lock;
	pthread_cond_t change;
	uint64_t read, taken, given; /* windows */
	bool over;                   /* the reader has ended */
	bool stop;                   /* nobody wants more */
	bool failed;
	struct capture_error error;

	/* the reader's; others' once it has handed out a pass's last window */
	struct capture_merge *merge;
	struct capture_record next; /* not yet in a window, if @more */
	size_t from;
	int more; /* as merge_next() has it */
	struct planner *planner;
	struct capture_stats *stats;
	struct windows_cost cost;

	/* the taker's */
	unsigned passes; /* played of the only window */
	bool single;
	struct window slot[SLOTS];
};

static void hear(void *ctx, uint64_t done, uint64_t total)
{
	struct windows *all = ctx;

	atomic_store_explicit(&all->done, done, memory_order_relaxed);
	atomic_store_explicit(&all->total, total, memory_order_relaxed);
	if (!all->read) /* the reader's alone to change */
		progress_tell(&all->cfg.progress, done, total);
}

static void advance(struct windows *all)
{
	all->more = merge_next(all->merge, &all->next, &all->from, &all->error);
}

static int load(struct windows *all, struct store *s)
{
	const struct windows_config *cfg = &all->cfg;

	store_rewind(s);
	while (all->more > 0 && store_size(s) < cfg->most) {
		if (copies_append(s, &all->next, cfg->iface[all->from],
				  cfg->copies))
			return capture_fail(&all->error,
					    "%s: out of memory for the packets",
					    cfg->path[all->from]);
		advance(all);
	}
	return all->more < 0 ? -1 : 0;
}

static int make_plan(struct windows *all, struct window *w)
{
	if (!planner_plan(all->planner, &w->store, &w->plan))
		return 0;
	return capture_fail(&all->error, "%s: out of memory for the plan",
			    all->cfg.path[0]);
}

static int make_window(struct windows *all, struct window *w)
{
	uint64_t begun = stopwatch_monotonic_ns(), read;

	if (load(all, &w->store))
		return -1;
	w->ends = !all->more;
	read = stopwatch_monotonic_ns();
	if (make_plan(all, w))
		return -1;
	all->cost.packets += store_count(&w->store) / all->cfg.copies;
	all->cost.read_ns += read - begun;
	all->cost.plan_ns += stopwatch_monotonic_ns() - read;
	return 0;
}

/* Waits for a window that nobody has; NULL: no more are wanted. */
static struct window *await_free(struct windows *all)
{
	struct window *w = &all->slot[all->read % SLOTS];

	pthread_mutex_lock(&all->lock);
	while (all->read - all->given == SLOTS && !all->stop)
		pthread_cond_wait(&all->change, &all->lock);
	w = all->stop ? NULL : w;
	pthread_mutex_unlock(&all->lock);
	return w;
}

static void hand_out(struct windows *all)
{
	pthread_mutex_lock(&all->lock);
	all->read++;
	pthread_cond_broadcast(&all->change);
	pthread_mutex_unlock(&all->lock);
}

static void end_pass(struct windows *all)
{
	for (size_t i = 0; i < all->cfg.n; i++) {
		all->stats[i] = *merge_stats(all->merge, i);
		all->cost.bytes += merge_bytes(all->merge, i);
	}
}

/* Only files can be read in every pass. */
static int can_repeat(struct windows *all)
{
	const struct windows_config *cfg = &all->cfg;

	for (size_t i = 0; cfg->passes > 1 && i < cfg->n; i++) {
		struct stat st;

		if (stat(cfg->path[i], &st) || !S_ISREG(st.st_mode))
			return capture_fail(
				&all->error,
				"%s: no file, so it cannot be read again for "
				"each pass, and it does not fit a window",
				cfg->path[i]);
	}
	return 0;
}

/* From the captures' first packet to their last. */
static int read_windows(struct windows *all)
{
	bool begins = true, ends = false;

	advance(all);
	while (!ends) {
		struct window *w = await_free(all);

		if (!w)
			return 0;
		w->begins = begins;
		if (make_window(all, w) || (!w->ends && can_repeat(all)))
			return -1;
		begins = false;
		ends = w->ends;
		if (ends)
			end_pass(all);
		hand_out(all);
	}
	return 0;
}

static int read_pass(struct windows *all)
{
	const struct windows_config *cfg = &all->cfg;
	int r = -1;

	all->merge = merge_open(cfg->path, cfg->n, (struct progress){hear, all},
				&all->error);
	all->planner = planner_new(&cfg->plan);
	if (!all->planner)
		capture_fail(&all->error, "%s: out of memory", cfg->path[0]);
	else if (all->merge)
		r = read_windows(all);
	planner_free(all->planner);
	merge_close(all->merge);
	return r;
}

static bool wanted(struct windows *all)
{
	bool stop;

	pthread_mutex_lock(&all->lock);
	stop = all->stop;
	pthread_mutex_unlock(&all->lock);
	return !stop;
}

static void *work(void *arg)
{
	struct windows *all = arg;
	int r = 0;

	for (unsigned i = 0; !r && i < all->cfg.passes && wanted(all); i++) {
		r = read_pass(all);
		if (all->slot[0].begins && all->slot[0].ends)
			break;
	}
	pthread_mutex_lock(&all->lock);
	all->failed = r;
	all->over = true;
	pthread_cond_broadcast(&all->change);
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

/* Waits for a window or the end. */
static bool await_read(struct windows *all)
{
	bool there;

	pthread_mutex_lock(&all->lock);
	while (all->read == all->taken && !all->over)
		pthread_cond_wait(&all->change, &all->lock);
	there = all->read != all->taken;
	pthread_mutex_unlock(&all->lock);
	return there;
}

/* What was taken before is the reader's again. */
static void give_back(struct windows *all)
{
	pthread_mutex_lock(&all->lock);
	all->given = all->taken;
	pthread_cond_broadcast(&all->change);
	pthread_mutex_unlock(&all->lock);
}

struct window *windows_next(struct windows *all)
{
	struct window *w = &all->slot[all->taken % SLOTS];

	if (all->single)
		return ++all->passes < all->cfg.passes ? &all->slot[0] : NULL;
	give_back(all);
	if (!await_read(all))
		return NULL;
	all->taken++;
	all->single = w->begins && w->ends;
	return w;
}

const struct capture_error *windows_failed(const struct windows *all)
{
	return all->failed ? &all->error : NULL;
}

bool windows_single(const struct windows *all)
{
	return all->single;
}

void windows_progress(const struct windows *all, uint64_t *done,
		      uint64_t *total)
{
	*done = atomic_load_explicit(&all->done, memory_order_relaxed);
	*total = atomic_load_explicit(&all->total, memory_order_relaxed);
}

const struct capture_stats *windows_stats(const struct windows *all, size_t i)
{
	return &all->stats[i];
}

struct windows_cost windows_cost(const struct windows *all)
{
	return all->cost;
}

struct windows *windows_open(const struct windows_config *cfg,
			     struct capture_error *err)
{
	struct windows *all = calloc(1, sizeof(*all));

	if (all)
		all->stats = calloc(cfg->n, sizeof(*all->stats));
	if (!all || !all->stats) {
		free(all);
		capture_fail(err, "%s: out of memory", cfg->path[0]);
		return NULL;
	}
	all->cfg = *cfg;
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->change, NULL);
	if (pthread_create(&all->thread, NULL, work, all)) {
		capture_fail(err, "%s: no thread to read it", cfg->path[0]);
		free(all->stats);
		free(all);
		return NULL;
	}
	if (await_read(all))
		return all;
	*err = all->error;
	windows_close(all);
	return NULL;
}

void windows_close(struct windows *all)
{
	if (!all)
		return;
	pthread_mutex_lock(&all->lock);
	all->stop = true;
	pthread_cond_broadcast(&all->change);
	pthread_mutex_unlock(&all->lock);
	pthread_join(all->thread, NULL);
	pthread_cond_destroy(&all->change);
	pthread_mutex_destroy(&all->lock);
	for (unsigned i = 0; i < SLOTS; i++) {
		store_free(&all->slot[i].store);
		plan_free(&all->slot[i].plan);
	}
	free(all->stats);
	free(all);
}
