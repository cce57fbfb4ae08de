/* SPDX-License-Identifier: BSD-2-Clause
 *
 * THREADS: the crew waits at a gate until all are there, so that one that
 * could not be started stops the others. Then it plays window by window. When
 * all have come to the end of one, the first turns the page: what it writes
 * the others read after they have all met again. */
#include "replay/replay.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "replay/stopwatch.h"

#define PASS_GAP_NS     UINT64_C(1000000000)
#define HOUSEKEEPING_NS 5000000
#define NS_PER_SECOND   1000000000

enum { TURNS_PER_PROGRESS = 20 };

struct crew {
	struct replay *replay;
	const struct replay_config *cfg;
	pthread_mutex_t gate;
	pthread_barrier_t barrier;
	bool off;            /* written under the gate */
	_Atomic bool failed; /* a worker could not be made */

	/* written by who turns the page */
	struct windows *windows;
	struct window *window; /* at hand; NULL: there is no more */
	const char *error;     /* NULL: none */
	unsigned pass;
	uint64_t shift_ns; /* what the pass adds to timestamps */
	uint64_t wall_ticks;
	_Atomic uint64_t total; /* packets; 0: known in the end alone */
	struct hand {
		struct crew *crew;
		struct lane *lane;
		pthread_t thread;
	} * hand;
};

static int fail(struct nat_error *err, const char *text)
{
	err->line = 0;
	(void)snprintf(err->text, sizeof(err->text), "%s", text);
	return -1;
}

/* The counters since @before. They are numbers all of one kind. */
static void stats_since(struct nat_stats *now, const struct nat_stats *before)
{
	enum { N = sizeof(*now) / sizeof(uint64_t) };
	uint64_t a[N], b[N];

	_Static_assert(sizeof(a) == sizeof(*now), "nothing but counters");
	memcpy(a, now, sizeof(a));
	memcpy(b, before, sizeof(b));
	for (unsigned i = 0; i < N; i++)
		a[i] -= b[i];
	memcpy(now, a, sizeof(a));
}

static void take_time(struct crew *crew)
{
	const struct lanes *all = &crew->replay->lanes;
	uint64_t first = UINT64_MAX, last = 0;

	for (unsigned i = 0; i < all->n; i++) {
		const struct lane *l = &all->lane[i];

		if (l->start < first)
			first = l->start;
		if (l->ended > last)
			last = l->ended;
	}
	crew->wall_ticks += last - first;
}

/* After the last pass, at the time of its last packet: what is over by then
 * ends, so that how much is left depends on the capture alone. */
static void end_the_dead(struct crew *crew, struct lane *l)
{
	uint64_t now_ns =
		PLAN_START_NS + crew->shift_ns + crew->window->plan.span_ns;

	if (!crew->window->ends || crew->pass + 1 < crew->cfg->passes)
		return;
	(void)nat_worker_run(l->worker, now_ns, NULL, 0);
	nat_worker_idle(l->worker);
}

/* The window at hand has been played. */
static void close_window(struct crew *crew, struct lane *l)
{
	struct replay *r = crew->replay;
	const struct plan *plan = &crew->window->plan;

	take_time(crew);
	end_the_dead(crew, l);
	if (crew->cfg->collect)
		crew->cfg->collect(crew->cfg->collect_ctx, &r->lanes);
	for (unsigned i = 0; i < r->lanes.n; i++) {
		struct lane *one = &r->lanes.lane[i];

		emitted_rewind(&one->emitted);
		emitted_rewind(&one->events.lines);
		one->n_convs = plan->lane[i].n_convs;
	}
	r->n_convs = plan->n_convs;
	r->lanes.before += store_count(&crew->window->store);
	if (!crew->window->ends)
		return;
	r->lanes.before = 0;
	r->end_ns = PLAN_START_NS + crew->shift_ns + plan->span_ns;
	crew->shift_ns += plan->span_ns + PASS_GAP_NS;
	crew->pass++;
}

