/* SPDX-License-Identifier: BSD-2-Clause
 * Engines: made, asked, ended. */
#include "decide/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/settled.h"
#include "decide/trace.h"
#include "shared/rcu.h"

static struct nat_engine *fail(struct nat_engine *e, struct nat_error *err,
			       const char *why)
{
	*err = (struct nat_error){0};
	(void)snprintf(err->text, sizeof(err->text), "%s", why);
	free(e);
	return NULL;
}

/* net.ipv4.ipfrag_time, _high_thresh and _max_dist. */
static const struct fragment_limits limits4 = {
	.rules = &reassembly_ipv4,
	.timeout = 30 * TICKS_PER_S,
	.most_bytes = 4 << 20,
	.most_between = 64,
};

static void init_fragments(struct nat_engine *e)
{
	const struct fragment_limits limits6 = {
		.rules = &reassembly_ipv6,
		.timeout = ticks_of_s(e->sysctl.frag6_timeout),
		.most_bytes = e->sysctl.frag6_high_thresh,
	};

	fragments_init(&e->fragments[0], &limits4, e->seed);
	fragments_init(&e->fragments[1], &limits6, e->seed);
}

static void configure(struct nat_engine *e, const struct nat_config *cfg)
{
	e->topology = cfg->topology;
	e->seed = cfg->seed;
	e->max_workers = cfg->workers ? cfg->workers : 1;
	if (cfg->sysctl)
		e->sysctl = *cfg->sysctl;
	else
		nat_sysctl_defaults(&e->sysctl);
	tcp_rules_init(&e->tcp, &e->sysctl);
	settled_init(e);
}

static uint8_t extensions(const struct nat_engine *e)
{
	return e->rules.extensions | e->rules6.extensions |
	       (e->sysctl.acct ? CONN_ACCT : 0) |
	       (e->sysctl.timestamp ? CONN_WATCH : 0);
}

static int init_rules(struct nat_engine *e, const struct nat_config *cfg)
{
	if (ruleset_init(&e->rules, cfg->topology, cfg->rules))
		return -ENOMEM;
	if (ruleset_init(&e->rules6, cfg->topology, cfg->rules6)) {
		ruleset_fini(&e->rules);
		return -ENOMEM;
	}
	e->rules6.first_count = ruleset_n_counts(&e->rules);
	return 0;
}

static void fini_rules(struct nat_engine *e)
{
	ruleset_fini(&e->rules);
	ruleset_fini(&e->rules6);
}

struct nat_engine *nat_engine_new(const struct nat_config *cfg,
				  struct nat_error *err)
{
	struct nat_engine *e;

	if (!cfg->topology)
		return fail(NULL, err, "a router needs a topology");
	if (cfg->workers > MAX_WORKERS)
		return fail(NULL, err, "more workers than an engine serves");
	e = aligned_alloc(CACHE_LINE, (sizeof(*e) + CACHE_LINE - 1) &
					      ~(size_t)(CACHE_LINE - 1));
	if (!e)
		return fail(NULL, err, "out of memory");
	memset(e, 0, sizeof(*e));
	configure(e, cfg);
	if (init_rules(e, cfg))
		return fail(e, err, "out of memory");
	e->retired_counts =
		calloc(engine_n_counts(e) + 1, sizeof(*e->retired_counts));
	if (!e->retired_counts ||
	    conns_init(&e->conns, e->seed, e->sysctl.max, extensions(e))) {
		free(e->retired_counts);
		fini_rules(e);
		return fail(e, err, "out of memory");
	}
	init_fragments(e);
	path_mtus_init(&e->path_mtus, e->seed);
	(void)pthread_mutex_init(&e->lock, NULL);
	return e;
}

void nat_engine_free(struct nat_engine *e)
{
	if (!e)
		return;
	fragments_fini(&e->fragments[0]);
	fragments_fini(&e->fragments[1]);
	path_mtus_fini(&e->path_mtus);
	conns_fini(&e->conns);
	fini_rules(e);
	free(e->retired_counts);
	(void)pthread_mutex_destroy(&e->lock);
	free(e);
}

static void add_stats(struct nat_stats *sum, const struct nat_stats *s)
{
	/* nothing but counters */
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)s;

	static_assert(sizeof(*s) % sizeof(uint64_t) == 0, "counters");
	for (size_t i = 0; i < sizeof(*s) / sizeof(uint64_t); i++)
		to[i] += from[i];
}

/* Calls @fn for each worker; the lock keeps them from leaving meanwhile. */
#define for_each_worker(e, i, w)                                               \
	for (unsigned i = 0; i < MAX_WORKERS; i++)                             \
		if (((w) = atomic_load_explicit(&(e)->worker[i],               \
						memory_order_acquire)))

