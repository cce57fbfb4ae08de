/* SPDX-License-Identifier: BSD-2-Clause
 * Workers: their place, their clock, their end. */
#include "decide/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decide/emit.h"
#include "decide/settled.h"
#include "shared/rcu.h"

/* How far every other running worker has come. */
static ticks slowest_other(const struct nat_worker *w)
{
	const struct nat_engine *e = w->engine;
	ticks slowest = w->view.now;

	for (unsigned i = 0; i < e->max_workers; i++) {
		const struct worker_clock *c = &e->clock[i];
		ticks t = atomic_load_explicit(&c->at, memory_order_relaxed);

		if (i != w->view.id &&
		    atomic_load_explicit(&c->running, memory_order_relaxed) &&
		    ticks_reached(slowest, t))
			slowest = t;
	}
	return slowest;
}

static void set_running(struct nat_worker *w, bool running)
{
	struct worker_clock *c = &w->engine->clock[w->view.id];

	atomic_store_explicit(&c->running, running, memory_order_relaxed);
}

/* No order is needed beyond the clock itself: a time that is read late only
 * lets connections live longer. */
void worker_publish_clock(struct nat_worker *w)
{
	struct worker_clock *c = &w->engine->clock[w->view.id];

	if (w->engine->max_workers == 1)
		return;
	/* All others read it in each batch: it is written when it moves. */
	if (atomic_load_explicit(&c->at, memory_order_relaxed) != w->view.now)
		atomic_store_explicit(&c->at, w->view.now,
				      memory_order_relaxed);
	w->view.others = slowest_other(w);
}

void worker_wake(struct nat_worker *w)
{
	if (likely(w->online))
		return;
	grace_thread_online();
	w->online = true;
	worker_publish_clock(w);
	set_running(w, true);
}

static void rest(struct nat_worker *w)
{
	set_running(w, false);
	grace_thread_offline();
	w->online = false;
}

static int take_place(struct nat_engine *e, struct nat_worker *w)
{
	for (unsigned i = 0; i < e->max_workers; i++) {
		if (atomic_load_explicit(&e->worker[i], memory_order_relaxed))
			continue;
		conns_view_init(&w->view, &e->conns, (uint8_t)i,
				e->max_workers == 1);
		atomic_store_explicit(&e->worker[i], w, memory_order_release);
		return (int)i;
	}
	return -EBUSY;
}

static void free_worker(struct nat_worker *w)
{
	free(w->counts);
	free(w->flights);
	free(w);
}

/* Zeroed memory in whole cache lines, which no other worker writes. */
static void *own_lines(size_t size)
{
	size_t lines = (size + CACHE_LINE - 1) / CACHE_LINE;
	void *p = aligned_alloc(CACHE_LINE, lines * CACHE_LINE);

	return p ? memset(p, 0, lines * CACHE_LINE) : NULL;
}

static struct nat_worker *alloc_worker(struct nat_engine *e)
{
	struct nat_worker *w = own_lines(sizeof(*w));

	if (!w)
		return NULL;
	w->engine = e;
	w->thread = pthread_self();
	w->counts = own_lines((engine_n_counts(e) + 1) * sizeof(*w->counts));
	w->flights = own_lines(GROUPS * sizeof(*w->flights));
	if (w->counts && w->flights)
		return w;
	free_worker(w);
	return NULL;
}

struct nat_worker *nat_worker_new(struct nat_engine *e)
{
	struct nat_worker *w = alloc_worker(e);
	int place;

	if (!w)
		return NULL;
	grace_thread_register();
	(void)pthread_mutex_lock(&e->lock);
	place = take_place(e, w);
	(void)pthread_mutex_unlock(&e->lock);
	if (place < 0) {
		grace_thread_unregister();
		free_worker(w);
		return NULL;
	}
	w->random = random_new(e->seed + (uint64_t)place + 1);
	(void)conns_maintain(&e->conns,
			     w->view.alone); /* else the first packets wait */
	grace_thread_offline();
	return w;
}

void nat_worker_free(struct nat_worker *w)
{
	struct nat_engine *e;

	if (!w)
		return;
	e = w->engine;
	worker_wake(w);
	set_running(w, false);
	(void)pthread_mutex_lock(&e->lock);
	engine_retire(e, w);
	atomic_store_explicit(&e->worker[w->view.id], NULL,
			      memory_order_release);
	(void)pthread_mutex_unlock(&e->lock);
	conns_view_fini(&w->view);
	emit_fini(&w->originated);
	grace_thread_unregister();
	free_worker(w);
}

const struct nat_packet *nat_worker_originated(const struct nat_worker *w,
					       size_t *n)
{
	*n = w->originated.n;
	return w->originated.pkt;
}

void nat_worker_idle(struct nat_worker *w)
{
	worker_wake(w);
	conns_view_idle(&w->view);
	rest(w);
}

void nat_worker_trace(struct nat_worker *w, nat_trace_fn fn, void *ctx)
{
	w->trace = fn;
	w->trace_ctx = ctx;
}