/* The engine's clock begins with the first packet. */
static void set_skew(struct lanes *all)
{
	if (!store_count(all->store))
		return;
	for (unsigned i = 0; i < all->n; i++)
		all->lane[i].events.skew_ns =
			(int64_t)(store_entries(all->store)[0].time_ns -
				  PLAN_START_NS);
}

/* Lays the next window before all lanes. */
static int open_window(struct crew *crew)
{
	struct replay *r = crew->replay;
	const struct plan *plan = &crew->window->plan;
	struct lanes *all = &r->lanes;
	int failed = convs_grow(&r->convs, plan->n_convs);

	all->store = &crew->window->store;
	all->convs = (struct conv *)(void *)r->convs.base;
	if (windows_single(crew->windows)) {
		all->again = crew->cfg->passes > 1 && !all->check;
		atomic_store_explicit(&crew->total,
				      store_count(all->store) *
					      crew->cfg->passes,
				      memory_order_relaxed);
	}
	for (unsigned i = 0; !failed && i < all->n; i++) {
		failed = lane_take(&all->lane[i], &plan->lane[i]);
		atomic_store_explicit(&all->lane[i].clock_ns, 0,
				      memory_order_relaxed);
	}
	if (crew->window->begins && !crew->pass)
		set_skew(all);
	if (crew->window->begins && crew->pass == 1)
		crew->wall_ticks = 0;
	return failed;
}

/* While all other lanes wait, @l does what is to be done once. */
static void turn_page(struct crew *crew, struct lane *l)
{
	if (crew->window)
		close_window(crew, l);
	crew->window = windows_next(crew->windows);
	if (crew->window && open_window(crew)) {
		crew->error = "out of memory";
		crew->window = NULL;
	}
}

static void play(struct crew *crew, struct lane *l)
{
	for (;;) {
		pthread_barrier_wait(&crew->barrier);
		if (l == crew->replay->lanes.lane)
			turn_page(crew, l);
		pthread_barrier_wait(&crew->barrier);
		if (!crew->window)
			return;
		if (crew->window->begins && crew->pass < 2)
			lane_reset(l);
		lane_play(l, crew->shift_ns);
	}
}

/* Lane by lane: a worker's place decides what it draws at random. */
static void hire(struct crew *crew, struct lane *l)
{
	l->worker = nat_worker_new(crew->replay->engine);
	if (l->worker && l->all->events)
		nat_worker_events(l->worker, event_log_add, &l->events);
	if (!l->worker)
		atomic_store(&crew->failed, true);
	else
		nat_worker_idle(l->worker);
}

static void *work(void *arg)
{
	struct hand *h = arg;
	struct crew *crew = h->crew;
	struct lane *l = h->lane;

	pthread_mutex_lock(&crew->gate);
	pthread_mutex_unlock(&crew->gate);
	if (crew->off)
		return NULL;
	for (unsigned i = 0; i < l->all->n; i++) {
		if (l == &l->all->lane[i])
			hire(crew, l);
		pthread_barrier_wait(&crew->barrier);
	}
	if (!atomic_load(&crew->failed)) {
		play(crew, l);
		struct nat_stats now;

		nat_worker_stats(l->worker, &now);
		l->stats = now;
		stats_since(&now, &l->result.stats);
		l->result.stats = now;
	}
	if (l->worker)
		nat_worker_free(l->worker);
	return NULL;
}

/* Gives the @i-th thread the @i-th CPU we may use, if there is one for each. */
static void pin(pthread_attr_t *attr, unsigned i, unsigned n)
{
	cpu_set_t ours, one;

	if (sched_getaffinity(0, sizeof(ours), &ours) ||
	    CPU_COUNT(&ours) < (int)n)
		return;
	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &ours) || i--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		(void)pthread_attr_setaffinity_np(attr, sizeof(one), &one);
		return;
	}
}