void nat_worker_stats(const struct nat_worker *w, struct nat_stats *s)
{
	const struct conns_stats *c = &w->view.stats;

	*s = w->stats;
	s->created = c->created;
	s->expired = c->expired;
	s->deleted = c->deleted;
	s->insert_failed = c->insert_failed;
	s->early_drop = c->early_drop;
	s->clash_resolve = c->clash_resolve;
}

void nat_engine_stats(struct nat_engine *e, struct nat_stats *s)
{
	struct nat_worker *w;
	struct nat_stats one;

	(void)pthread_mutex_lock(&e->lock);
	*s = e->retired;
	for_each_worker(e, i, w)
	{
		nat_worker_stats(w, &one);
		add_stats(s, &one);
	}
	(void)pthread_mutex_unlock(&e->lock);
}

static void add_counts(struct rule_count *sum, const struct rule_count *c,
		       size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sum[i].packets += c[i].packets;
		sum[i].bytes += c[i].bytes;
	}
}

void engine_retire(struct nat_engine *e, const struct nat_worker *w)
{
	struct nat_stats s;

	nat_worker_stats(w, &s);
	add_stats(&e->retired, &s);
	add_counts(e->retired_counts, w->counts, engine_n_counts(e));
}

static void write_counts(struct nat_rules *r, const struct rule_count *c,
			 size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool rule = i < r->n_rules;
		uint64_t *packets = rule ? &r->rule[i].packets
					 : &r->chain[i - r->n_rules].packets;
		uint64_t *bytes = rule ? &r->rule[i].bytes
				       : &r->chain[i - r->n_rules].bytes;

		*packets += c[i].packets;
		*bytes += c[i].bytes;
	}
}

int nat_engine_rule_counters(struct nat_engine *e, struct nat_rules *r)
{
	const struct ruleset *rules = engine_rules(e, r->family);
	const struct nat_rules *own = rules->text;
	size_t n = ruleset_n_counts(rules), first = rules->first_count;
	struct nat_worker *w;

	if (r->n_rules != own->n_rules || r->n_chains != own->n_chains)
		return -EINVAL;
	(void)pthread_mutex_lock(&e->lock);
	write_counts(r, e->retired_counts + first, n);
	for_each_worker(e, i, w) write_counts(r, w->counts + first, n);
	(void)pthread_mutex_unlock(&e->lock);
	return 0;
}

static void count_entries(struct nat_engine *e, struct nat_memory *m)
{
	uint32_t n = places_taken(&e->conns.places);
	uint32_t peak = places_peak(&e->conns.places.peak);
	struct nat_worker *w;

	(void)pthread_mutex_lock(&e->lock);
	for_each_worker(e, i, w)
	{
		n -= places_in_stock(&w->view.stock);
		peak = max_u32(peak, places_peak(&w->view.stock.peak));
	}
	(void)pthread_mutex_unlock(&e->lock);
	m->entries = n;
	m->peak = peak;
}

void nat_engine_memory(struct nat_engine *e, struct nat_memory *m)
{
	struct conns *s = &e->conns;
	struct pool_usage u;

	pool_usage(&s->pool, &u);
	*m = (struct nat_memory){
		.table_bytes = table_bytes(&s->table),
		.conn_bytes = u.live_bytes,
		.fragment_bytes = fragments_bytes(&e->fragments[0]) +
				  fragments_bytes(&e->fragments[1]),
	};
	count_entries(e, m);
	m->total_bytes =
		m->table_bytes + u.total_bytes + bysource_bytes(&s->bysource);
}

int nat_engine_maintain(struct nat_engine *e)
{
	int err;

	grace_thread_register();
	err = conns_maintain(&e->conns, e->max_workers == 1);
	grace_thread_unregister();
	return err;
}

struct each {
	uint64_t now_ns;
	void (*fn)(void *ctx, const struct nat_conntrack *ct);
	void *ctx;
};

static void show(void *ctx, const struct conn *c)
{
	const struct each *each = ctx;
	struct nat_conntrack ct;

	conntrack_view(c, each->now_ns, &ct);
	each->fn(each->ctx, &ct);
}

/* This thread's worker; NULL: it has none. */
static struct nat_worker *own_worker(struct nat_engine *e)
{
	struct nat_worker *own = NULL, *w;

	(void)pthread_mutex_lock(&e->lock);
	for_each_worker(e, i, w) if (pthread_equal(w->thread, pthread_self()))
		own = w;
	(void)pthread_mutex_unlock(&e->lock);
	return own;
}

void nat_engine_each(struct nat_engine *e, uint64_t now_ns,
		     void (*fn)(void *ctx, const struct nat_conntrack *ct),
		     void *ctx)
{
	struct each each = {now_ns, fn, ctx};
	const struct nat_worker *own = own_worker(e);
	bool resting = own && !own->online;

	if (!own)
		grace_thread_register();
	else if (resting)
		grace_thread_online();
	conns_each(&e->conns, ticks_of_ns(now_ns), show, &each);
	if (!own)
		grace_thread_unregister();
	else if (resting)
		grace_thread_offline();
}