static int start(struct crew *crew, unsigned i)
{
	unsigned n = crew->replay->lanes.n;
	struct hand *h = &crew->hand[i];
	pthread_attr_t attr;
	int r = pthread_attr_init(&attr);

	if (r)
		return r;
	*h = (struct hand){.crew = crew, .lane = &crew->replay->lanes.lane[i]};
	pin(&attr, i, n);
	r = pthread_create(&h->thread, &attr, work, h);
	pthread_attr_destroy(&attr);
	return r;
}

static uint64_t packets_done(const struct lanes *all)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < all->n; i++)
		sum += atomic_load_explicit(&all->lane[i].done,
					    memory_order_relaxed);
	return sum;
}

static void tell(struct crew *crew)
{
	uint64_t total =
		atomic_load_explicit(&crew->total, memory_order_relaxed);
	uint64_t done = packets_done(&crew->replay->lanes);

	if (!total)
		windows_progress(crew->windows, &done, &total);
	progress_tell(&crew->cfg->progress, done, total);
}

/* While a hand works, this thread keeps house: memory for connections to come,
 * and the progress bar. */
static void join(struct crew *crew, const struct hand *h)
{
	const struct replay_config *cfg = crew->cfg;
	struct timespec t;

	for (unsigned turn = 0;; turn++) {
		if (cfg->progress.fn && turn % TURNS_PER_PROGRESS == 0)
			tell(crew);
		/* no memory ahead of need: workers will find out themselves */
		(void)nat_engine_maintain(crew->replay->engine);
		clock_gettime(CLOCK_REALTIME, &t);
		t.tv_nsec += HOUSEKEEPING_NS;
		t.tv_sec += t.tv_nsec / NS_PER_SECOND;
		t.tv_nsec %= NS_PER_SECOND;
		if (pthread_timedjoin_np(h->thread, NULL, &t) != ETIMEDOUT)
			return;
	}
}

static int run_crew(struct crew *crew, struct nat_error *err)
{
	unsigned n = crew->replay->lanes.n, started = 0;

	pthread_mutex_lock(&crew->gate);
	while (started < n && !start(crew, started))
		started++;
	crew->off = started < n;
	pthread_mutex_unlock(&crew->gate);
	for (unsigned i = 0; i < started; i++)
		join(crew, &crew->hand[i]);
	if (crew->off)
		return fail(err, "cannot start a thread");
	if (atomic_load(&crew->failed))
		return fail(err, "out of memory for a worker");
	if (crew->error)
		return fail(err, crew->error);
	if (windows_failed(crew->windows))
		return fail(err, "the capture cannot be read to its end");
	return 0;
}

static int work_together(struct replay *r, struct windows *w,
			 const struct replay_config *cfg, struct nat_error *err)
{
	struct crew crew = {.replay = r, .cfg = cfg, .windows = w};
	int result;

	crew.hand = calloc(r->lanes.n, sizeof(*crew.hand));
	if (!crew.hand)
		return fail(err, "out of memory");
	if (pthread_barrier_init(&crew.barrier, NULL, r->lanes.n)) {
		free(crew.hand);
		return fail(err, "cannot make a barrier");
	}
	pthread_mutex_init(&crew.gate, NULL);
	result = run_crew(&crew, err);
	r->wall_ns = (uint64_t)((double)crew.wall_ticks * r->lanes.ns_per_tick);
	pthread_mutex_destroy(&crew.gate);
	pthread_barrier_destroy(&crew.barrier);
	free(crew.hand);
	return result;
}

static int make_lanes(struct replay *r, const struct replay_config *cfg)
{
	double ticks = stopwatch_ticks_per_ns();
	struct lanes *all = &r->lanes;
	size_t size = cfg->threads * sizeof(*all->lane);

	*all = (struct lanes){
		.n = cfg->threads,
		.ns_per_tick = 1 / ticks,
		.server_if = cfg->server_if,
		.check = cfg->check,
		.stages = cfg->stages,
		.wanted = cfg->wanted,
		.events = cfg->events,
	};
	if (cfg->rate > 0)
		all->pace.per_packet = ticks * 1e9 / cfg->rate;
	else if (cfg->speed > 0)
		all->pace.per_ns = ticks / cfg->speed;
	if (liberty_add(&all->may, cfg->engine.rules) ||
	    liberty_add(&all->may, cfg->engine.rules6))
		return -ENOMEM;
	all->lane = aligned_alloc(_Alignof(struct lane), size);
	if (!all->lane)
		return -ENOMEM;
	memset(all->lane, 0, size);
	for (unsigned i = 0; i < all->n; i++) {
		all->lane[i].events.timestamp = cfg->event_times;
		if (lane_init(&all->lane[i], all))
			return -ENOMEM;
	}
	return 0;
}

/* Packets in and verdicts out, the lanes' and the engine's, must agree. */
static void check_counters(struct replay *r)
{
	const struct nat_stats *s = &r->total.stats;
	uint64_t verdicts = 0, drops = 0, lanes = 0;
	struct nat_stats whole;

	for (unsigned i = 0; i < NAT_N_VERDICTS; i++)
		verdicts += s->verdict[i];
	for (unsigned i = NAT_DROP_NONE + 1; i < NAT_N_DROPS; i++)
		drops += s->drop[i];
	for (unsigned i = 0; i < r->lanes.n; i++)
		lanes += r->lanes.lane[i].all_packets;
	nat_engine_stats(r->engine, &whole);
	if (verdicts != r->total.packets || s->packets != verdicts)
		check_fail(&r->check, CHECK_COUNTERS, 0);
	if (drops != s->verdict[NAT_DROP])
		check_fail(&r->check, CHECK_COUNTERS, 0);
	if (whole.packets != lanes)
		check_fail(&r->check, CHECK_COUNTERS, 0);
}

static void stats_add(struct nat_stats *sum, const struct nat_stats *s)
{
	struct nat_stats minus = {.packets = 0};

	stats_since(&minus, s); /* counters wrap as unsigned numbers do */
	stats_since(sum, &minus);
}

static void sum_up(struct replay *r, bool check)
{
	for (unsigned i = 0; i < r->lanes.n; i++) {
		struct lane *l = &r->lanes.lane[i];
		const struct lane_result *one = &l->result;

		r->total.packets += one->packets;
		r->total.bytes += one->bytes;
		r->total.unanswered += one->unanswered;
		r->total.core_ticks += one->core_ticks;
		if (one->wall_ticks > r->total.wall_ticks)
			r->total.wall_ticks = one->wall_ticks;
		stats_add(&r->total.stats, &one->stats);
		hist_merge(&r->total.latency, &one->latency);
		stages_merge(&r->total.stages, &one->stages);
		check_merge(&r->check, &l->check);
	}
	nat_engine_stats(r->engine, &r->stats);
	nat_engine_memory(r->engine, &r->memory);
	if (r->stats.early_drop) /* evicted: who is lost may be so rightly */
		r->check.failures[CHECK_LOST] = 0;
	if (check)
		check_counters(r);
}

int replay_run(struct replay *r, struct windows *w,
	       const struct replay_config *cfg, struct nat_error *err)
{
	struct nat_config engine = cfg->engine;

	memset(r, 0, sizeof(*r));
	engine.workers = cfg->threads;
	if (make_lanes(r, cfg))
		return fail(err, "out of memory");
	r->engine = nat_engine_new(&engine, err);
	if (!r->engine)
		return -1;
	if (work_together(r, w, cfg, err))
		return -1;
	for (unsigned i = 0; i < r->lanes.n; i++) {
		if (r->lanes.lane[i].emitted.failed)
			return fail(err, "out of memory for what -w writes");
		if (r->lanes.lane[i].events.lines.failed)
			return fail(err, "out of memory for --events");
	}
	sum_up(r, cfg->check);
	return 0;
}

void replay_free(struct replay *r)
{
	for (unsigned i = 0; r->lanes.lane && i < r->lanes.n; i++)
		lane_fini(&r->lanes.lane[i]);
	free(r->lanes.lane);
	if (r->engine)
		nat_engine_free(r->engine);
	region_free(&r->convs);
	memset(r, 0, sizeof(*r));
}
